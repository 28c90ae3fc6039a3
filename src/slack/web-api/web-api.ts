import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, WebAPIPlatformError, WebAPIRateLimitedError, WebClient } from '@slack/web-api'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { AppError } from '../../errors.ts'
import { withoutNulls } from '../../json.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { METHODS, type MethodName } from './methods.ts'

/** The Web API, as far as the app uses it. */
export type WebApi = {
  /**
   * Throws AppError `slack_failed`; `slackError` tells why. A rate limit is waited out for up to `maxWaitMs`.
   * What Slack answers is parsed by `shape`.
   */
  call<T>(method: MethodName, args: Record<string, unknown>, shape: z.ZodType<T>, maxWaitMs?: number): Promise<T>
}

/** For calls whose answer does not matter. */
export const AnyResponse = z.unknown()

/** No person waits longer for a modal, and a lease outlasts it. */
const CALL_TIMEOUT_MS = 10_000

/** Slack usually asks for 1–30 s; the run's own retry handles a longer wait better. */
const MAX_WAIT_MS = 20_000

/** The token that calls use. It is read for each call, as an installation comes and goes. */
export type TokenSource = {
  apiUrl: string
  /** Throws the error of `createNotInstalledError` where there is none. */
  token(): Promise<string>
  /** Resolves to the token that replaced one which Slack refused; undefined where there is none. */
  renewedToken(refused: string): Promise<string | undefined>
  /** The workspace that calls are for, where the token is a whole organization's (docs.slack.dev/enterprise). */
  team?: string | undefined
}

export function createWebApi(tokens: TokenSource, logger: Logger): WebApi {
  const clients = createClients(tokens, logger)
  return {
    call: (method, args, shape, maxWaitMs = MAX_WAIT_MS) => {
      const kind = METHODS[method].repeatable ? 'retrying' : 'once'
      const sent = typeof args.text === 'string' ? { ...args, text: readableTextOf(method, args.text) } : args
      const callWith = async (token: string) =>
        shape.parse(withoutNulls(await clients(token)[kind].apiCall(method, sent)))
      return callWithinRateLimit(method, () => withToken(tokens, callWith), maxWaitMs)
    },
  }
}

/** Names of others stand in the text of notifications, too. An update refuses a longer one, even beside blocks that carry the words. */
function readableTextOf(method: MethodName, text: string): string {
  const visible = revealInvisible(text)
  return method === 'chat.update' ? truncate(visible, LIMITS.methodText[method]) : visible
}

/** Options for every Slack client of the app: Bolt's defaults would retry for half an hour. */
export const clientOptionsFor = (apiUrl: string, retries: number) => ({
  slackApiUrl: apiUrl,
  timeout: CALL_TIMEOUT_MS,
  rejectRateLimitedCalls: true,
  retryConfig: { retries, minTimeout: 200, maxTimeout: 1_000 },
})

type Clients = { token: string; once: WebClient; retrying: WebClient }

/** Creates the clients on first use, and again for each new token. */
function createClients({ apiUrl, team }: TokenSource, logger: Logger): (token: string) => Clients {
  let clients: Clients | undefined
  return (token) => {
    if (clients?.token === token) return clients
    const client = (retries: number) =>
      new WebClient(token, { ...clientOptionsFor(apiUrl, retries), logger, ...(team && { teamId: team }) })
    clients = { token, once: client(0), retrying: client(2) }
    return clients
  }
}

/** Retries once with the new token where another instance installed the app anew. */
async function withToken<T>(tokens: TokenSource, ask: (token: string) => Promise<T>): Promise<T> {
  const token = await tokens.token()
  try {
    return await ask(token)
  } catch (error) {
    const next = isTokenRevoked(error) ? await tokens.renewedToken(token) : undefined
    if (next === undefined) throw error
    return ask(next)
  }
}

/** Slack's error codes for a token that will never work again. */
const REVOKED_TOKEN_CODES = new Set(
  'invalid_auth account_inactive token_revoked token_expired not_installed'.split(' '),
)

/** True when Slack refuses the token because the app is not in the workspace any more. */
export const isTokenRevoked = (error: unknown): boolean => REVOKED_TOKEN_CODES.has(slackErrorCodeOf(error) ?? '')

class NotInstalled extends Error {}

/** The error of a call to a workspace that the app is not installed in. */
export const createNotInstalledError = (): AppError =>
  new AppError('slack_failed', NOT_INSTALLED_TEXT, { cause: new NotInstalled('the app is not installed there') })

class ThreadGone extends Error {}

/** The error of a post to a thread whose first message is gone; `cause` where what Slack posted elsewhere could not be removed. */
export const createThreadGoneError = (cause?: unknown): AppError =>
  new AppError('slack_failed', 'The message this belongs to is gone. Please ask again.', {
    cause: new ThreadGone('the thread is gone', { cause }),
  })

/** Repeats the call after each rate limit until `maxWaitMs` are used up. */
async function callWithinRateLimit<T>(method: string, ask: () => Promise<T>, maxWaitMs: number): Promise<T> {
  for (let leftMs = maxWaitMs; ; ) {
    try {
      return await ask()
    } catch (error) {
      const pauseMs = pauseAfter(error)
      if (pauseMs > leftMs) throw webApiError(method, error)
      leftMs -= pauseMs
      await sleep(pauseMs)
    }
  }
}

/** How long Slack asks to wait; for ever where waiting does not help. */
const pauseAfter = (error: unknown): number =>
  error instanceof WebAPIRateLimitedError ? Math.max(1, error.retryAfter) * 1_000 : Number.POSITIVE_INFINITY

const TOO_LATE_TEXT = 'That took too long for Slack to open the form. Please try again.'

const NOT_INSTALLED_TEXT = 'Patchbay is not installed in this workspace any more. An owner or admin can add it again.'

const MESSAGES: Record<string, string> = {
  account_inactive: NOT_INSTALLED_TEXT,
  token_revoked: NOT_INSTALLED_TEXT,
  ratelimited: 'Slack is busy right now. Please try again in a moment.',
  expired_trigger_id: TOO_LATE_TEXT,
  exchanged_trigger_id: TOO_LATE_TEXT,
}

function webApiError(method: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause)
  const words = code === undefined ? undefined : MESSAGES[code]
  const said = code === undefined ? 'Slack could not be reached' : refusalOf(method)
  return new AppError('slack_failed', words ?? `${said}. Please try again.`, { cause })
}

/** What to say of a refusal, by family of methods; Slack's own code is in the cause, for the log. */
const REFUSALS: Record<string, string> = {
  chat: 'Slack did not accept the message',
  views: 'Slack could not show the form',
  files: 'Slack did not accept the file',
  conversations: 'Slack did not say who is in this conversation',
  users: 'Slack did not say who this person is',
}

const refusalOf = (method: string): string => REFUSALS[method.split('.')[0] ?? ''] ?? 'Slack did not accept this'

/** Slack's code for why a call failed (`not_found`, `ratelimited`, …); undefined when the request broke off and may have happened. */
export function slackErrorCodeOf(error: unknown): string | undefined {
  return codeOf(error instanceof AppError ? error.cause : error)
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof WebAPIPlatformError) return error.data.error
  if (error instanceof WebAPIRateLimitedError) return 'ratelimited'
  if (error instanceof NotInstalled) return 'not_installed'
  if (error instanceof ThreadGone) return 'thread_not_found'
  return undefined
}

/** Slack's codes for trouble of its own; after any other code another try fails as well. */
const PASSING_CODES = new Set(
  `ratelimited rate_limited message_limit_exceeded internal_error fatal_error service_unavailable request_timeout team_added_to_org
   streaming_state_conflict`.split(/\s+/),
)

/** True when no further try will mend it: the place is gone, the app may not speak there, the content is refused. */
export function isPermanentError(error: unknown): boolean {
  const code = slackErrorCodeOf(error)
  return code !== undefined && !PASSING_CODES.has(code)
}

/** Slack's codes for a thread whose first message is gone (docs.slack.dev/reference/methods/chat.startStream#errors). */
const THREAD_GONE_CODES = new Set(['thread_not_found', 'invalid_thread_ts'])

export const isThreadGone = (error: unknown): boolean => THREAD_GONE_CODES.has(slackErrorCodeOf(error) ?? '')

/** Slack's codes for a conversation that takes no message of the app (docs.slack.dev/reference/methods/chat.postMessage#errors). */
const PLACE_CLOSED_CODES = new Set(
  `is_archived is_inactive not_in_channel channel_not_found channel_type_not_supported thread_locked cannot_reply_to_message cannot_dm_bot
   messages_tab_disabled user_disabled user_is_bot user_is_restricted user_not_found user_not_visible no_permission access_denied
   ekm_access_denied team_access_not_granted posting_to_channel_denied`.split(/\s+/),
)

/** True where the conversation takes no message of the app any more: archived, left, locked, gone; another one may. */
export function isPlaceClosed(error: unknown): boolean {
  const code = slackErrorCodeOf(error) ?? ''
  return isThreadGone(error) || PLACE_CLOSED_CODES.has(code) || code.startsWith('restricted_action')
}

/** Errors that say Slack does not offer the method here (the plan, the app's scopes, GovSlack), not that it failed this once. */
const NOT_OFFERED_CODES = new Set(
  'unknown_method method_deprecated missing_scope not_allowed_token_type access_denied feature_not_enabled team_not_supported channel_type_not_supported'.split(
    ' ',
  ),
)

export const isUnsupportedMethod = (error: unknown): boolean => NOT_OFFERED_CODES.has(slackErrorCodeOf(error) ?? '')
