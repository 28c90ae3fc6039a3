import { errorChainOf } from '../errors.ts'
import type { Principal, RunId } from '../ids.ts'
import type { Log } from '../log.ts'
import { createReadIndexes } from './calls/read-indexes.ts'
import { changeRequest } from './decisions/change-request.ts'
import { currentApproversFor } from './decisions/current-approvers.ts'
import { findApproval, pendingFor } from './decisions/decide-approval.ts'
import { decideAnswer, decideTogether } from './decisions/decide-together.ts'
import { findRightToStop } from './decisions/find-right-to-stop.ts'
import { answerInput, findPendingInput, listOpenInputs } from './decisions/give-input.ts'
import { resumeStep } from './decisions/resume-step.ts'
import { retryCall, startRun, wakeRun } from './decisions/start-run.ts'
import type { RunDeps, RunListener, RunOptions } from './deps.ts'
import type { DeletedMessage, Runs } from './runs.ts'
import type { EventOf } from './state/events.ts'
import { createHeardMessages } from './storage/heard-messages.ts'
import { createRateLimits } from './storage/rate-limits.ts'
import { createRunStore } from './storage/run-store.ts'
import { createShownMessages } from './storage/shown-messages.ts'
import { createArgumentCheck, createToolSchemaCache } from './tools/offered-tools.ts'
import { createInstanceName, releaseDeadInstances } from './worker/dead-instances.ts'
import { createRunWorker, type RunWorker } from './worker/run-worker.ts'

/** Runs, and the worker that carries them out. `begin` starts the polling; disposing gives back the leased runs. */
export function createRuns(
  options: RunOptions,
): Runs & { begin(): Promise<void>; [Symbol.asyncDispose](): Promise<void> } {
  const closing = new AbortController()
  const instance = createInstanceName()
  const { db, log } = options
  const store = createRunStore(db, instance, log)
  const deps: RunDeps = {
    ...options,
    listener: createSafeListener(options.listener, log),
    store,
    rateLimits: createRateLimits(db, options.now),
    readBy: createReadIndexes(store),
    argumentProblems: createArgumentCheck(),
    toolSchemas: createToolSchemaCache(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    closing: closing.signal,
    begin: (run, fence) => worker.begin(run, fence),
    nudge: (run) => worker.nudge(run),
    onEvent: (leased, event) => {
      log.info({ run: leased.id, workspace: leased.state.origin.workspace, event: event.type }, 'run event')
      deps.listener.onProgress(leased.state, { kind: 'event', type: event.type })
    },
  }
  const worker: RunWorker = createRunWorker(deps)
  return {
    ...requestsOf(deps, worker),
    ...approvalsOf(deps, worker),
    ...inputsOf(deps, worker),
    leftOut: (tools) => deps.toolSchemas.leftOut(tools),
    shown: createShownMessages(db),
    heard: createHeardMessages(db),
    seen: (eventId) => deps.store.seen(eventId),
    wasSeen: (eventId) => deps.store.wasSeen(eventId),
    forgetSeen: async (eventId) => void (await deps.store.forgetSeen(eventId)),
    async begin() {
      const dead = await releaseDeadInstances(deps.store, instance)
      if (dead.length > 0) log.info({ dead }, 'took over from processes that are gone')
      worker.start()
    },
    [Symbol.asyncDispose]: () => worker.stop(() => closing.abort()),
  }
}

/** A defect in live drawing must not touch the work on the run. */
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

type Requests = Pick<
  Runs,
  | 'start'
  | 'change'
  | 'addFiles'
  | 'knowsThread'
  | 'activeIn'
  | 'state'
  | 'recentOf'
  | 'stop'
  | 'stopOnce'
  | 'withdraw'
  | 'stopAll'
  | 'tryAgain'
  | 'resumeStep'
>

function requestsOf(deps: RunDeps, worker: RunWorker): Requests {
  const { store } = deps
  return {
    start: (request) => startRun(deps, worker, request),
    change: (request, messageKey) => changeRequest(deps, worker, request, messageKey),
    addFiles: async (id, workspace, files) => {
      const event = { type: 'files_added' as const, files, at: deps.now().toISOString() }
      const outcome = await store.addFiles(id, workspace, event)
      if (outcome === 'added') worker.nudge(id)
      return outcome
    },
    knowsThread: async (workspace, channel, threadTs) =>
      (await store.conversation({ workspace, channel, threadTs })).known,
    activeIn: async (workspace, channel, threadTs) =>
      (await store.conversation({ workspace, channel, threadTs })).open ?? undefined,
    state: async (id, workspace) => (await store.state(id, workspace)) ?? undefined,
    recentOf: (principal, limit) => store.recent(principal, limit),
    stop: (id, by) => stop(deps, worker, id, by),
    stopOnce: (eventId, ids, by) => stopOnce(deps, worker, { eventId, ids, by }),
    withdraw: (message) => withdraw(deps, worker, message),
    stopAll: async (by, teams) => {
      const stopped = await store.stopAll(by.workspace, teams, stoppedEvent(deps, by))
      for (const id of stopped) worker.nudge(id)
      return stopped.length
    },
    resumeStep: (id, decision, by) => resumeStep(deps, worker, { id, decision, by }),
    tryAgain: (id, callId, by) => retryCall(deps, worker, { id, callId, by }),
  }
}

async function stop(deps: RunDeps, worker: RunWorker, id: RunId, by: Principal): ReturnType<Runs['stop']> {
  const right = await findRightToStop(deps, id, by)
  if (right !== 'yours') return right
  const { kind, fence } = await deps.store.stop(id, by.workspace, stoppedEvent(deps, by))
  wakeRun(worker, id, fence)
  return kind
}

async function stopOnce(
  deps: RunDeps,
  worker: RunWorker,
  { eventId, ids, by }: { eventId: string; ids: RunId[]; by: Principal },
): ReturnType<Runs['stopOnce']> {
  const rights = await Promise.all(ids.map((id) => findRightToStop(deps, id, by)))
  const refused = rights.includes('not_yours')
  const stopped = await deps.store.stopOnce(eventId, refused ? [] : ids, by.workspace, stoppedEvent(deps, by))
  if (stopped === null) return 'again'
  for (const { run, fence } of stopped) wakeRun(worker, run, fence)
  if (refused) return 'not_yours'
  return stopped.length > 0 ? 'stopped' : 'over'
}

async function withdraw(deps: RunDeps, worker: RunWorker, message: DeletedMessage): Promise<number> {
  const asked = await deps.store.messageDeleted(message)
  for (const { run, requester: user } of asked) {
    const event = { ...stoppedEvent(deps, { workspace: message.workspace, user }), why: 'request_deleted' as const }
    const { fence } = await deps.store.stop(run, message.workspace, event)
    wakeRun(worker, run, fence)
    deps.log.info({ run, workspace: message.workspace }, 'run stopped: its request was deleted')
  }
  return asked.length
}

const stoppedEvent = (deps: RunDeps, { user }: Principal): EventOf<'stopped'> => ({
  type: 'stopped',
  by: user,
  at: deps.now().toISOString(),
})

type Approvals = Pick<Runs, 'approval' | 'approversOf' | 'answer' | 'answerAll' | 'pendingFor'>

function approvalsOf(deps: RunDeps, worker: RunWorker): Approvals {
  return {
    approval: (id, workspace) => findApproval(deps, id, workspace),
    approversOf: (open, presser) => currentApproversFor(deps, open, presser),
    answer: async (answer) => {
      const { outcome, runs } = await decideAnswer(deps, answer)
      for (const { run, fence } of runs) wakeRun(worker, run, fence)
      return outcome
    },
    answerAll: async (answer) => {
      const { outcomes, runs } = await decideTogether(deps, answer)
      for (const { run, fence } of runs) wakeRun(worker, run, fence)
      return outcomes
    },
    pendingFor: (principal) => pendingFor(deps, principal),
  }
}

function inputsOf(deps: RunDeps, worker: RunWorker): Pick<Runs, 'input' | 'answerInput' | 'openInputs'> {
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
