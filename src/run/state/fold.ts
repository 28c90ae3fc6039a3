import type { RunId } from '../../ids.ts'
import { applyCallEvent } from './call-events.ts'
import type { EventOf, RunEvent } from './events.ts'
import { applyWithdrawn } from './fold-approval.ts'
import { applyAskedInput, applyJudged, applyReturned, createRequestedCall } from './fold-call.ts'
import { applyEnd } from './fold-end.ts'
import type { CallState, RunState } from './state.ts'
import { followCalls } from './workflow-calls.ts'
import { endTextOf } from './workflow-end.ts'
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
  const now = changed(state, event)
  const workflow = now.workflow && followCalls(now.workflow, state.calls, now.calls)
  return { ...now, workflow, changedAt: new Date(event.at) }
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
    case 'withdrawn':
      return withdrawn(state, event)
    case 'stopped':
      return stopped(state, event)
    case 'failed':
      return failed(state, event)
    case 'finished':
      return finished(state, event)
    default:
      return changedInside(state, event)
  }
}

type Inside = Exclude<
  RunEvent['type'],
  | 'started'
  | 'thread_read'
  | 'files_added'
  | 'summarised'
  | 'resumed'
  | 'replied'
  | 'withdrawn'
  | 'stopped'
  | 'failed'
  | 'finished'
>

/** What happens to a call or a step. */
function changedInside(state: RunState, event: EventOf<Inside>): RunState {
  switch (event.type) {
    case 'judged':
      return judged(state, event)
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
  return onCall(now, event.call, (call) => applyEnd(call, 'Stopped.', event))
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
  const calls = state.calls.map((call) => applyEnd(call, 'Stopped before it began.', event))
  const workflow = state.workflow && { ...state.workflow, ended: { outcome: 'stopped' as const, output: null } }
  return {
    ...state,
    status: 'stopped',
    stoppedBy: by,
    stoppedWhy: why,
    withdrawn: why === 'request_deleted',
    calls,
    workflow,
  }
}

/** A failed run waits for nobody any more. */
function failed(state: RunState, event: EventOf<'failed'>): RunState {
  if (state.status !== 'working') return state
  const calls = state.calls.map((call) => applyEnd(call, 'Not done: the request failed before.', { at: event.at }))
  return { ...state, status: 'failed', failure: { code: event.code, message: event.message }, calls }
}

function finished(state: RunState, { note, workflow: end }: EventOf<'finished'>): RunState {
  if (state.status !== 'working') return state
  const { workflow } = state
  if (workflow === undefined || end === undefined) return { ...state, status: 'finished', note }
  return { ...state, status: 'finished', note, workflow: { ...workflow, ended: end }, answer: endTextOf(workflow, end) }
}

function onCall(state: RunState, id: string, change: (call: CallState) => CallState): RunState {
  return { ...state, calls: state.calls.map((call) => (call.id === id ? change(call) : call)) }
}
