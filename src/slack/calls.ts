import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, WebAPIPlatformError, WebAPIRateLimitedError, WebClient } from '@slack/web-api'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { METHODS, type MethodName } from './methods.ts'

/** The Web API, as far as the app uses it. */
export type Calls = {
  /**
   * Throws AppError `slack_failed`; `slackError` tells why. A rate limit is waited out for up to `patienceMs`.
   * What Slack answers is parsed by `shape`.
   */
  call<T>(method: MethodName, args: Record<string, unknown>, shape: z.ZodType<T>, patienceMs?: number): Promise<T>
}

/** For calls whose answer does not matter. */
export const Anything = z.unknown()

/** A Slack call that hangs is given up after this: no person waits longer for a modal, and a lease outlasts it. */
const CALL_TIMEOUT_MS = 10_000

/** Slack asks for 1–30 s as a rule; a longer wait is better spent by the run's own retry. */
const PATIENCE_MS = 20_000

export function createCalls(settings: { botToken: string; apiUrl: string }, logger: Logger): Calls {
  const client = (retries: number) =>
    new WebClient(settings.botToken, {
      slackApiUrl: settings.apiUrl,
      timeout: CALL_TIMEOUT_MS,
      rejectRateLimitedCalls: true,
      retryConfig: { retries, minTimeout: 200, maxTimeout: 1_000 },
      logger,
    })
  const once = client(0)
  const patient = client(2)

  return {
    call: (method, args, shape, patienceMs = PATIENCE_MS) => {
      const by = METHODS[method].repeatable ? patient : once
      const ask = async () => shape.parse(await by.apiCall(method, args))
      return whenAllowed(method, ask, patienceMs)
    },
  }
}

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

const WORDS: Record<string, string> = {
  ratelimited: 'Slack is busy right now. Please try again in a moment.',
  expired_trigger_id: TOO_LATE,
  exchanged_trigger_id: TOO_LATE,
}

function trouble(method: string, cause: unknown): AppError {
  const code = codeOf(cause)
  const words = code === undefined ? undefined : WORDS[code]
  const said = code === undefined ? 'Slack could not be reached' : `Slack did not take ${thingOf(method)} (${code})`
  return new AppError('slack_failed', words ?? `${said}. Please try again.`, { cause })
}

/** What a method's family carries, in words for people. */
const THINGS: Record<string, string> = {
  chat: 'the message',
  views: 'the form',
  files: 'the file',
  conversations: 'the question who is in a conversation',
  users: 'the question who somebody is',
}

const thingOf = (method: string): string => THINGS[method.split('.')[0] ?? ''] ?? 'this'

/** Slack's word for why a call failed (`not_found`, `ratelimited`, …); undefined when the way there broke and it may have happened. */
export function slackError(error: unknown): string | undefined {
  return codeOf(error instanceof AppError ? error.cause : error)
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof WebAPIPlatformError) return error.data.error
  if (error instanceof WebAPIRateLimitedError) return 'ratelimited'
  return undefined
}

/** What Slack says of itself when it has trouble; any other word of its is a no that another try will not change. */
const PASSING = new Set(
  'ratelimited internal_error fatal_error service_unavailable request_timeout team_added_to_org streaming_state_conflict'.split(
    ' ',
  ),
)

/** True when no further try will mend it: the place is gone, the app may not speak there, the content is refused. */
export function isHopeless(error: unknown): boolean {
  const code = slackError(error)
  return code !== undefined && !PASSING.has(code)
}

/** Errors that say Slack does not offer the method here (the plan, the app's scopes, GovSlack), not that it failed this once. */
const NOT_OFFERED = new Set(
  'unknown_method method_deprecated missing_scope not_allowed_token_type access_denied feature_not_enabled team_not_supported channel_type_not_supported'.split(
    ' ',
  ),
)

export const isNotOffered = (error: unknown): boolean => NOT_OFFERED.has(slackError(error) ?? '')
