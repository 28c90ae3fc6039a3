import { randomUUID } from 'node:crypto'
import type { Db } from '../db/call.ts'
import { AppError, errorChainOf } from '../errors.ts'
import { createRunId, type Principal, type RunId } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import type { Log } from '../log.ts'
import { createArgumentCheck } from './calls/validate-arguments.ts'
import { decideApproval, explainDenial, findApproval, pendingFor, readRunState } from './decisions/decide-approval.ts'
import { answerInput, findPendingInput, listOpenInputs } from './decisions/give-input.ts'
import { createRetryRequest } from './decisions/repeat-request.ts'
import type { RunDeps } from './deps.ts'
import { createBudgetOf } from './model-turn/budget.ts'
import type { ApprovalAnswer, Runs, StartedRun, StartRequest } from './runs.ts'
import type { EventOf, RunEvent } from './state/events.ts'
import { foldEvents } from './state/fold.ts'
import { conversationKeyOf, type Origin } from './state/origin.ts'
import type { RunListener } from './state/run-listener.ts'
import { createRunStore, createShownMessages } from './storage/run-store.ts'
import { sourcesOf } from './tools/builtin-tools.ts'
import { createToolSchemaCache, nameTools } from './tools/offered-tools.ts'
import { createInstanceName, releaseDeadInstances } from './worker/instance.ts'
import { createRunWorker, type RunWorker } from './worker/run-worker.ts'

type Given = Omit<
  RunDeps,
  'store' | 'shown' | 'argumentProblems' | 'budgetOf' | 'fitting' | 'closing' | 'onEvent' | 'sleep'
> & {
  db: Db
  sleep?: (ms: number) => Promise<void>
}

/** Runs, and the worker that carries them out. `begin` starts the polling; disposing gives back what the worker holds. */
export function createRuns(given: Given): Runs & { begin(): Promise<void>; [Symbol.asyncDispose](): Promise<void> } {
  const closing = new AbortController()
  const instance = createInstanceName()
  const deps: RunDeps = {
    ...given,
    listener: createSafeListener(given.listener, given.log),
    store: createRunStore(given.db, instance),
    shown: createShownMessages(given.db),
    argumentProblems: createArgumentCheck(),
    budgetOf: createBudgetOf(given.db),
    fitting: createToolSchemaCache(),
    sleep: given.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    closing: closing.signal,
    onEvent: (leased, event) => {
      given.log.info({ run: leased.id, workspace: leased.state.origin.workspace, event: event.type }, 'run event')
      deps.listener.onProgress(leased.state, { kind: 'event', type: event.type })
    },
  }
  const worker = createRunWorker(deps)
  return {
    ...asking(deps, worker),
    ...deciding(deps, worker),
    ...givingInput(deps, worker),
    leftOut: (tools) => deps.fitting.leftOut(tools),
    shown: deps.shown,
    seen: (eventId) => deps.store.seen(eventId),
    async begin() {
      const dead = await releaseDeadInstances(deps.store, instance)
      if (dead.length > 0) given.log.info({ dead }, 'took over from processes that are gone')
      worker.start()
    },
    [Symbol.asyncDispose]: () => worker.stop(() => closing.abort()),
  }
}

/** Live drawing may have a defect, too: it must not touch the work on the run. */
function createSafeListener(listener: RunListener, log: Log): RunListener {
  const attempt = (draw: () => void): void => {
    try {
      draw()
    } catch (error) {
      log.error({ err: error, reason: errorChainOf(error) }, 'a listener of runs failed')
    }
  }
  return {
    ...listener,
    onProgress: (...news) => attempt(() => listener.onProgress(...news)),
    release: (run) => attempt(() => listener.release(run)),
    onQueued: (...wait) => attempt(() => listener.onQueued(...wait)),
  }
}

type Asking = Pick<Runs, 'start' | 'knowsThread' | 'activeIn' | 'state' | 'recentOf' | 'stop' | 'stopAll' | 'tryAgain'>

function asking(deps: RunDeps, worker: RunWorker): Asking {
  const conversation = (workspace: Origin['workspace'], channel: Origin['channel'], threadTs: string) =>
    deps.store.conversation(conversationKeyOf({ workspace, channel, threadTs }))
  return {
    start: async (request) => {
      worker.noteRequest()
      return begin(deps, worker, request, await firstEvents(deps, request))
    },
    knowsThread: async (...place) => (await conversation(...place)).known,
    activeIn: async (...place) => (await conversation(...place)).open ?? undefined,
    state: (id, workspace) => readRunState(deps, id, workspace),
    recentOf: async (principal, limit) =>
      (await deps.store.recent(principal, limit)).map(({ id, events }) => foldEvents(id, events, true)),
    stop: (id, by) => stop(deps, worker, id, by),
    stopAll: (by, teams) => stopAll(deps, worker, by, teams),
    tryAgain: (id, callId, by) => tryAgain(deps, worker, { id, callId, by }),
  }
}

function deciding(
  deps: RunDeps,
  worker: RunWorker,
): Pick<Runs, 'approval' | 'answer' | 'explainDenial' | 'pendingFor'> {
  return {
    approval: (id, workspace) => findApproval(deps, id, workspace),
    answer: async (answer) => {
      const { outcome, claim } = await decideApproval(deps, answer)
      if (claim) worker.begin(claim.run, claim.fence)
      else if (outcome.kind === 'settled') await nudgeRunOf(deps, worker, answer)
      return outcome
    },
    explainDenial: async (reason) => {
      const run = await explainDenial(deps, reason)
      if (run !== undefined) worker.nudge(run)
      return run !== undefined
    },
    pendingFor: (principal) => pendingFor(deps, principal),
  }
}

function givingInput(deps: RunDeps, worker: RunWorker): Pick<Runs, 'input' | 'answerInput' | 'openInputs'> {
  return {
    input: (id, workspace) => findPendingInput(deps, id, workspace),
    answerInput: async (given) => {
      const { outcome, claim } = await answerInput(deps, given)
      if (claim) worker.begin(claim.run, claim.fence)
      else if (outcome.kind === 'settled') worker.nudge(given.run)
      return outcome
    },
    openInputs: (principal) => listOpenInputs(deps, principal),
  }
}

async function nudgeRunOf(deps: RunDeps, worker: RunWorker, { approval, by }: ApprovalAnswer): Promise<void> {
  const open = await findApproval(deps, approval, by.workspace)
  if (open) worker.nudge(open.state.id)
}

function startedEvent(deps: RunDeps, request: Omit<StartRequest, 'dedupeKey'>): EventOf<'started'> {
  return {
    type: 'started',
    origin: request.origin,
    text: request.text,
    context: request.context ?? [],
    ...(request.files && request.files.length > 0 && { attached: request.files }),
    ...(request.prompt && { prompt: request.prompt }),
    ...(request.skill && { skill: request.skill }),
    ...(request.untrusted && request.untrusted.length > 0 && { untrusted: request.untrusted }),
    at: deps.now().toISOString(),
  }
}

/** How a run begins: with a call, where the person chose one, which is judged and made like any other. */
async function firstEvents(deps: RunDeps, request: StartRequest): Promise<RunEvent[]> {
  const { origin, first } = request
  const started = startedEvent(deps, request)
  if (first === undefined) return [started]
  const { connection, does, input } = first
  const named = nameTools(await sourcesOf(deps, origin))
  const [name] = [...named].find(([, { source, tool }]) => source.id === connection && tool.builtin === does) ?? []
  if (name === undefined)
    throw new AppError('not_found', 'This connection does not offer that any more. Open its list again.')
  const id = `first_${randomUUID()}`
  return [{ ...started, first: { ...first, call: id } }, requestEvent(deps, { id, name, input })]
}

type RequestedCall = { id: string; name: string; input: JsonObject }

/** The reply that requests a call, as if a model had. */
const requestEvent = (deps: RunDeps, call: RequestedCall): RunEvent => ({
  type: 'replied',
  content: [{ type: 'tool_use', ...call }],
  stop: 'tools',
  usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  model: 'patchbay',
  costUsd: 0,
  at: deps.now().toISOString(),
})

async function begin(deps: RunDeps, worker: RunWorker, request: StartRequest, events: RunEvent[]): Promise<StartedRun> {
  const { origin, dedupeKey } = request
  const id = createRunId()
  const begun = await deps.store.start(
    { id, by: origin, conversation: conversationKeyOf(origin), dedupeKey, events },
    worker.hasRoom() && !deps.closing.aborted,
  )
  if (begun.fresh) deps.log.info({ run: id, workspace: origin.workspace, waiting: begun.ahead !== null }, 'run started')
  if (begun.fence !== null) worker.begin(id, begun.fence, { state: foldEvents(id, events, false), seq: events.length })
  if (begun.fresh && begun.ahead)
    deps.listener.onQueued(origin, await readRunState(deps, begun.ahead, origin.workspace))
  return { run: begun.run, fresh: begun.fresh, waiting: begun.ahead !== null }
}

async function stop(deps: RunDeps, worker: RunWorker, id: RunId, by: Principal): ReturnType<Runs['stop']> {
  const state = await readRunState(deps, id, by.workspace)
  if (state === undefined) return 'over'
  const mayStop = state.origin.user === by.user || (await deps.rules.approversOf(by.workspace)).includes(by.user)
  if (!mayStop) return 'not_yours'
  const { kind, fence } = await deps.store.stop(id, by.workspace, stoppedEvent(deps, by))
  if (fence !== null) worker.begin(id, fence)
  else worker.nudge(id)
  return kind
}

async function stopAll(deps: RunDeps, worker: RunWorker, by: Principal, teams?: string[]): Promise<number> {
  const stopped = await deps.store.stopAll(by.workspace, teams, stoppedEvent(deps, by))
  for (const id of stopped) worker.nudge(id)
  return stopped.length
}

const stoppedEvent = (deps: RunDeps, { user }: Principal): EventOf<'stopped'> => ({
  type: 'stopped',
  by: user,
  at: deps.now().toISOString(),
})

/** A new run that requests the same call once more; the call is judged, and asked about, like any other. */
async function tryAgain(
  deps: RunDeps,
  worker: RunWorker,
  o: { id: RunId; callId: string; by: Principal },
): ReturnType<Runs['tryAgain']> {
  const state = await readRunState(deps, o.id, o.by.workspace)
  const call = state?.calls.find((one) => one.id === o.callId && one.retryable)
  if (!state || !call) return 'gone'
  if (state.origin.user !== o.by.user) return 'not_yours'
  const request = { ...createRetryRequest(state, call), dedupeKey: `again:${o.id}:${o.callId}` }
  const id = `again_${call.id}`.slice(0, 64)
  const requested = requestEvent(deps, { id, name: call.offeredAs, input: call.arguments })
  return begin(deps, worker, request, [startedEvent(deps, request), requested])
}
