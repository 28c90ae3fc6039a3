import Anthropic from '@anthropic-ai/sdk'
import { AppError, errorChainOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { pause } from '../timing.ts'
import { classifyModelError, type ModelFailure } from './classify-model-error.ts'
import { costOf } from './prices.ts'
import type { Model, ModelListener, ModelRequest, ModelRetry, ModelTurn } from './turn.ts'
import {
  readModelContent,
  readStopReason,
  readTokenUsage,
  type SentParts,
  toMessages,
  toSystem,
  toTools,
} from './wire.ts'

/** How long a turn is tried, how long the pauses between its attempts are, and after how much silence a stream counts as broken. */
export type ModelRetryLimits = { totalMs: number; firstDelayMs: number; longestDelayMs: number; silenceMs: number }

// Three minutes outlast most overloads; a person who waits longer takes the app for dead.
// The API sends a ping every few seconds, so a stream that is silent for a minute is broken even if TCP has not noticed.
const RETRY_LIMITS: ModelRetryLimits = {
  totalMs: 180_000,
  firstDelayMs: 1_000,
  longestDelayMs: 30_000,
  silenceMs: 60_000,
}

type Deps = {
  client: Anthropic
  name: string
  /** Asked where the usual model is overloaded. */
  fallback: string | undefined
  log: Log
  limits: ModelRetryLimits
  unpriced: Set<string>
}
type Attempt = { kind: 'done'; message: Anthropic.Message } | { kind: 'failed'; error: Error; spoke: boolean }

/** Claude over the Messages API, or whatever speaks it at `baseURL`. Thinking is left at each model's default. */
export function createModel(o: {
  apiKey: string
  baseURL?: string | undefined
  model: string
  fallback?: string | undefined
  log: Log
  limits?: Partial<ModelRetryLimits>
}): Model {
  const client = new Anthropic({
    apiKey: o.apiKey,
    authToken: null,
    baseURL: o.baseURL ?? 'https://api.anthropic.com',
    maxRetries: 0,
    logLevel: 'off',
    openTelemetry: false,
  })
  const deps = {
    client,
    name: o.model,
    fallback: o.fallback,
    log: o.log,
    limits: { ...RETRY_LIMITS, ...o.limits },
    unpriced: new Set<string>(),
  }
  return { name: o.model, turn: (ask, listener) => runTurn(deps, ask, listener) }
}

async function runTurn(deps: Deps, ask: ModelRequest, listener: ModelListener): Promise<ModelTurn> {
  const usual = ask.model ?? deps.name
  const first = await tryModel(deps, usual, ask, listener)
  if (first !== undefined) return first
  const fallback = deps.fallback ?? usual
  const turn = await tryModel({ ...deps, fallback: undefined }, fallback, ask, listener)
  if (turn === undefined) throw new TypeError('only a model with another behind it is given up')
  return { ...turn, insteadOf: usual }
}

/** The turn of this model; undefined where it is overloaded and another one is there to ask. */
async function tryModel(
  deps: Deps,
  model: string,
  ask: ModelRequest,
  listener: ModelListener,
): Promise<ModelTurn | undefined> {
  let giveUpAt: number | undefined
  let sent: SentParts = { thinking: true, pictures: true }
  for (let failures = 0; ; ) {
    const attempt = await attemptOnce(deps, requestParams(model, ask, sent), listener)
    if (attempt.kind === 'done') return toTurn(deps, attempt.message)
    const failure = failureOf(attempt, model, listener)
    deps.log.warn({ model, kind: failure.kind, err: errorChainOf(attempt.error) }, 'model attempt failed')
    const less = withoutRefused(ask, sent, failure)
    if (less !== undefined) {
      sent = less
      continue
    }
    failures += 1
    if (isTimeForAnother(deps, { model, failure, failures })) return undefined
    giveUpAt ??= Date.now() + deps.limits.totalMs
    const waiting = nextWait(deps.limits, { failure, failures, error: attempt.error, giveUpAt })
    listener.onWaiting(waiting)
    await pause(waiting.seconds * 1_000, listener.signal)
  }
}

/** Throws where the person has stopped it meanwhile; words that were said already are void. */
function failureOf(
  attempt: Extract<Attempt, { kind: 'failed' }>,
  model: string,
  listener: ModelListener,
): ModelFailure {
  if (listener.signal.aborted) throw cancelledError(listener.signal.reason)
  if (attempt.spoke) listener.onRestart()
  return classifyModelError(attempt.error, model)
}

/** One failure may be chance; whoever waits longer could have an answer of the other model. */
const FAILURES_TO_FALL_BACK = 2

/** Another model at the same address helps against an overload, and not where the address cannot be reached. */
const isTimeForAnother = (
  { fallback }: Deps,
  { model, failure, failures }: { model: string; failure: ModelFailure; failures: number },
): boolean =>
  fallback !== undefined &&
  fallback !== model &&
  failures >= FAILURES_TO_FALL_BACK &&
  failure.kind === 'later' &&
  failure.why !== 'unreachable'

/** What is sent in the next attempt after a refusal of a part; undefined when none was refused or it went along no more. */
function withoutRefused(ask: ModelRequest, sent: SentParts, { kind }: ModelFailure): SentParts | undefined {
  if (kind === 'thinking_refused' && sent.thinking) return { ...sent, thinking: false }
  return kind === 'pictures_refused' && sent.pictures && hasPictures(ask) ? { ...sent, pictures: false } : undefined
}

const hasPictures = ({ messages }: ModelRequest): boolean =>
  messages.some(({ content }) =>
    content.some(
      (part) =>
        part.type === 'image' || part.type === 'document' || (part.type === 'tool_result' && part.images !== undefined),
    ),
  )

function requestParams(model: string, ask: ModelRequest, sent: SentParts): Anthropic.MessageStreamParams {
  return {
    model,
    max_tokens: ask.maxTokens,
    system: toSystem(ask.system),
    messages: toMessages(ask.messages, sent),
    ...(ask.tools.length > 0 ? { tools: toTools(ask.tools) } : {}),
  }
}

async function attemptOnce(
  deps: Deps,
  params: Anthropic.MessageStreamParams,
  listener: ModelListener,
): Promise<Attempt> {
  if (listener.signal.aborted) throw cancelledError(listener.signal.reason)
  let spoke = false
  const silence = new AbortController()
  const stream = deps.client.messages.stream(params, { signal: AbortSignal.any([listener.signal, silence.signal]) })
  const timer = setTimeout(() => silence.abort(), deps.limits.silenceMs)
  stream.on('streamEvent', () => timer.refresh())
  stream.on('text', (words) => {
    if (words === '' || listener.signal.aborted) return
    spoke = true
    listener.onWords(words)
  })
  try {
    return { kind: 'done', message: await stream.finalMessage() }
  } catch (error) {
    if (!(error instanceof Anthropic.AnthropicError)) throw error
    return { kind: 'failed', error: silence.signal.aborted ? new Anthropic.APIConnectionTimeoutError() : error, spoke }
  } finally {
    clearTimeout(timer)
  }
}

type Failed = { failure: ModelFailure; failures: number; error: Error; giveUpAt: number }

/** How long to wait before the next attempt. Throws what `Model.turn` throws when there will be none. */
function nextWait(limits: ModelRetryLimits, { failure, failures, error, giveUpAt }: Failed): ModelRetry {
  if (failure.kind !== 'later') throw failure.error
  const backoffMs = Math.min(limits.firstDelayMs * 2 ** (failures - 1), limits.longestDelayMs)
  // Jitter spreads out the retries of runs that failed at the same moment.
  const waitMs =
    failure.afterSeconds === undefined ? backoffMs * (0.5 + Math.random() / 2) : failure.afterSeconds * 1000
  if (Date.now() + waitMs > giveUpAt)
    throw new AppError('model_overloaded', overloadedMessage(failure.why), { cause: error })
  return { seconds: waitMs / 1000, attempt: failures, why: failure.why }
}

function overloadedMessage(why: ModelRetry['why']): string {
  if (why === 'unreachable')
    return "Claude's API cannot be reached. Try again in a few minutes; if that does not help, whoever runs Patchbay should check the network and ANTHROPIC_BASE_URL."
  if (why === 'rate_limited') return 'Too many requests are going to Claude at once. Please try again in a few minutes.'
  return 'Claude is overloaded at the moment. Please try again in a few minutes.'
}

function cancelledError(cause: unknown): AppError {
  return new AppError('cancelled', 'Stopped.', { cause })
}

function toTurn(deps: Deps, message: Anthropic.Message): ModelTurn {
  const usage = readTokenUsage(message.usage)
  const cost = costOf(message.model, usage)
  if (cost === undefined && !deps.unpriced.has(message.model)) {
    deps.unpriced.add(message.model)
    deps.log.warn({ model: message.model }, 'the price of this model is not known: its cost is counted as 0')
  }
  return {
    content: readModelContent(message.content),
    stop: readStopReason(message.stop_reason),
    usage,
    model: message.model,
    costUsd: cost ?? 0,
  }
}
