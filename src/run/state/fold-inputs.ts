import type { JsonObject } from '../../json.ts'
import type { ResumeAnswers } from '../../mcp/elicitation/input-request.ts'
import type { EventOf } from './events.ts'
import type { CallState, InputState } from './state.ts'

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
