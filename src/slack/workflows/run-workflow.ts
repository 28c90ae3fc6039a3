import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { snapshotOf } from '../../agents/agent-address.ts'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import { truncate } from '../../text.ts'
import type { UsableWorkflow } from '../../workflows/create-workflows.ts'
import { toolsUsedIn } from '../../workflows/definition/describe-step.ts'
import { contextBlock, createModal, doneModal, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { errorModal } from '../blocks/error-message.ts'
import { inputBlockOf } from '../blocks/modal-fields.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { AgentDeps, ConnectionDeps, RunsDeps, WebApiDeps, WorkflowDeps } from '../deps.ts'
import { type BlockAction, onDurablePress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import {
  anchorThread,
  originOf,
  permalinkTextFor,
  type ReplyPlace,
  startRunAt,
  type ThreadAnchor,
} from '../interactions/post-in-thread.ts'
import { inputFieldsOf, readInputs, todayIn } from './workflow-inputs.ts'
import { describeName, workflowFactsText, workflowLabel } from './workflow-texts.ts'
import { missingBlocks } from './workflows-list.ts'

type Deps = WebApiDeps & RunsDeps & ConnectionDeps & AgentDeps & WorkflowDeps

export const WORKFLOW_GONE =
  'This workflow is gone: it was archived, or is not shared with you any more. `/mcp workflows` shows those there are.'

const Metadata = z.object({ id: z.string(), channel: z.string().optional(), thread: z.string().optional() })

/** Listens to *Run now* and the form of the inputs. */
export function registerRunWorkflow(app: App, deps: Deps): void {
  onDurablePress(app, deps, 'workflow_run', (press) => pressRun(deps, press))
  onViewSubmission(app, deps, 'workflow_run', (submit) => submitRun(deps, submit))
}

/** A form opens where there is something to fill in or to connect; else it runs at once. */
async function pressRun(deps: Deps, press: BlockAction): Promise<void> {
  const { by, value, responder, actionTs } = press
  const workflow = await deps.workflows.find(by, value)
  if (workflow === undefined) return responder.replyError(WORKFLOW_GONE)
  const missing = await missingConnectionsOf(deps, by, workflow)
  const place = responder.thread === undefined ? {} : { channel: responder.channel, thread: responder.thread }
  if (missing.length > 0 || Object.keys(workflow.body.inputs ?? {}).length > 0) {
    const { userZone } = await deps.people.askerOf(by.user)
    const today = todayIn(userZone, new Date())
    await responder.openModal(runModal(workflow, { today, missing, metadata: { id: workflow.id, ...place } }))
    return
  }
  const dedupeKey = `workflow:${workflow.id}:${by.user}:${actionTs}`
  const stored = () => press.ack()
  const anchor = await startWorkflow(deps, by, { workflow, values: {}, place, dedupeKey, stored })
  if (anchor.channel !== responder.channel)
    await responder.reply(await startedMessage(deps, workflow, anchor), 'Started')
}

/** Names of connections and run cards that a workflow uses and a person has not. */
export async function missingConnectionsOf(
  { connect }: ConnectionDeps,
  by: Principal,
  { body }: Pick<UsableWorkflow, 'body'>,
): Promise<string[]> {
  const usable = await connect.usable(by)
  const names = toolsUsedIn(body).map((address) => address.slice(0, address.indexOf('/')))
  return [...new Set(names)].filter((name) => usable.every((one) => one.name !== name && one.card !== name))
}

type RunForm = { today: string; missing: string[]; metadata: z.infer<typeof Metadata> }

/** Asks for the inputs of a workflow. Pure. */
export function runModal({ body }: Pick<UsableWorkflow, 'body'>, { today, missing, metadata }: RunForm): ModalView {
  return createModal({
    id: 'workflow_run',
    title: 'Run now',
    submit: 'Run',
    close: 'Cancel',
    metadata,
    blocks: [
      sectionBlock([workflowLabel(body), escapeMrkdwn(body.description ?? '')].filter(Boolean).join('\n')),
      contextBlock(workflowFactsText(body)),
      ...missingBlocks(missing),
      ...inputFieldsOf(body, today).map(inputBlockOf),
    ],
  })
}

async function submitRun(
  deps: Deps,
  { by, privateMetadata, values: typed, submissionId, ack, show }: ViewSubmission,
): Promise<void> {
  const { id, ...place } = Metadata.parse(JSON.parse(privateMetadata))
  const workflow = await deps.workflows.find(by, id)
  if (workflow === undefined) return ack({ response_action: 'update', view: errorModal(WORKFLOW_GONE) })
  const { userZone } = await deps.people.askerOf(by.user)
  const read = readInputs(workflow.body, typed, todayIn(userZone, new Date()))
  if ('errors' in read) return ack({ response_action: 'errors', errors: read.errors })
  const dedupeKey = `workflow:${submissionId}`
  const stored = () => show(doneModal('Started', `${workflowLabel(workflow.body)} runs.`))
  const anchor = await startWorkflow(deps, by, { workflow, values: read.values, place, dedupeKey, stored })
  const { text } = await startedMessage(deps, workflow, anchor)
  await show(doneModal('Started', text))
}

async function startedMessage(
  deps: WebApiDeps,
  { body }: UsableWorkflow,
  anchor: ThreadAnchor,
): Promise<MessageContent> {
  const text = `${workflowLabel(body)} runs. ${await permalinkTextFor(deps, anchor)}`
  return { text, blocks: [sectionBlock(text)] }
}

type WorkflowStart = {
  workflow: UsableWorkflow
  values: JsonObject
  place: ReplyPlace
  dedupeKey: string
  stored(): Promise<void>
}

/** Posts that it runs, in the thread or to the person, and starts the run under that. */
async function startWorkflow(
  deps: Deps,
  by: Principal,
  { workflow, values, place, dedupeKey, stored }: WorkflowStart,
): Promise<ThreadAnchor> {
  const { id, version, hash, body } = workflow
  const agent = body.agent === undefined ? undefined : await deps.agents.findNamed(by, body.agent)
  if (body.agent !== undefined && agent === undefined)
    throw new AppError(
      'not_found',
      `This workflow works as the agent ${body.agent}, which you cannot use. Ask its owner to share it, see \`/mcp agents\`.`,
    )
  const anchor = await anchorThread(deps, by, place, (who) => runsMessage(who, body, values))
  return startRunAt(
    deps,
    anchor,
    {
      origin: await originOf(deps, by, anchor),
      text: body.title,
      ...(agent && { agent: snapshotOf(agent, 'name') }),
      workflow: { id, version, hash, body, inputs: values },
      dedupeKey,
    },
    stored,
  )
}

const VALUES_CHARS = 500

function runsMessage(who: string, body: UsableWorkflow['body'], values: JsonObject): MessageContent {
  const given = Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${describeName(name)} ${typeof value === 'string' ? `“${value}”` : JSON.stringify(value)}`)
  const inputs = given.length === 0 ? '' : ` with ${escapeMrkdwn(truncate(given.join(', '), VALUES_CHARS))}`
  const text = `${who} started ${workflowLabel(body)}${inputs}${/[.!?…]$/.test(body.title) && inputs === '' ? '' : '.'}`
  return { text, blocks: [sectionBlock(text)] }
}
