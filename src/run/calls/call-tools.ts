import { errorChainOf } from '../../errors.ts'
import type { JsonValue } from '../../json.ts'
import type { ResumeAnswers } from '../../mcp/elicitation/input-request.ts'
import type { CallFailure, ToolOutcome } from '../../mcp/requests/outcome.ts'
import type { RequestOptions } from '../../mcp/requests/send-request.ts'
import { outputOfResult } from '../../workflows/progress/step-output.ts'
import type { RunDeps, Source } from '../deps.ts'
import type { EventOf } from '../state/events.ts'
import { resumptionOf } from '../state/fold-call.ts'
import type { CallState } from '../state/state.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'
import { callBuiltinTool } from '../tools/call-builtin-tool.ts'
import { createSignInRequest, requestInputs, requestLiveInput } from './request-input.ts'
import { FOLLOWED_CHARS, firstLineOf, plainResultOf, shapeResult } from './shape-result.ts'
import { waitForTurn, waitingEventFor } from './wait-for-turn.ts'

/** A call that is still not done after so many rounds of questions never will be. */
const MAX_ROUNDS = 11
/** A server that wants to be asked again has some work to do first. */
const STATE_ONLY_PAUSE_MS = 250

/** `others`: connections with the same tool, for where this one fails. */
export type ReadyCall = { call: CallState; source: Source; tool: Source['tools'][number]; others: string[] }

/** Makes the calls side by side; that they are begun stands in the run already. */
export async function callTools(deps: RunDeps, leased: LeasedRun, ready: ReadyCall[]): Promise<void> {
  // The run goes on, or is given back, only when no call is under way any more.
  const settled = await Promise.allSettled(ready.map((one) => callOne(deps, leased, one)))
  for (const one of settled) if (one.status === 'rejected') throw one.reason
}

export const createCalledEvent = (deps: RunDeps, call: CallState): EventOf<'called'> => ({
  type: 'called',
  call: call.id,
  at: deps.now().toISOString(),
})

/** A call that cannot be made: the model reads why and can do better. */
export const createRefusedEvent = (
  deps: Pick<RunDeps, 'now'>,
  call: Pick<CallState, 'id'>,
  text: string,
): EventOf<'returned'> => ({
  type: 'returned',
  call: call.id,
  outcome: 'refused',
  text,
  summary: text,
  images: [],
  files: [],
  ms: 0,
  at: deps.now().toISOString(),
})

async function callOne(deps: RunDeps, leased: LeasedRun, ready: ReadyCall): Promise<void> {
  const { call } = ready
  const outcome = await outcomeOf(deps, leased, ready)
  if (outcome.kind === 'input_required') return requestInputs(deps, leased, call, outcome.asks)
  const waiting = await waitingEventFor(deps, ready, outcome)
  if (waiting !== undefined) return void (await appendEvents(deps, leased, [waiting], 'fact'))
  const mayAsk = outcome.kind === 'failed' && ready.source.shared === undefined
  const signIn = mayAsk ? createSignInRequest(call, ready.source.id, outcome) : undefined
  if (signIn !== undefined) return requestInputs(deps, leased, call, [signIn])
  // Stopping the app is no result: whoever takes the run over says what is known.
  if (outcome.kind === 'failed' && outcome.why === 'cancelled' && deps.closing.aborted) return
  const event = {
    type: 'returned' as const,
    call: call.id,
    ms: outcome.ms,
    at: deps.now().toISOString(),
    ...(outcome.kind === 'failed' && { why: outcome.why }),
    ...(mayPass(outcome) && { passing: true as const }),
    ...(await returnedOf(deps, ready, outcome)),
    ...(leased.state.workflow === undefined ? smallOutputOf(outcome) : leftOf(outcome)),
  }
  await appendEvents(deps, leased, [event], 'fact')
}

type Answered = Exclude<ToolOutcome, { kind: 'input_required' }>
type Asking = Extract<ToolOutcome, { kind: 'input_required' }>

/** What comes of one round; a server that only wants to be asked again with its state is, each time as a round of its own. */
async function outcomeOf(deps: RunDeps, leased: LeasedRun, ready: ReadyCall): Promise<ToolOutcome> {
  let resume = resumptionOf(ready.call)
  for (let rounds = roundsOf(leased, ready.call); ; rounds = roundsOf(leased, ready.call)) {
    const outcome = (await waitForTurn(deps, leased, ready.source)) ?? (await callRound(deps, leased, ready, resume))
    if (outcome.kind !== 'input_required') return outcome
    if (rounds >= MAX_ROUNDS) return tooManyRounds(ready.call, outcome)
    if (outcome.asks.length > 0) return outcome
    await deps.sleep(STATE_ONLY_PAUSE_MS)
    if (leased.abort.signal.aborted)
      return { kind: 'failed', why: 'cancelled', message: 'Stopped.', sent: false, ms: outcome.ms }
    await appendEvents(deps, leased, [createCalledEvent(deps, ready.call)], 'fact')
    resume = { state: outcome.state, responses: {} }
  }
}

const roundsOf = (leased: LeasedRun, { id }: CallState): number =>
  leased.state.calls.find((one) => one.id === id)?.rounds ?? 0

function callRound(
  deps: RunDeps,
  leased: LeasedRun,
  { call, source, tool }: ReadyCall,
  resume: ResumeAnswers | undefined,
): Promise<ToolOutcome> {
  const options: RequestOptions = {
    signal: leased.abort.signal,
    resume,
    onInput: (request, deadline, signal) => requestLiveInput(deps, leased, { call, request, deadline, signal }),
  }
  if (tool.builtin !== undefined)
    return callBuiltinTool(deps, leased.state, { call, source, tool: { ...tool, builtin: tool.builtin } }, options)
  return deps.mcp.call(source, tool, call.arguments, {
    ...options,
    trace: leased.id,
    onProgress: (progress) => deps.listener.onProgress(leased.state, { kind: 'progress', call: call.id, ...progress }),
  })
}

const tooManyRounds = ({ connectionName }: CallState, { ms }: Asking): Answered => ({
  kind: 'failed',
  why: 'protocol',
  message: `${connectionName} kept asking for more, so I gave up on this. Tell whoever runs it.`,
  sent: true,
  ms,
})

/** What may have been carried out is `unknown` besides. */
const mayPass = (outcome: Answered): boolean => outcome.kind === 'failed' && PASSING.has(outcome.why)

const PASSING = new Set(['timeout', 'unreachable', 'gone', 'circuit_open', 'busy'])

type Outcome = Omit<EventOf<'returned'>, 'type' | 'call' | 'ms' | 'at' | 'passing' | 'why'>

async function returnedOf(
  deps: RunDeps,
  { call, source, tool, others }: ReadyCall,
  outcome: Answered,
): Promise<Outcome> {
  const log = outcome.log === undefined ? {} : { log: outcome.log }
  if (outcome.kind === 'failed') {
    const { kind, text } = failure(call, forWorkspace(source, outcome))
    const hint = hintFor(outcome, others)
    return { outcome: kind, text: text + hint, summary: firstLineOf(text), images: [], files: [], ...log }
  }
  const followed = tool.builtin === 'read_skill' || tool.builtin === 'get_prompt'
  const most = followed ? FOLLOWED_CHARS : undefined
  try {
    const shaped = await shapeResult(call, outcome.content, outcome.structured, most)
    if (outcome.kind !== 'ok') return { outcome: 'error', ...shaped, ...log }
    const misfit = misfitOf(deps, tool, outcome.structured)
    return { outcome: 'ok', ...shaped, ...log, text: [shaped.text, ...misfit].join('\n') }
  } catch (error) {
    // The call has happened, whatever its answer is made of.
    deps.log.error({ call: call.id, tool: call.tool, reason: errorChainOf(error) }, 'result cannot be read')
    return { outcome: outcome.kind === 'ok' ? 'ok' : 'error', ...plainResultOf(outcome.content), ...log }
  }
}

/** More than this is not kept for a workflow that somebody may make of the run: no step refers to it then. */
const MOST_KEPT_CHARS = 16_000

function smallOutputOf(outcome: Answered): Pick<Outcome, 'output'> {
  const { output } = leftOf(outcome)
  return output === undefined || JSON.stringify(output).length > MOST_KEPT_CHARS ? {} : { output }
}

/** What a step of a workflow has of it. */
function leftOf(outcome: Answered): Pick<Outcome, 'output' | 'cut' | 'sent'> {
  if (outcome.kind === 'failed') return outcome.sent ? {} : { sent: false }
  if (outcome.kind !== 'ok') return {}
  const text = outcome.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
  return outputOfResult({ ...(outcome.structured !== undefined && { structured: outcome.structured }), text })
}

/** For the model, which says what it used instead. */
function hintFor(outcome: CallFailure, names: string[]): string {
  if (names.length === 0 || outcome.sent || !mayPass(outcome)) return ''
  const have = names.length === 1 ? 'has' : 'have'
  return `\n[Of the person's connections, ${names.join(' and ')} ${have} the same tool. If it serves as well, use that one and say so; do not repeat this call.]`
}

/** Whoever signs in gives their own access to everybody, so that is the owners' to do. */
const forWorkspace = ({ name, shared }: Source, outcome: CallFailure): CallFailure =>
  shared === undefined || outcome.challenge === undefined
    ? outcome
    : { ...outcome, message: `The workspace connection ${name} needs a new sign-in. Only an owner can do that.` }

/** An answer other than the tool promises is still what it did: it is told, and not asked for again. */
function misfitOf(
  deps: RunDeps,
  { outputSchema }: Source['tools'][number],
  structured: JsonValue | undefined,
): string[] {
  if (outputSchema === undefined) return []
  const problems =
    structured === undefined ? ['it is missing'] : deps.argumentProblems(outputSchema, structured).map(said)
  if (problems.length === 0) return []
  const why = problems.slice(0, 3).join('; ')
  return [
    `[The structured part of this answer is not as the tool promises: ${why}. The call was made; do not repeat it for this.]`,
  ]
}

const said = ({ field, message }: { field: string; message: string }): string => `${field || 'the whole'}: ${message}`

/** What reached the server and was never answered may have happened; unless a repeat is harmless, that is said and nothing else. */
function failure(
  call: CallState,
  outcome: Extract<ToolOutcome, { kind: 'failed' }>,
): { kind: 'failed' | 'unknown' | 'cancelled'; text: string } {
  const open = outcome.sent && !call.repeatable && outcome.why !== 'protocol'
  if (outcome.why === 'cancelled') {
    return {
      kind: 'cancelled',
      text: open ? 'Stopped before it answered; it may still have taken effect.' : 'Stopped.',
    }
  }
  if (open) return { kind: 'unknown', text: `${outcome.message} It may or may not have happened.` }
  return { kind: 'failed', text: outcome.message }
}

/** Calls somebody began and nobody saw the end of. */
export async function giveUpCalls(deps: RunDeps, leased: LeasedRun, calls: CallState[]): Promise<void> {
  const text = 'Patchbay was interrupted while this was under way: it may or may not have happened.'
  const events = calls.map(
    (call): EventOf<'returned'> => ({
      type: 'returned',
      call: call.id,
      outcome: call.repeatable ? 'cancelled' : 'unknown',
      text: call.repeatable ? 'Stopped before it answered.' : text,
      summary: call.repeatable ? 'Stopped before it answered.' : text,
      images: [],
      files: [],
      ms: 0,
      at: deps.now().toISOString(),
    }),
  )
  await appendEvents(deps, leased, events, 'fact')
}
