import type { EventOf, ThreadRange } from './events.ts'
import { isWaitingLive } from './fold-call.ts'
import { nextWorkflowPart, type WorkflowPart } from './next-workflow-part.ts'
import type { CallState, RunState, TurnState } from './state.ts'

/** What a run needs now. */
export type Step =
  /** What was said before, which the request refers to. */
  | { do: 'read_thread'; thread: ThreadRange }
  /** One turn of the model; `last`: it has to answer with what it knows. */
  | { do: 'ask'; last: boolean }
  | { do: 'judge'; calls: CallState[] }
  | { do: 'call'; calls: CallState[] }
  /** Calls that were begun by somebody who is gone, and must not be repeated. */
  | { do: 'give_up'; calls: CallState[] }
  | { do: 'finish'; note: EventOf<'finished'>['note'] }
  /** A person has to decide or to answer, or an agent that was asked; or a server to be ready again, at `until`. */
  | { do: 'rest'; until?: Date | undefined }
  /** Everything has happened; it only has to be told. */
  | { do: 'close' }
  | WorkflowPart

/** Model turns per run, or since the person said something else; the last one is asked to answer without tools. */
export const MAX_TURNS = 15

/** Tokens per run, as they weigh in the price: a cached token counts a tenth. About two dollars of a Sonnet. */
const TOKEN_BUDGET = 600_000

/** What a request may cost where its agent says nothing, in US dollars. */
const REQUEST_USD = 10

/** The next step of a run in this state, at this time. Pure; call it only while no step of the run is under way. */
export function nextStep(state: RunState, now: Date): Step {
  const begun = state.calls.filter((call) => call.stage === 'calling' || isWaitingLive(call))
  const working = state.status === 'working'
  const lost = begun.filter((call) => !(working && call.repeatable))
  if (lost.length > 0) return { do: 'give_up', calls: lost }
  if (!working) return { do: 'close' }
  if (state.workflow)
    return callStep(state, begun, now) ?? restFor(state, nextWorkflowPart(state, state.workflow, now), now)
  const turn = state.turns.at(-1)
  if (state.earlier && state.turns.length === 0) return { do: 'read_thread', thread: state.earlier }
  if (!turn) return { do: 'ask', last: false }
  return openStep(state, begun, now) ?? afterTurn(state, turn)
}

/** The step that calls still open ask for, if any is. */
function openStep(state: RunState, begun: CallState[], now: Date): Step | undefined {
  const step = callStep(state, begun, now)
  if (step !== undefined) return step
  const until = earliestIn(waitingIn(state, now))
  const waits = state.calls.some(({ stage }) => WAITING.has(stage))
  return waits || until !== undefined ? { do: 'rest', until } : undefined
}

const WAITING = new Set<CallState['stage']>(['awaiting_approval', 'waiting_input', 'delegated'])

/** Calls to judge, or to make now. */
function callStep({ calls }: RunState, begun: CallState[], now: Date): Step | undefined {
  const requested = calls.filter(({ stage }) => stage === 'requested')
  if (requested.length > 0) return { do: 'judge', calls: requested }
  const due = calls.filter((call) => call.stage === 'approved' && !call.own && isTimeFor(call, now))
  const approved = [...begun, ...due]
  return approved.length > 0 ? { do: 'call', calls: approved } : undefined
}

const waitingIn = ({ calls }: RunState, now: Date): CallState[] =>
  calls.filter((call) => call.stage === 'approved' && !isTimeFor(call, now))

/** A workflow that rests goes on by itself when a server is ready again, too. */
function restFor(state: RunState, part: WorkflowPart, now: Date): Step {
  if (part.do !== 'rest') return part
  const times = [part.until, earliestIn(waitingIn(state, now))].filter((one) => one !== undefined)
  return {
    do: 'rest',
    until: times.length === 0 ? undefined : new Date(Math.min(...times.map((one) => one.getTime()))),
  }
}

const isTimeFor = ({ waits }: CallState, now: Date): boolean => waits === undefined || waits.until <= now

function earliestIn(calls: CallState[]): Date | undefined {
  const times = calls.flatMap(({ waits }) => (waits === undefined ? [] : [waits.until.getTime()]))
  return times.length === 0 ? undefined : new Date(Math.min(...times))
}

function afterTurn(state: RunState, turn: TurnState): Step {
  const more = turn.callIds.length > 0 || turn.stop === 'length'
  if (!more) return { do: 'finish', note: undefined }
  const turns = state.turns.length - (state.corrections.at(-1)?.turn ?? 0)
  const most = state.agent?.limits?.turns ?? MAX_TURNS
  if (turns >= most) return { do: 'finish', note: 'turn_limit' }
  if (weightOf(state) >= TOKEN_BUDGET) return { do: 'finish', note: 'budget' }
  if (costOf(state) >= limitUsdOf(state)) return { do: 'finish', note: 'agent_budget' }
  return { do: 'ask', last: turns === most - 1 }
}

/** With what the agents that were asked cost. */
const costOf = ({ usage, childrenUsd }: RunState): number => usage.costUsd + childrenUsd

const limitUsdOf = ({ agent, parent }: RunState): number =>
  Math.min(agent?.limits?.costUsd ?? REQUEST_USD, parent?.costUsd ?? REQUEST_USD)

/** US dollars that a request may still cost, with all runs that it asks for. */
export const leftUsdOf = (state: RunState): number => Math.max(0, limitUsdOf(state) - costOf(state))

const weightOf = ({ usage }: RunState): number => usage.input + usage.output + usage.cacheWrite + usage.cacheRead / 10
