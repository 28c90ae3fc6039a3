import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, WebAPIPlatformError, WebAPIRateLimitedError, WebClient } from '@slack/web-api'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { METHODS, type MethodName } from './methods.ts'

/** The Web API, as far as the app uses it. */
export type WebApi = {
  /**
   * Throws AppError `slack_failed`; `slackError` tells why. A rate limit is waited out for up to `patienceMs`.
   * What Slack answers is parsed by `shape`.
   */
  call<T>(method: MethodName, args: Record<string, unknown>, shape: z.ZodType<T>, patienceMs?: number): Promise<T>
}

/** For calls whose answer does not matter. */
export const AnyResponse = z.unknown()

/** A Slack call that hangs is given up after this: no person waits longer for a modal, and a lease outlasts it. */
const CALL_TIMEOUT_MS = 10_000

/** Slack asks for 1–30 s as a rule; a longer wait is better spent by the run's own retry. */
const PATIENCE_MS = 20_000

/** Whose calls they are. The token is asked for each time, as an installation comes and goes. */
export type TokenSource = {
  apiUrl: string
  /** Throws what `notInstalled` makes where there is none. */
  token(): Promise<string>
  /** Slack refused this token: the one there is now, if that is another. */
  renewedToken(refused: string): Promise<string | undefined>
  /** The workspace that calls are about, where the token is a whole organization's (docs.slack.dev/enterprise). */
  team?: string | undefined
}

export function createWebApi(whose: TokenSource, logger: Logger): WebApi {
  const clients = createClients(whose, logger)
  return {
    call: (method, args, shape, patienceMs = PATIENCE_MS) => {
      const kind = METHODS[method].repeatable ? 'patient' : 'once'
      const by = async (token: string) => shape.parse(await clients(token)[kind].apiCall(method, args))
      return whenAllowed(method, () => withToken(whose, by), patienceMs)
    },
  }
}

/** What the app's own clients are set to, too: Bolt's defaults would go on trying for half an hour. */
export const clientOptionsFor = (apiUrl: string, retries: number) => ({
  slackApiUrl: apiUrl,
  timeout: CALL_TIMEOUT_MS,
  rejectRateLimitedCalls: true,
  retryConfig: { retries, minTimeout: 200, maxTimeout: 1_000 },
})

type Clients = { token: string; once: WebClient; patient: WebClient }

/** Made when first needed, and anew when the token is another. */
function createClients({ apiUrl, team }: TokenSource, logger: Logger): (token: string) => Clients {
  let made: Clients | undefined
  return (token) => {
    if (made?.token === token) return made
    const client = (retries: number) =>
      new WebClient(token, { ...clientOptionsFor(apiUrl, retries), logger, ...(team && { teamId: team }) })
    made = { token, once: client(0), patient: client(2) }
    return made
  }
}

/** With another token at once, where this one was replaced: the app was installed anew through another instance. */
async function withToken<T>(whose: TokenSource, ask: (token: string) => Promise<T>): Promise<T> {
  const token = await whose.token()
  try {
    return await ask(token)
  } catch (error) {
    const next = isTokenRevoked(error) ? await whose.renewedToken(token) : undefined
    if (next === undefined) throw error
    return ask(next)
  }
}

/** Slack's words for a token that will never work again. */
const DEAD = new Set('invalid_auth account_inactive token_revoked token_expired not_installed'.split(' '))

/** True when the app is not in the workspace any more, as far as its token tells. */
export const isTokenRevoked = (error: unknown): boolean => DEAD.has(slackErrorCodeOf(error) ?? '')

class NotInstalled extends Error {}

/** For a call to a workspace that the app is not, or no longer, installed in. */
export const createNotInstalledError = (): AppError =>
  new AppError('slack_failed', GONE, { cause: new NotInstalled('the app is not installed there') })

/** Asks, and asks again after each rate limit while patience lasts. */
async function whenAllowed<T>(method: string, ask: () => Promise<T>, patienceMs: number): Promise<T> {
  for (let leftMs = patienceMs; ; ) {
    try {
      return await ask()
    } catch (error) {
      const pauseMs = pauseAfter(error)
      if (pauseMs > leftMs) throw trouble(method, error)
      leftMs -= pauseMs
      await sleep(pauseMs)
    }
  }
}

/** How long Slack asks to wait; for ever where waiting does not help. */
const pauseAfter = (error: unknown): number =>
  error instanceof WebAPIRateLimitedError ? Math.max(1, error.retryAfter) * 1_000 : Number.POSITIVE_INFINITY

const TOO_LATE = 'That took too long for Slack to open the form. Please try again.'

const GONE = 'Patchbay is not installed in this workspace any more. An owner or admin can add it again.'

const WORDS: Record<string, string> = {
  account_inactive: GONE,
  token_revoked: GONE,
  ratelimited: 'Slack is busy right now. Please try again in a moment.',
  expired_trigger_id: TOO_LATE,
  exchanged_trigger_id: TOO_LATE,
}

function trouble(method: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause)
  const words = code === undefined ? undefined : WORDS[code]
  const said = code === undefined ? 'Slack could not be reached' : refusalOf(method)
  return new AppError('slack_failed', words ?? `${said}. Please try again.`, { cause })
}

/** What each family of methods is for, in words for people; Slack's own word is in the cause, for the log. */
const REFUSALS: Record<string, string> = {
  chat: 'Slack did not accept the message',
  views: 'Slack could not show the form',
  files: 'Slack did not accept the file',
  conversations: 'Slack did not say who is in this conversation',
  users: 'Slack did not say who this person is',
}

const refusalOf = (method: string): string => REFUSALS[method.split('.')[0] ?? ''] ?? 'Slack did not accept this'

/** Slack's word for why a call failed (`not_found`, `ratelimited`, …); undefined when the way there broke and it may have happened. */
export function slackErrorCodeOf(error: unknown): string | undefined {
  return codeOf(error instanceof AppError ? error.cause : error)
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof WebAPIPlatformError) return error.data.error
  if (error instanceof WebAPIRateLimitedError) return 'ratelimited'
  if (error instanceof NotInstalled) return 'not_installed'
  return undefined
}

/** What Slack says of itself when it has trouble; any other word of its is a no that another try will not change. */
const PASSING = new Set(
  'ratelimited internal_error fatal_error service_unavailable request_timeout team_added_to_org streaming_state_conflict'.split(
    ' ',
  ),
)

/** True when no further try will mend it: the place is gone, the app may not speak there, the content is refused. */
export function isPermanentError(error: unknown): boolean {
  const code = slackErrorCodeOf(error)
  return code !== undefined && !PASSING.has(code)
}

/** Errors that say Slack does not offer the method here (the plan, the app's scopes, GovSlack), not that it failed this once. */
const NOT_OFFERED = new Set(
  'unknown_method method_deprecated missing_scope not_allowed_token_type access_denied feature_not_enabled team_not_supported channel_type_not_supported'.split(
    ' ',
  ),
)

export const isUnsupportedMethod = (error: unknown): boolean => NOT_OFFERED.has(slackErrorCodeOf(error) ?? '')
