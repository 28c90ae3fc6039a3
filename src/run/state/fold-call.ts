import type { JsonObject } from '../../json.ts'
import type { ResumeAnswers } from '../../mcp/elicitation/input-request.ts'
import type { EventOf } from './events.ts'
import type { ApprovalState, CallStage, CallState, InputState } from './state.ts'

/** The tools that are ours and belong to no connection. */
export type OwnTool = 'ask_agent' | 'ask_people' | 'note' | 'notes'
const OWN_TITLES = new Map<string, string>(
  Object.entries({
    ask_agent: 'ask an agent',
    ask_people: 'ask people',
    note: 'note what was found',
    notes: 'read the notes',
  } satisfies Record<OwnTool, string>),
)

/** What each event makes of the one call it is about. Pure. */
export const createRequestedCall = (
  id: string,
  name: string,
  input: CallState['arguments'],
  turn: number,
): CallState => ({
  id,
  turn,
  offeredAs: name,
  connection: undefined,
  connectionName: '',
  card: '',
  cardTitle: '',
  tool: name,
  title: OWN_TITLES.get(name) ?? name,
  ...(OWN_TITLES.has(name) && { own: true as const }),
  arguments: input,
  schema: {},
  stage: 'requested',
  why: [],
  approval: undefined,
  inputs: [],
  rounds: 0,
  result: undefined,
  cause: undefined,
  retryable: false,
  hash: undefined,
  definition: undefined,
  repeatable: false,
})

const STAGE_OF_VERDICT = { allow: 'approved', ask: 'awaiting_approval', deny: 'denied' } as const

export function applyJudged(call: CallState, event: EventOf<'judged'>): CallState {
  const { approval } = event
  return {
    ...call,
    ...event.target,
    stage: STAGE_OF_VERDICT[event.verdict],
    cause: event.verdict === 'deny' ? event.why.join(' ') : undefined,
    risk: event.risk,
    why: event.why,
    hash: event.hash,
    definition: event.definition,
    repeatable: event.repeatable,
    untrusted: event.untrusted,
    replaces: event.replaces,
    changed: event.changed,
    approval: approval && {
      id: approval.id,
      why: event.why,
      risk: event.risk === 'destructive' ? 'destructive' : 'write',
      approvers: approval.approvers,
      askedFirst: approval.approvers,
      fourEyes: approval.fourEyes,
      needed: approval.needed,
      groups: approval.groups,
      groupNames: approval.groupNames,
      does: approval.does,
      // A card from before rules were narrow promised a rule for any arguments.
      mayAlways: approval.mayAlways && approval.reach !== undefined,
      reach: approval.reach,
      expiresAt: new Date(approval.expiresAt),
      byOwners: approval.byOwners,
      decided: undefined,
    },
  }
}

const CAUSE_OF_DECISION = {
  approved: undefined,
  denied: 'Denied.',
  expired: 'Nobody decided in time, so it was not done.',
  stopped: 'Denied.',
}

export function applyAnswered(call: CallState, event: EventOf<'answered'>): CallState {
  if (!call.approval || call.approval.decided) return call
  const decided: ApprovalState['decided'] = {
    decision: event.decision,
    by: event.by,
    approvedBy: event.approvedBy,
    reason: event.reason,
    at: new Date(event.at),
    edited: event.arguments !== undefined,
    width: event.width ?? (event.always ? 'always' : undefined),
    byRule: event.byRule,
  }
  return {
    ...call,
    stage: event.decision === 'approved' ? 'approved' : 'denied',
    ...(event.arguments && { arguments: event.arguments, asked: call.arguments }),
    hash: event.hash ?? call.hash,
    cause: event.reason === undefined ? CAUSE_OF_DECISION[event.decision] : `Denied: ${event.reason}`,
    approval: { ...call.approval, decided },
  }
}

export const applyCalled = (call: CallState, event: EventOf<'called'>): CallState => ({
  ...closeInputs(call, event.at),
  stage: 'calling',
  rounds: call.rounds + 1,
})

export const applyDelegated = (call: CallState, { child, agent, task }: EventOf<'delegated'>): CallState => ({
  ...call,
  stage: 'delegated',
  title: `ask ${agent}`,
  child: { run: child, agent, task },
})

/** It was turned away unread, so it is as if it had not gone out. */
export const applyWaiting = (call: CallState, { until, why }: EventOf<'waiting'>): CallState => ({
  ...call,
  stage: 'approved',
  waits: { until: new Date(until), why, times: (call.waits?.times ?? 0) + 1 },
})

const STAGE_OF_OUTCOME: Record<EventOf<'returned'>['outcome'], CallStage> = {
  ok: 'done',
  error: 'failed',
  failed: 'failed',
  cancelled: 'cancelled',
  unknown: 'unknown',
  refused: 'failed',
}

export function applyReturned(call: CallState, event: EventOf<'returned'>): CallState {
  const ok = event.outcome === 'ok'
  return {
    ...closeInputs(call, event.at),
    stage: STAGE_OF_OUTCOME[event.outcome],
    cause: ok ? undefined : event.summary,
    retryable: event.outcome === 'unknown' || event.passing === true,
    ...(event.changed && { changed: true }),
    result: {
      summary: event.summary,
      text: event.text,
      images: event.images,
      isError: !ok,
      left: { outcome: event.outcome, sent: event.sent, output: event.output, cut: event.cut },
      files: event.files,
      shown: event.shown,
      log: event.log,
      ms: event.ms,
    },
  }
}

/** A call after its server asked something of the person. Pure, as all here. */
export function applyAskedInput(call: CallState, event: EventOf<'asked_input'>): CallState {
  const input: InputState = {
    id: event.input,
    person: event.person,
    request: event.request,
    resume: event.resume,
    round: call.rounds,
    askedAt: new Date(event.at),
    expiresAt: new Date(event.expiresAt),
    given: undefined,
  }
  return { ...call, stage: 'waiting_input', inputs: [...call.inputs, input] }
}

/** A call after an answer; a second one changes nothing. It goes on when nothing it asked is open any more. */
export function applyGivenInput(call: CallState, event: EventOf<'given_input'>): CallState {
  const given = { action: event.action, content: event.content, by: event.by, at: new Date(event.at) }
  const inputs = call.inputs.map((one) => (one.id === event.input && !one.given ? { ...one, given } : one))
  const next = { ...call, inputs }
  return call.stage === 'waiting_input' && openInputsOf(next).length === 0 ? goesOn(next) : next
}

/** A live request is answered on the wire; else the call is cleared to go out once more, unless it needed a yes. */
function goesOn(call: CallState): CallState {
  const latest = call.inputs.filter((one) => one.round === call.rounds)
  if (latest.some(isLiveInput)) return { ...call, stage: 'calling' }
  const refused = latest.find((one) => one.resume.how === 'again' && one.given?.action !== 'accept')
  return refused ? { ...call, stage: 'denied', cause: refusal(refused) } : { ...call, stage: 'approved' }
}

function refusal({ request, given }: InputState): string {
  if (request.kind === 'form') return given?.action === 'expired' ? 'Nobody answered in time.' : 'The answer was no.'
  const what = request.kind === 'sign_in' ? 'sign in' : 'open the page it needs'
  if (given?.action === 'decline') return `The person chose not to ${what}.`
  if (given?.action === 'expired') return `The person did not ${what} in time.`
  return `The person did not ${what}.`
}

/** The call without open questions: it ended, or goes out anew, and no answer of theirs reaches anybody. */
export function closeInputs(call: CallState, at: string): CallState {
  if (openInputsOf(call).length === 0) return call
  const given = { action: 'over' as const, content: undefined, by: undefined, at: new Date(at) }
  return { ...call, inputs: call.inputs.map((one) => (one.given ? one : { ...one, given })) }
}

export const openInputsOf = (call: CallState): InputState[] => call.inputs.filter((one) => !one.given)

export const isLiveInput = (input: InputState): boolean => input.resume.how === 'live'

/** The call stands open on the wire of the instance that holds the run, waiting for a person. */
export const isWaitingLive = (call: CallState): boolean =>
  call.stage === 'waiting_input' && openInputsOf(call).some((input) => isLiveInput(input))

/** What goes along when the call goes out once more: the answers to the last questions that want them. */
export function resumptionOf(call: CallState): ResumeAnswers | undefined {
  const asking = call.inputs.filter((one) => one.resume.how === 'answer')
  const round = asking.at(-1)?.round
  const latest = asking.filter((one) => one.round === round)
  if (latest.length === 0) return undefined
  const responses = Object.fromEntries(latest.flatMap((one) => responseTo(one)))
  const state = latest.flatMap(({ resume }) => (resume.how === 'answer' ? [resume.state] : [])).at(-1)
  return { state, responses }
}

function responseTo({ resume, given }: InputState): [string, ResumeAnswers['responses'][string]][] {
  if (resume.how !== 'answer') return []
  if (given?.action === 'accept') return [[resume.key, { action: 'accept', ...contentOf(given.content) }]]
  return [[resume.key, { action: given?.action === 'decline' ? 'decline' : 'cancel' }]]
}

const contentOf = (content: JsonObject | undefined) => (content === undefined ? {} : { content })

type Whose = Pick<EventOf<'given_input'>, 'call' | 'input' | 'by'>

/** A person's answer, or the end of the time for one. */
export function createInputAnsweredEvent(
  at: Date,
  whose: Whose,
  action: EventOf<'given_input'>['action'],
  content?: JsonObject,
): EventOf<'given_input'> {
  return { type: 'given_input', ...whose, action, at: at.toISOString(), ...(content && { content }) }
}
