import { randomUUID } from 'node:crypto'
import { snapshotOf } from '../../agents/agent-address.ts'
import { AppError } from '../../errors.ts'
import { createRunId, type Principal, type RunId } from '../../ids.ts'
import type { RunDeps } from '../deps.ts'
import type { Runs, StartedRun, StartRequest } from '../runs.ts'
import type { EventOf, Origin, RunEvent } from '../state/events.ts'
import { foldEvents } from '../state/fold.ts'
import type { CallState, RunState } from '../state/state.ts'
import { nameTools, sourcesOf } from '../tools/offered-tools.ts'
import { createRequestEvent } from '../tools/request-event.ts'
import type { RunWorker } from '../worker/run-worker.ts'

type Request = Omit<StartRequest, 'dedupeKey'>

/** Starts a run, or names the one that this message has started before. */
export async function startRun(deps: RunDeps, worker: RunWorker, request: StartRequest): Promise<StartedRun> {
  worker.noteRequest()
  const whole = { ...request, ...(await workflowAgentOf(deps, request)) }
  return insertRun(deps, worker, whole, await firstEvents(deps, whole))
}

/** The agent that a workflow names works with its tools and limits; it is the run's, as it is now. */
async function workflowAgentOf(deps: RunDeps, { workflow, origin, agent }: StartRequest) {
  const name = workflow?.body.agent
  if (name === undefined || agent !== undefined) return {}
  const found = await deps.findAgent(origin, name)
  if (found === undefined)
    throw new AppError(
      'not_found',
      `This workflow works as the agent ${name}, and there is none of that name for you. Edit the workflow, or make the agent with \`/mcp agent new\`.`,
    )
  return { agent: snapshotOf(found, 'name') }
}

/** A new run that requests the same call once more; the call is judged, and asked about, like any other. */
export async function retryCall(
  deps: RunDeps,
  worker: RunWorker,
  o: { id: RunId; callId: string; by: Principal },
): ReturnType<Runs['tryAgain']> {
  const state = await deps.store.state(o.id, o.by.workspace)
  const call = state?.calls.find((one) => one.id === o.callId && one.retryable)
  // A step of a workflow goes on where it was parked.
  if (!state || !call || state.workflow) return 'gone'
  if (state.origin.user !== o.by.user) return 'not_yours'
  const request = { ...createRetryRequest(state, call), dedupeKey: `again:${o.id}:${o.callId}` }
  const id = `again_${call.id}`.slice(0, 64)
  const requested = createRequestEvent(deps, [{ id, name: call.offeredAs, input: call.arguments }])
  return insertRun(deps, worker, request, [createStartedEvent(deps, request), requested])
}

async function insertRun(
  deps: RunDeps,
  worker: RunWorker,
  { origin, dedupeKey }: StartRequest,
  events: RunEvent[],
): Promise<StartedRun> {
  const id = createRunId()
  const mayClaim = worker.hasRoom() && !deps.closing.aborted
  const begun = await deps.store.start({ id, origin, dedupeKey, events }, mayClaim)
  const { run, fresh, withdrawn, corrected, ahead, fence } = begun
  if (corrected) {
    deps.log.info({ run, workspace: origin.workspace }, 'what the run waits for is withdrawn by its requester')
    wakeRun(worker, run, fence)
    return { run, fresh, waiting: false, corrected }
  }
  if (fresh) deps.log.info({ run: id, workspace: origin.workspace, waiting: ahead !== null, withdrawn }, 'run started')
  const known = withdrawn ? undefined : { state: foldEvents(id, events, false), seq: events.length }
  if (fence !== null) worker.begin(id, fence, known)
  if (fresh && ahead && !withdrawn) await notifyQueued(deps, { run, origin }, ahead)
  return { run, fresh, waiting: ahead !== null, corrected }
}

/** Works a run that this instance has just claimed, or has it look at what was appended. */
export function wakeRun(worker: RunWorker, id: RunId, fence: number | null): void {
  if (fence !== null) worker.begin(id, fence)
  else worker.nudge(id)
}

export async function notifyQueued(deps: RunDeps, queued: { run: RunId; origin: Origin }, ahead: RunId): Promise<void> {
  const state = await deps.store.state(ahead, queued.origin.workspace)
  deps.listener.onQueued(queued, state ?? undefined)
}

export function createStartedEvent(deps: RunDeps, request: Request): EventOf<'started'> {
  return {
    type: 'started',
    origin: request.origin,
    text: request.text,
    context: request.context ?? [],
    ...(request.earlier && { earlier: request.earlier }),
    ...(request.files && request.files.length > 0 && { attached: request.files }),
    ...(request.prompt && { prompt: request.prompt }),
    ...(request.skill && { skill: request.skill }),
    ...(request.untrusted && request.untrusted.length > 0 && { untrusted: request.untrusted }),
    ...(request.agent && { agent: request.agent }),
    ...(request.workflow && { workflow: request.workflow }),
    at: deps.now().toISOString(),
  }
}

/** A run starts with a call where the person chose one; that call is judged and made like any other. */
async function firstEvents(deps: RunDeps, request: StartRequest): Promise<RunEvent[]> {
  const { first } = request
  const started = createStartedEvent(deps, request)
  if (request.panel)
    return [
      started,
      createRequestEvent(
        deps,
        request.panel.map((agent) => panelCall(agent, request.text)),
      ),
    ]
  if (first === undefined) return [started]
  const { connection, does, input } = first
  const named = nameTools(await sourcesOf(deps, request))
  const [name] = [...named].find(([, { source, tool }]) => source.id === connection && tool.builtin === does) ?? []
  if (name === undefined)
    throw new AppError('not_found', 'This connection does not offer that any more. Open its list again.')
  const id = `first_${randomUUID()}`
  return [{ ...started, first: { ...first, call: id } }, createRequestEvent(deps, [{ id, name, input }])]
}

const panelCall = (agent: string, task: string) => ({
  id: `panel_${randomUUID()}`,
  name: 'ask_agent',
  input: { agent, task },
})

/** What a run was asked for, to be asked for once more. */
export function createRepeatRequest(state: RunState): Request {
  const { prompt, skill, first, workflow } = state
  return {
    ...commonRequest(state),
    text: [state.text, ...state.corrections.map(({ text }) => text)].join('\n'),
    ...(prompt && { prompt }),
    ...(skill && { skill }),
    ...(first && { first }),
    ...(workflow && { workflow: workflow.snapshot }),
  }
}

/** Asks for one call of a run once more. */
export const createRetryRequest = (state: RunState, { title }: CallState): Request => ({
  ...commonRequest(state),
  text: `Try again: ${title}`,
})

/** Every repeat takes along what was sent, and whose unchecked words the run has read. */
const commonRequest = ({ origin, context, earlier, files, corrections, untrusted, agent }: RunState) => ({
  origin,
  context,
  ...(earlier && { earlier }),
  files: [...files, ...corrections.flatMap((one) => one.files)],
  untrusted,
  ...(agent && { agent }),
})
