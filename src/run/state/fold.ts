import type { RunId, UserId } from '../../ids.ts'
import { applyCallEvent } from './call-events.ts'
import type { EventOf, RunEvent } from './events.ts'
import { applyWithdrawn } from './fold-approval.ts'
import {
  applyAskedInput,
  applyJudged,
  applyReturned,
  closeInputs,
  createRequestedCall,
  isLiveInput,
  openInputsOf,
} from './fold-call.ts'
import type { CallState, RunState } from './state.ts'
import { applyStepEvent, createWorkflowState } from './workflow-state.ts'

/** A run's state from its events, the first of which is `started`. Pure. */
export function foldEvents(id: RunId, events: RunEvent[], recovered: boolean): RunState {
  const [first, ...rest] = events
  if (first?.type !== 'started') throw new TypeError(`run ${id} does not begin with started`)
  return rest.reduce(applyEvent, begin(id, first, recovered))
}

function begin(id: RunId, event: EventOf<'started'>, recovered: boolean): RunState {
  return {
    id,
    origin: event.origin,
    text: event.text,
    context: event.context,
    earlier: event.earlier,
    files: event.attached ?? [],
    prompt: event.prompt,
    skill: event.skill,
    first: event.first,
    untrusted: event.untrusted ?? [],
    agent: event.agent,
    parent: event.parent,
    workflow: event.workflow && createWorkflowState(event.workflow),
    status: 'working',
    turns: [],
    resumed: [],
    calls: [],
    answer: '',
    note: undefined,
    failure: undefined,
    stoppedBy: undefined,
    corrections: [],
    usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, costUsd: 0 },
    childrenUsd: 0,
    model: undefined,
    summary: undefined,
    startedAt: new Date(event.at),
    changedAt: new Date(event.at),
    recovered,
  }
}

/** The state after one more event. Pure: the given state is left as it was. */
export function applyEvent(state: RunState, event: RunEvent): RunState {
  return { ...changed(state, event), changedAt: new Date(event.at) }
}

function changed(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'started':
      return state
    case 'thread_read':
      return {
        ...state,
        context: event.hasAbout ? event.messages : [...event.messages, ...state.context],
        earlier: undefined,
        threadGap: event.gap,
      }
    case 'files_added':
      return { ...state, files: [...state.files, ...event.files] }
    case 'summarised':
      return { ...state, summary: event.text, usage: { ...state.usage, costUsd: state.usage.costUsd + event.costUsd } }
    case 'resumed':
      return { ...state, resumed: [...state.resumed, { turn: state.turns.length, at: new Date(event.at) }] }
    case 'replied':
      return replied(state, event)
    case 'judged':
      return judged(state, event)
    case 'withdrawn':
      return withdrawn(state, event)
    case 'entered':
    case 'skipped':
    case 'left':
    case 'parked':
    case 'step_resumed':
    case 'step_waiting':
      return { ...state, workflow: state.workflow && applyStepEvent(state.workflow, event) }
    case 'answered':
    case 'voted':
    case 'edit_proposed':
    case 'denial_explained':
    case 'called':
    case 'delegated':
    case 'waiting':
    case 'given_input':
      return onCall(state, event.call, (call) => applyCallEvent(call, event, state.origin.user))
    case 'asked_input':
      return asked(state, event)
    case 'returned':
      return withUntrusted(
        onCall(state, event.call, (call) => applyReturned(call, event)),
        event,
      )
    case 'stopped':
      return stopped(state, event)
    case 'failed':
      return failed(state, event)
    case 'finished':
      return state.status === 'working' ? { ...state, status: 'finished', note: event.note } : state
    default:
      return event satisfies never
  }
}

function replied(state: RunState, event: EventOf<'replied'>): RunState {
  const text = event.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
  const requested = event.content.flatMap((part) => (part.type === 'tool_use' ? [part] : []))
  const turn = state.turns.length
  const { usage } = state
  return {
    ...state,
    turns: [...state.turns, { text, callIds: requested.map(({ id }) => id), content: event.content, stop: event.stop }],
    calls: [...state.calls, ...requested.map(({ id, name, input }) => createRequestedCall(id, name, input, turn))],
    answer: text,
    model: event.model,
    insteadOf: event.insteadOf,
    toolsLeftOut: event.toolsLeftOut,
    usage: {
      input: usage.input + event.usage.input,
      output: usage.output + event.usage.output,
      cacheRead: usage.cacheRead + event.usage.cacheRead,
      cacheWrite: usage.cacheWrite + event.usage.cacheWrite,
      costUsd: usage.costUsd + event.costUsd,
    },
  }
}

/** A call that was withdrawn and is asked for again, the same to the letter, takes over the cards of the first. */
function judged(state: RunState, event: EventOf<'judged'>): RunState {
  const now = onCall(state, event.call, (call) => applyJudged(call, event))
  const before = event.approval && state.calls.find((call) => isWithdrawn(call) && call.hash === event.hash)?.approval
  if (before === undefined) return now
  const calls = now.calls.map((call) => {
    if (call.approval?.id === before.id) return { ...call, approval: { ...call.approval, isReplaced: true } }
    if (call.id !== event.call || !call.approval) return call
    return { ...call, approval: { ...call.approval, shownAs: before.shownAs ?? before.id } }
  })
  return { ...now, calls }
}

/** The person took the call back in place of deciding on it. */
export const isWithdrawn = ({ approval }: CallState): boolean =>
  approval?.decided?.decision === 'withdrawn' && !approval.isReplaced

function withdrawn(state: RunState, event: EventOf<'withdrawn'>): RunState {
  if (state.status !== 'working') return state
  const { text, messageTs, queued, attached: files = [], edited = false } = event
  const said = { text, messageTs, queued, files, edited, turn: state.turns.length, at: new Date(event.at) }
  const calls = state.calls.map((call) => (event.calls.includes(call.id) ? applyWithdrawn(call, event) : call))
  return { ...state, calls, corrections: [...state.corrections, said] }
}

/** What is asked of a run that has ended meanwhile is asked of nobody. */
function asked(state: RunState, event: EventOf<'asked_input'>): RunState {
  const now = onCall(state, event.call, (call) => applyAskedInput(call, event))
  if (state.status === 'working') return now
  return onCall(now, event.call, (call) => ended(call, 'Stopped.', event))
}

/** What is read is part of all that follows. */
function withUntrusted(before: RunState, { call: id, outcome, ofChild }: EventOf<'returned'>): RunState {
  const call = before.calls.find((one) => one.id === id)
  const own = outcome === 'ok' && call?.untrusted ? [call.connectionName] : []
  const read = [...own, ...(ofChild?.untrusted ?? [])].filter((name) => !before.untrusted.includes(name))
  const state = ofChild ? { ...before, childrenUsd: before.childrenUsd + ofChild.costUsd } : before
  return read.length === 0 ? state : { ...state, untrusted: [...state.untrusted, ...new Set(read)] }
}

/** Stop settles every open approval and keeps what was not begun from beginning; a call under way still reports. */
function stopped(state: RunState, event: EventOf<'stopped'>): RunState {
  // A run that has ended is stopped while it cannot be shown.
  const { by, why } = event
  if (state.status !== 'working') return { ...state, stoppedBy: state.stoppedBy ?? by }
  const calls = state.calls.map((call) => ended(call, 'Stopped before it began.', event))
  return { ...state, status: 'stopped', stoppedBy: by, stoppedWhy: why, withdrawn: why === 'request_deleted', calls }
}

/** A failed run waits for nobody any more. */
function failed(state: RunState, event: EventOf<'failed'>): RunState {
  if (state.status !== 'working') return state
  const calls = state.calls.map((call) => ended(call, 'Not done: the request failed before.', { at: event.at }))
  return { ...state, status: 'failed', failure: { code: event.code, message: event.message }, calls }
}

const REASONS_TO_STOP = {
  request_deleted: 'the message that asked for it was deleted',
  message_changed: 'the message that asked for it was changed',
  stopped_before: 'the request before it was stopped',
  asker_ended: 'the request that asked for it has ended',
}

/** A call that will not be begun any more, with its approval settled. */
function ended(
  call: CallState,
  cause: string,
  { by, why, at }: Pick<EventOf<'stopped'>, 'why' | 'at'> & { by?: UserId },
): CallState {
  // A live question hangs on a call that is under way: that one still reports.
  if (openInputsOf(call).some(isLiveInput)) return { ...closeInputs(call, at), stage: 'calling' }
  if (!['requested', 'awaiting_approval', 'approved', 'delegated', 'waiting_input'].includes(call.stage)) return call
  const decided = {
    decision: 'stopped' as const,
    by: why === undefined ? by : undefined,
    reason: why && REASONS_TO_STOP[why],
    at: new Date(at),
    edited: false,
  }
  const approval = call.approval && { ...call.approval, decided: call.approval.decided ?? decided }
  const words = call.rounds > 0 ? 'Stopped while it waited for an answer.' : cause
  return { ...closeInputs(call, at), stage: 'cancelled', cause: words, approval }
}

function onCall(state: RunState, id: string, change: (call: CallState) => CallState): RunState {
  return { ...state, calls: state.calls.map((call) => (call.id === id ? change(call) : call)) }
}
