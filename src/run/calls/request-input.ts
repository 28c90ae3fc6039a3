import { createInputId } from '../../ids.ts'
import type {
  InputAnswer,
  InputRequest,
  PendingInputRequest,
  ResumeMethod,
} from '../../mcp/elicitation/input-request.ts'
import type { RunDeps } from '../deps.ts'
import type { EventOf } from '../state/events.ts'
import { createInputAnsweredEvent } from '../state/fold-inputs.ts'
import type { CallState } from '../state/state.ts'
import { appendEvents, type EventRecorder, type LeasedRun, loadNewEvents } from '../storage/leased-run.ts'

/** How long a person has to answer where nothing is held open for it. */
const INPUT_TTL_MS = 24 * 3_600_000

/** Writes down what a call waits for; from here on nothing is held for it. */
export async function requestInputs(
  deps: RunDeps,
  held: LeasedRun,
  call: CallState,
  asks: PendingInputRequest[],
): Promise<void> {
  const expiresAt = new Date(deps.now().getTime() + INPUT_TTL_MS)
  const events = asks.map(({ request, resume }) => askedEvent(deps, held, call, { request, resume, expiresAt }))
  await appendEvents(deps, held, events, 'fact')
}

type Question = { request: InputRequest; resume: ResumeMethod; expiresAt: Date }

/** A server's questions are for who asked for the work: their connection, their answers. */
function askedEvent(
  deps: Pick<RunDeps, 'now'>,
  held: LeasedRun,
  call: CallState,
  question: Question,
): EventOf<'asked_input'> {
  return {
    type: 'asked_input',
    call: call.id,
    input: createInputId(),
    person: held.state.origin.user,
    request: question.request,
    resume: question.resume,
    expiresAt: question.expiresAt.toISOString(),
    at: deps.now().toISOString(),
  }
}

type Asking = EventRecorder & Pick<RunDeps, 'now' | 'store'>
type LiveQuestion = { call: CallState; request: InputRequest; deadline: Date; signal: AbortSignal }

/**
 * Asks while the server waits on the wire of this instance. The answer comes through the run's events, given on whichever
 * instance; at the deadline the question is settled as expired, if nobody was faster.
 */
export async function requestLiveInput(
  deps: Asking,
  held: LeasedRun,
  { call, request, deadline, signal }: LiveQuestion,
): Promise<InputAnswer> {
  const asked = askedEvent(deps, held, call, { request, resume: { how: 'live' }, expiresAt: deadline })
  const answer = Promise.withResolvers<InputAnswer>()
  held.listeners.set(asked.input, (given) => answer.resolve(answerOf(given)))
  const over = () => answer.resolve({ action: 'cancel' })
  signal.addEventListener('abort', over, { once: true })
  const expire = () => void expireLive(deps, held, asked).catch((error: unknown) => answer.reject(error))
  let timer: NodeJS.Timeout | undefined
  try {
    await appendEvents(deps, held, [asked], 'fact')
    timer = setTimeout(expire, Math.max(0, deadline.getTime() - deps.now().getTime()))
    if (signal.aborted || held.state.status !== 'working') over()
    return await answer.promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', over)
    held.listeners.delete(asked.input)
  }
}

async function expireLive(deps: Asking, held: LeasedRun, asked: EventOf<'asked_input'>): Promise<void> {
  const event = createInputAnsweredEvent(deps.now(), { call: asked.call, input: asked.input }, 'expired')
  await deps.store.give({
    run: held.id,
    workspace: held.state.origin.workspace,
    input: asked.input,
    by: undefined,
    event,
  })
  await loadNewEvents(deps, held)
}

const answerOf = ({ action, content }: EventOf<'given_input'>): InputAnswer =>
  action === 'accept' ? { action, content } : { action: action === 'decline' ? 'decline' : 'cancel' }
