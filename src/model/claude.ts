import { setTimeout as sleep } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import { AppError, errorChainOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { classifyModelError, type ModelFailure } from './classify-model-error.ts'
import { costOf } from './prices.ts'
import type { Model, ModelListener, ModelRequest, ModelRetry, ModelTurn } from './turn.ts'
import { readModelContent, readStopReason, readTokenUsage, toMessages, toSystem, toTools } from './wire.ts'

/** How long a turn goes on trying, and how it spaces its attempts. */
export type ModelRetryLimits = { totalMs: number; firstDelayMs: number; longestDelayMs: number; silenceMs: number }

// A person waits in front of Slack: three minutes outlast most overloads, and more would look dead.
// The API sends a ping every few seconds: a stream that says nothing for a minute is broken, whatever TCP thinks of it.
const PATIENCE: ModelRetryLimits = { totalMs: 180_000, firstDelayMs: 1_000, longestDelayMs: 30_000, silenceMs: 60_000 }

type Deps = { client: Anthropic; name: string; log: Log; patience: ModelRetryLimits; unpriced: Set<string> }
type Attempt = { kind: 'done'; message: Anthropic.Message } | { kind: 'failed'; error: Error; spoke: boolean }

/** Claude over the Messages API, or whatever speaks it at `baseURL`. Thinking is left at each model's default. */
export function createModel(o: {
  apiKey: string
  baseURL?: string | undefined
  model: string
  log: Log
  patience?: Partial<ModelRetryLimits>
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
    log: o.log,
    patience: { ...PATIENCE, ...o.patience },
    unpriced: new Set<string>(),
  }
  return { name: o.model, turn: (ask, listener) => turn(deps, ask, listener) }
}

async function turn(deps: Deps, ask: ModelRequest, listener: ModelListener): Promise<ModelTurn> {
  let giveUpAt: number | undefined
  let withThinking = true
  for (let failures = 0; ; ) {
    const attempt = await attemptOnce(deps, request(deps, ask, withThinking), listener)
    if (attempt.kind === 'done') return toTurn(deps, attempt.message)
    if (listener.signal.aborted) throw cancelled(listener.signal.reason)
    if (attempt.spoke) listener.onRestart()
    const trouble = classifyModelError(attempt.error, deps.name)
    deps.log.warn({ kind: trouble.kind, err: errorChainOf(attempt.error) }, 'model attempt failed')
    if (trouble.kind === 'thinking_refused' && withThinking) {
      withThinking = false
      continue
    }
    failures += 1
    giveUpAt ??= Date.now() + deps.patience.totalMs
    const waiting = nextWait(deps.patience, { trouble, failures, error: attempt.error, giveUpAt })
    listener.onWaiting(waiting)
    await pause(waiting.seconds, listener.signal)
  }
}

function request(deps: Deps, ask: ModelRequest, withThinking: boolean): Anthropic.MessageStreamParams {
  return {
    model: deps.name,
    max_tokens: ask.maxTokens,
    system: toSystem(ask.system),
    messages: toMessages(ask.messages, withThinking),
    ...(ask.tools.length > 0 ? { tools: toTools(ask.tools) } : {}),
  }
}

async function attemptOnce(
  deps: Deps,
  params: Anthropic.MessageStreamParams,
  listener: ModelListener,
): Promise<Attempt> {
  if (listener.signal.aborted) throw cancelled(listener.signal.reason)
  let spoke = false
  const silence = new AbortController()
  const stream = deps.client.messages.stream(params, { signal: AbortSignal.any([listener.signal, silence.signal]) })
  const timer = setTimeout(() => silence.abort(), deps.patience.silenceMs)
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

type Failed = { trouble: ModelFailure; failures: number; error: Error; giveUpAt: number }

/** How long to wait before the next attempt; throws when there is none. */
function nextWait(patience: ModelRetryLimits, { trouble, failures, error, giveUpAt }: Failed): ModelRetry {
  if (trouble.kind === 'final') throw trouble.error
  if (trouble.kind === 'thinking_refused')
    throw new AppError('model_failed', "Claude's API refused this conversation. Start a new thread.", { cause: error })
  const grown = Math.min(patience.firstDelayMs * 2 ** (failures - 1), patience.longestDelayMs)
  // Jitter, so that many runs that failed together do not come back together.
  const waitMs = trouble.afterSeconds === undefined ? grown * (0.5 + Math.random() / 2) : trouble.afterSeconds * 1000
  if (Date.now() + waitMs > giveUpAt) throw new AppError('model_overloaded', exhausted(trouble.why), { cause: error })
  return { seconds: waitMs / 1000, attempt: failures, why: trouble.why }
}

function exhausted(why: ModelRetry['why']): string {
  if (why === 'unreachable')
    return "Claude's API cannot be reached. Try again in a few minutes; if that does not help, whoever runs Patchbay should check the network and ANTHROPIC_BASE_URL."
  if (why === 'rate_limited') return 'Too many requests are going to Claude at once. Please try again in a few minutes.'
  return 'Claude is overloaded at the moment. Please try again in a few minutes.'
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, { signal })
  } catch (error) {
    throw cancelled(error)
  }
}

function cancelled(cause: unknown): AppError {
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
