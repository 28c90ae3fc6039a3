import { type ConnectionId, createInputId, type UserId } from '../../ids.ts'
import type {
  InputAnswer,
  InputRequest,
  PendingInputRequest,
  ResumeMethod,
} from '../../mcp/elicitation/input-request.ts'
import type { CallFailure } from '../../mcp/requests/outcome.ts'
import type { RunDeps } from '../deps.ts'
import type { EventOf } from '../state/events.ts'
import { createInputAnsweredEvent } from '../state/fold-call.ts'
import type { CallState } from '../state/state.ts'
import { appendEvents, type EventRecorder, type LeasedRun, loadNewEvents } from '../storage/leased-run.ts'

/** How long a person has to answer when the server keeps no connection open. */
const INPUT_TTL_MS = 24 * 3_600_000

/** Appends what a call waits for; no connection is kept open meanwhile. */
export async function requestInputs(
  deps: RunDeps,
  leased: LeasedRun,
  call: CallState,
  asks: PendingInputRequest[],
): Promise<void> {
  const expiresAt = new Date(deps.now().getTime() + INPUT_TTL_MS)
  const events = asks.map(({ request, resume }) => askedEvent(deps, leased, call, { request, resume, expiresAt }))
  await appendEvents(deps, leased, events, 'fact')
}

/** Asks people of a step of a workflow; the first answer counts. */
export async function requestAnswer(
  deps: RunDeps,
  leased: LeasedRun,
  call: CallState,
  { request, people }: { request: InputRequest; people: UserId[] },
): Promise<void> {
  const question = {
    request,
    resume: { how: 'again' as const },
    expiresAt: new Date(deps.now().getTime() + INPUT_TTL_MS),
  }
  const events = people.map((person) => ({ ...askedEvent(deps, leased, call, question), person }))
  await appendEvents(deps, leased, events, 'fact')
}

type Question = { request: InputRequest; resume: ResumeMethod; expiresAt: Date }

/** A server's questions are for who asked for the work: their connection, their answers. */
function askedEvent(
  deps: { now(): Date },
  leased: LeasedRun,
  call: CallState,
  question: Question,
): EventOf<'asked_input'> {
  return {
    type: 'asked_input',
    call: call.id,
    input: createInputId(),
    person: leased.state.origin.user,
    request: question.request,
    resume: question.resume,
    expiresAt: question.expiresAt.toISOString(),
    at: deps.now().toISOString(),
  }
}

type Asking = EventRecorder & { now(): Date }
type LiveQuestion = { call: CallState; request: InputRequest; deadline: Date; signal: AbortSignal }

/**
 * Asks while the server waits on the wire of this instance. The answer comes through the run's events, given on whichever
 * instance; at the deadline the question is settled as expired, if nobody was faster.
 */
export async function requestLiveInput(
  deps: Asking,
  leased: LeasedRun,
  { call, request, deadline, signal }: LiveQuestion,
): Promise<InputAnswer> {
  const asked = askedEvent(deps, leased, call, { request, resume: { how: 'live' }, expiresAt: deadline })
  const answer = Promise.withResolvers<InputAnswer>()
  leased.listeners.set(asked.input, (given) => answer.resolve(answerOf(given)))
  const over = () => answer.resolve({ action: 'cancel' })
  signal.addEventListener('abort', over, { once: true })
  const expire = () => void expireLive(deps, leased, asked).catch((error: unknown) => answer.reject(error))
  let timer: NodeJS.Timeout | undefined
  try {
    await appendEvents(deps, leased, [asked], 'fact')
    timer = setTimeout(expire, Math.max(0, deadline.getTime() - deps.now().getTime()))
    if (signal.aborted || leased.state.status !== 'working') over()
    return await answer.promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', over)
    leased.listeners.delete(asked.input)
  }
}

async function expireLive(deps: Asking, leased: LeasedRun, asked: EventOf<'asked_input'>): Promise<void> {
  const event = createInputAnsweredEvent(deps.now(), { call: asked.call, input: asked.input }, 'expired')
  await deps.store.give({
    run: leased.id,
    workspace: leased.state.origin.workspace,
    input: asked.input,
    by: undefined,
    event,
  })
  await loadNewEvents(deps, leased)
}

const answerOf = ({ action, content }: EventOf<'given_input'>): InputAnswer =>
  action === 'accept' ? { action, content } : { action: action === 'decline' ? 'decline' : 'cancel' }

// A server that is not content with two is not asking for a sign-in.
const MAX_PER_CALL = 2

/** What to ask of the person where a sign-in would let the call go on; undefined where it would not. */
export function createSignInRequest(
  call: Pick<CallState, 'inputs'>,
  connection: ConnectionId,
  { challenge, message }: CallFailure,
): PendingInputRequest | undefined {
  const before = call.inputs.filter(({ request }) => request.kind === 'sign_in').length
  if (challenge === undefined || before >= MAX_PER_CALL) return undefined
  const { scope, metadataUrl } = challenge
  const scopes = scope === undefined ? [] : scope.split(/\s+/).filter(Boolean)
  const request = { kind: 'sign_in' as const, connection, message, scopes }
  return { request: { ...request, ...(metadataUrl !== undefined && { metadataUrl }) }, resume: { how: 'again' } }
}
