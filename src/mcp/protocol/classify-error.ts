import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  SseError,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { findAppError, unreachableReasonFor } from '../../egress/egress-error.ts'
import { AppError, type ErrorCode, hasSystemCode } from '../../errors.ts'
import { type AuthChallenge, authChallengeIn, SignInChallenge } from './auth-challenge.ts'
import { BusyServerError, createBusyFailure, waitText } from './busy-server.ts'
import { isLostSession } from './lost-session.ts'
import { isLostStream, isTooLarge } from './lost-stream-error.ts'

/** `scope`: the sign-in is good, but does not allow this. `circuit_open`: the server is left alone for a while. `busy`: it says when to come again. */
export type FailureReason =
  | 'timeout'
  | 'cancelled'
  | 'unreachable'
  | 'sign_in'
  | 'scope'
  | 'protocol'
  | 'gone'
  | 'circuit_open'
  | 'busy'

/** What went wrong between us and a server, once, for both uses: as a call's outcome and as an AppError. */
export type McpFailure = {
  why: FailureReason
  code: ErrorCode
  message: string
  sent: boolean
  /** The server turned the request away unread; another session may be all that is needed. */
  turnedAway: boolean
  /** What a sign-in has to bring, where one would help. */
  challenge?: AuthChallenge
  /** How long a busy server asks to wait. */
  afterMs?: number
}

/**
 * What a message needs to say whom it speaks of. `docs`: where its credential is made; `seconds`: how long was waited; `known`: its address
 * is the card's, not typed; `signsIn`: people sign in to it; `connecting`: nothing was asked of it yet.
 */
export type ServerLabel = {
  title: string
  docs: string | undefined
  seconds: number
  signedIn: boolean
  known: boolean
  signsIn?: boolean
  connecting?: boolean
}

/** What went wrong, from an error that the SDK or egress threw. */
export function classifyError(error: unknown, label: ServerLabel): McpFailure {
  const own = findAppError(error)
  if (own !== undefined) return classifyAppError(own, label)
  if (isLostSession(error)) return createLostSessionFailure(label)
  const busy = [...chainOf(error)].find((at) => at instanceof BusyServerError)
  if (busy !== undefined) return createBusyFailure(label.title, busy)
  const scope = classifyScopeError(error, label)
  if (scope !== undefined) return scope
  const status = statusIn(error)
  return status === undefined ? classifySdkError(error, label) : classifyStatus(status, label)
}

/** A server that could not be reached several times in a row is left alone until then. */
export function createCircuitOpenFailure(
  title: string,
  { until, failures }: { until: Date; failures: number },
): McpFailure {
  const wait = waitText(until.getTime() - Date.now())
  return {
    why: 'circuit_open',
    code: 'server_unreachable',
    message: `${title} could not be reached ${failures} times in a row, so it is left alone for now. Try again in ${wait}, or press Test in my Home tab to check it at once.`,
    sent: false,
    turnedAway: false,
  }
}

/** The server was away, did not start or did not answer in time: only such failures open the circuit. */
export function isServerUnreachable({ why, code, sent }: McpFailure): boolean {
  if (code === 'server_unreachable' || code === 'server_start_failed') return why === 'unreachable' || why === 'gone'
  return code === 'tool_timeout' && !sent
}

export function toAppError({ code, message, challenge }: McpFailure, cause: unknown): AppError {
  const isCarried = challenge === undefined || authChallengeIn(cause) !== undefined
  return new AppError(code, message, { cause: isCarried ? cause : new SignInChallenge(challenge, { cause }) })
}

function classifyAppError(error: AppError, { title, known }: ServerLabel): McpFailure {
  const reason = known && error.code === 'server_unreachable' ? unreachableReasonFor(error) : undefined
  const message =
    reason === undefined
      ? error.message
      : `${title} cannot be reached from here (${reason}). Whoever runs Patchbay should check the network.`
  if (error.code === 'limit_reached') return createTooLargeFailure(error.message)
  const unsent = error.code !== 'tool_failed'
  const why = error.code === 'sign_in_needed' || error.code === 'credential_missing' ? 'sign_in' : 'unreachable'
  const challenge = authChallengeIn(error)
  return { why, code: error.code, message, sent: !unsent, turnedAway: false, ...(challenge && { challenge }) }
}

/** The answer came and was refused for its size, which says nothing against the session or the server. */
const createTooLargeFailure = (message: string): McpFailure => ({
  why: 'protocol',
  code: 'limit_reached',
  message,
  sent: true,
  turnedAway: false,
})

/** The server looked for the session first, so nothing was done. */
const createLostSessionFailure = ({ title }: ServerLabel): McpFailure => ({
  why: 'gone',
  code: 'server_refused',
  message: `${title} keeps forgetting the session it has just begun. Tell whoever runs it.`,
  sent: false,
  turnedAway: true,
})

/** The server knows the person, and the sign-in lacks a scope. Nothing was done. */
function classifyScopeError(error: unknown, { title, signsIn }: ServerLabel): McpFailure | undefined {
  const found = [...chainOf(error)].find((at) => at instanceof InsufficientScopeError)
  if (found === undefined || !signsIn) return undefined
  const { requiredScope: scope, resourceMetadataUrl: metadataUrl } = found
  const challenge = { ...(scope !== undefined && { scope }), ...(metadataUrl && { metadataUrl: metadataUrl.href }) }
  const scopeText = scope === undefined ? '' : `: ${scope.split(/\s+/).join(', ')}`
  const message = `${title} wants more permission for this${scopeText}.`
  return { why: 'scope', code: 'sign_in_needed', message, sent: false, turnedAway: false, challenge }
}

/** The HTTP status behind an error, wherever in its chain of causes. */
export function statusIn(error: unknown): number | undefined {
  for (const at of chainOf(error)) {
    if (at instanceof UnauthorizedError) return 401
    if (at instanceof InsufficientScopeError) return 403
    if (at instanceof SdkHttpError) return at.status
    if (at instanceof SseError && at.code !== undefined) return at.code
  }
  return undefined
}

function* chainOf(error: unknown): Generator<Error> {
  let at = error
  for (let depth = 0; at instanceof Error && depth < 8; depth++) {
    yield at
    at = at.cause
  }
}

function classifyStatus(status: number, label: ServerLabel): McpFailure {
  const { title, docs, signsIn } = label
  const unsent = { sent: false, turnedAway: true }
  if (status === 401)
    return {
      why: 'sign_in',
      code: 'sign_in_needed',
      message: signInMessage(label),
      ...unsent,
      ...(signsIn && { challenge: {} }),
    }
  if (status === 403)
    return {
      why: 'protocol',
      code: 'server_refused',
      message: `${title} does not allow this with your key or sign-in (403). Check what it may do${pageText(docs)}`,
      sent: false,
      turnedAway: false,
    }
  if (status === 429)
    return {
      why: 'unreachable',
      code: 'server_unreachable',
      message: `${title} gets too many requests (429). Try again in a minute.`,
      sent: false,
      turnedAway: false,
    }
  if (status >= 300 && status < 500)
    return {
      why: 'gone',
      code: 'server_refused',
      message: `${title} answers, but not as an MCP server does (${status}). Check the address.`,
      ...unsent,
    }
  const message = `${title} has trouble of its own (${status}). Try again in a few minutes.`
  return { why: 'unreachable', code: 'server_unreachable', message, sent: true, turnedAway: false }
}

function signInMessage({ title, docs, signedIn, signsIn }: ServerLabel): string {
  if (signsIn) return `${title} does not accept your sign-in (401). Sign in again.`
  if (signedIn) {
    const advice =
      docs === undefined
        ? 'Check it for a typo, or get another one where this server is run, and connect again.'
        : `Create a new one at ${docs} and connect again.`
    return `${title} refused this key (401). ${advice}`
  }
  return `${title} wants a sign-in (401). Fill in the credential and connect again${pageText(docs)}`
}

/** The end of a sentence, with the page that helps where there is one. */
export const pageText = (docs: string | undefined): string => (docs === undefined ? '.' : `: ${docs}`)

const TIMEOUT_ADVICE = {
  calling: 'Ask for less at once, or check that it is up.',
  connecting: 'Check that it is up and, if you typed its address, that this is right. Then try again.',
}

function classifySdkError(error: unknown, { title, seconds, connecting = false }: ServerLabel): McpFailure {
  const code = error instanceof SdkError ? error.code : undefined
  if (code === SdkErrorCode.RequestTimeout)
    return {
      why: 'timeout',
      code: 'tool_timeout',
      message: `${title} did not answer within ${seconds} s. ${TIMEOUT_ADVICE[connecting ? 'connecting' : 'calling']}`,
      sent: true,
      turnedAway: false,
    }
  if (code === SdkErrorCode.NotConnected)
    return {
      why: 'gone',
      code: 'server_unreachable',
      message: `${title} has stopped. Try again: I will start it afresh.`,
      sent: false,
      turnedAway: true,
    }
  if (error instanceof ProtocolError && isTooLarge(error)) return createTooLargeFailure(`${title} ${error.message}`)
  const ended =
    isLostStream(error) ||
    code === SdkErrorCode.ConnectionClosed ||
    code === SdkErrorCode.SendFailed ||
    hasSystemCode(error, 'EPIPE')
  const how = ended
    ? 'ended before it answered. Check that it is up.'
    : 'sent an answer I cannot read. Tell whoever runs it.'
  const message = `${title} ${how}`
  return { why: 'gone', code: 'tool_failed', message, sent: true, turnedAway: false }
}
