import type { Button, KnownBlock, ModalView } from '@slack/types'
import { truncate } from '../../text.ts'
import type { UsableWorkflow } from '../../workflows/create-workflows.ts'
import { agentsUsedIn, toolsUsedIn } from '../../workflows/definition/describe-step.ts'
import type { WorkflowVersion } from '../../workflows/workflow-rows.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  createModal,
  DIVIDER_BLOCK,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn, formatDate, pluralize } from '../blocks/text.ts'
import { workflowFactsText, workflowLabel, workflowOriginText, workflowStepsText } from './workflow-texts.ts'

export type WorkflowsList = {
  workflows: UsableWorkflow[]
  reader: string
  /** When the reader last ran them, by id. */
  lastRuns: Map<string, Date>
  /** How many of the reader's runs wait for them. */
  stopped: number
  note?: string | undefined
}

/** Each takes three of a message's 50 blocks. */
const MOST_LISTED = 14

/** The workflows that a person may run, each with what they may do with it. Pure. */
export function workflowsMessage(list: WorkflowsList): MessageContent {
  const { workflows, note, stopped } = list
  const title = workflows.length === 0 ? 'No workflows yet' : pluralize(workflows.length, 'workflow')
  const shown = workflows.slice(0, MOST_LISTED)
  const rest = workflows.length - shown.length
  return {
    text: [title, ...shown.map(({ body }) => escapeMrkdwn(body.title))].join(', '),
    blocks: [
      ...(note === undefined ? [] : [sectionBlock(note)]),
      sectionBlock(
        `*${title}*\nA workflow is a list of steps that are done the same way each time, with your connections. To make one, ask me for something, then press _Save as workflow_ under my answer.`,
      ),
      ...(stopped === 0 ? [] : [stoppedBlock(stopped)]),
      ...shown.flatMap((workflow) => workflowBlocks(workflow, list)),
      ...(rest > 0 ? [contextBlock(`and ${rest} more: \`/mcp workflows word\` shows those with that word.`)] : []),
      actionsBlock([createCommandButton('Upload YAML', 'workflow new')], 'workflows more'),
    ],
  }
}

const stoppedBlock = (count: number): KnownBlock =>
  sectionBlock(
    `:warning: ${pluralize(count, 'step')} failed, and you decide how it goes on.`,
    createCommandButton('Stopped', 'workflows stopped'),
  )

function workflowBlocks(workflow: UsableWorkflow, { reader, lastRuns }: WorkflowsList): KnownBlock[] {
  const { id, body, owner } = workflow
  const at = lastRuns.get(id)
  const ran = at === undefined ? '' : ` · you ran it ${formatDate(at)}`
  const about = body.description === undefined ? '' : `: ${escapeMrkdwn(truncate(body.description, 150))}`
  return [
    sectionBlock(`${workflowLabel(body)}${about}`),
    contextBlock(`${workflowFactsText(body)} · ${workflowOriginText(workflow, reader)}${ran}`),
    actionsBlock(
      [
        createRunButton(workflow, 'Run now'),
        pressButton(workflow, 'Show', 'workflow_show'),
        ...(owner === reader ? [pressButton(workflow, 'Edit', 'workflow_edit'), createShareButton(workflow)] : []),
      ],
      `workflow ${id}`,
    ),
  ]
}

/** Opens the form of its inputs, or runs it where it has none. */
export const createRunButton = (workflow: Pick<UsableWorkflow, 'id' | 'body'>, text: string): Button =>
  pressButton(workflow, text, 'workflow_run')

export const createShareButton = ({ id, body, shared }: Pick<UsableWorkflow, 'id' | 'body' | 'shared'>): Button =>
  createButton({
    text: shared ? 'Stop sharing' : 'Share',
    action: 'workflow_share',
    value: `${id} ${shared ? 'no' : 'yes'}`,
    accessibilityLabel: shared ? `Stop sharing ${body.title}` : `Share ${body.title} with everybody here`,
  })

const pressButton = ({ id, body }: Pick<UsableWorkflow, 'id' | 'body'>, text: string, action: string): Button =>
  createButton({ text, action, value: id, accessibilityLabel: `${text}: ${body.title}` })

export type WorkflowContent = {
  workflow: UsableWorkflow
  versions: WorkflowVersion[]
  reader: string
  isOwner: boolean
  /** Connections or run cards that it uses and the reader has not. */
  missing: string[]
}

/** The steps of a workflow, who may run it, and its versions. Pure. */
export function workflowModal({ workflow, versions, reader, isOwner, missing }: WorkflowContent): ModalView {
  const { body, owner } = workflow
  const mine = owner === reader
  return createModal({
    id: 'workflow_show',
    title: 'Workflow',
    blocks: [
      sectionBlock([workflowLabel(body), escapeMrkdwn(body.description ?? '')].filter(Boolean).join('\n')),
      contextBlock(`${workflowFactsText(body)} · ${workflowOriginText(workflow, reader)}`),
      ...missingBlocks(missing),
      sectionBlock(`*What it does*\n${workflowStepsText(body)}`),
      contextBlock(usesText(body)),
      actionsBlock([
        createRunButton(workflow, 'Run now'),
        pressButton(workflow, 'Schedule', 'schedule_workflow'),
        ...(mine ? [pressButton(workflow, 'Edit', 'workflow_edit')] : []),
        pressButton(workflow, 'Download YAML', 'workflow_download'),
      ]),
      ...(mine ? versionBlocks(workflow, versions) : []),
      ...(mine || (isOwner && owner !== undefined) ? [DIVIDER_BLOCK, archiveBlock(workflow)] : []),
    ],
  })
}

/** What has to be connected first, with a button each. */
export function missingBlocks(missing: string[]): KnownBlock[] {
  if (missing.length === 0) return []
  return [
    sectionBlock(`:warning: It uses ${missing.map(escapeMrkdwn).join(', ')}, which you have not connected.`),
    actionsBlock(missing.slice(0, 5).map((name) => createCommandButton(`Connect ${name}`, `connect ${name}`))),
  ]
}

function usesText(body: UsableWorkflow['body']): string {
  const [tools, agents] = [toolsUsedIn(body), agentsUsedIn(body)]
  const uses = [
    ...(tools.length === 0 ? [] : [`Uses ${escapeMrkdwn(truncate(tools.join(', '), 800))}.`]),
    ...(agents.length === 0 ? [] : [`Asks the agents ${escapeMrkdwn(truncate(agents.join(', '), 300))}.`]),
  ]
  return `${uses.join(' ')} What could do harm waits for an approval, as always.`.trim()
}

function versionBlocks({ id, version: now }: UsableWorkflow, versions: WorkflowVersion[]): KnownBlock[] {
  if (versions.length < 2) return []
  return [
    sectionBlock('*Versions*'),
    ...versions.map(({ version, body, at }) => {
      const text = `*${version}* · ${formatDate(at)}: ${escapeMrkdwn(body.title)}, ${pluralize(body.steps.length, 'step')}`
      const restore = createButton({
        text: 'Restore',
        action: `workflow_restore:${version}`,
        value: `${id} ${version}`,
        accessibilityLabel: `Restore version ${version}`,
      })
      return version === now ? sectionBlock(`${text} _(now)_`) : sectionBlock(text, restore)
    }),
  ]
}

function archiveBlock({ id, body }: UsableWorkflow): KnownBlock {
  const archive: Button = {
    ...createButton({ text: 'Archive', action: 'workflow_archive', value: id, style: 'danger' }),
    confirm: {
      title: { type: 'plain_text', text: 'Archive this workflow?' },
      text: {
        type: 'plain_text',
        text: truncate(`Nobody can run ${body.title} any more. Runs under way are finished.`, 300),
      },
      confirm: { type: 'plain_text', text: 'Archive' },
      deny: { type: 'plain_text', text: 'Keep it' },
    },
  }
  return actionsBlock([archive])
}
