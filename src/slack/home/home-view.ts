import type { HomeView, KnownBlock } from '@slack/types'
import type { Agent } from '../../agents/agent-rows.ts'
import { LIMITS } from '../../block-kit/limits.ts'
import type { UserId } from '../../ids.ts'
import type { Rule } from '../../policy/rules.ts'
import type { Connection } from '../../registry/connection.ts'
import type { PendingInput } from '../../run/runs.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import type { MonthUsage, RecentRun } from '../../run/usage.ts'
import type { Trigger } from '../../triggers/trigger.ts'
import type { UsableWorkflow } from '../../workflows/create-workflows.ts'
import { agentLabel } from '../agents/agent-texts.ts'
import { approvalMessage, type CardPlace, requestBlocks } from '../approvals/approval-card.ts'
import type { ApprovalContent } from '../approvals/approval-groups.ts'
import { editConfirmationMessage, editContentOf } from '../approvals/edit-confirmation.ts'
import {
  actionsBlock,
  contextBlock,
  createCommandButton,
  DIVIDER_BLOCK,
  headerBlock,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { joinWords, pluralize } from '../blocks/text.ts'
import { type CardOf, type CircuitOf, connectionBlocks } from '../connections/connections-message.ts'
import { elicitationMessage } from '../elicitation/elicitation-card.ts'
import { type DemoCard, demoButtonsFor } from '../onboarding/welcome-message.ts'
import { askedCardBlocks } from '../own-cards/card-sharing-message.ts'
import { approversText, ruleBlock } from '../rules/rules-message.ts'
import { sharedBlocks } from '../shared/shared-blocks.ts'
import { schedulesBlock } from '../triggers/schedules-list.ts'
import { workflowLabel } from '../workflows/workflow-texts.ts'
import { overBudgetBlocks, settingsBlocks, type WorkspaceSettingsView } from './home-settings.ts'
import { usageBlocks } from './home-usage.ts'
import { type RequestLinks, recentRequestsBlocks } from './recent-requests.ts'

export type HomeContent = {
  /** Whose Home it is. */
  reader?: UserId
  pending: { state: RunState; call: CallState }[]
  /** What servers ask of this person. */
  inputs: PendingInput[]
  now: Date
  connections: Connection[]
  /** The workspace's, as far as the reader may use or change them. */
  shared?: Connection[]
  /** What can be tried without an account. */
  demo?: DemoCard | undefined
  rules: Rule[]
  approvers: string[]
  recent: RecentRun[]
  links: RequestLinks
  /** What the reader may ask by name. */
  agents?: Agent[]
  /** What the reader may run. */
  workflows?: UsableWorkflow[]
  /** How many steps of the reader's runs failed and wait for them. */
  stopped?: number
  /** What starts by itself for the reader. */
  triggers?: Trigger[]
  usage: MonthUsage
  cardOf: CardOf
  circuitOf?: CircuitOf
  /** For owners. */
  workspace: WorkspaceSettingsView | undefined
}

/** Together with everything else these stay under Slack's 100 blocks. */
export const HOME_LIST_LENGTHS = { pending: 5, inputs: 2, connections: 8, rules: 2, recent: 5 }

/** The Home tab: pending approvals and inputs, the person's own things, then workspace settings. Pure. */
export function createHomeView(content: HomeContent): HomeView {
  const { workspace } = content
  const blocks = [
    ...(workspace === undefined ? [] : overBudgetBlocks(workspace)),
    ...pendingBlocks(content),
    ...inputBlocks(content),
    ...askedCardBlocks(workspace?.asked ?? []),
    ...connectionsBlocks(content),
    agentsBlock(content.agents ?? []),
    workflowsBlock(content.workflows ?? [], content.stopped ?? 0),
    schedulesBlock(content.triggers ?? []),
    ...recentRequestsBlocks(content.recent.slice(0, HOME_LIST_LENGTHS.recent), content.links),
    ...rulesBlocks(content),
    ...usageBlocks(content.usage),
    ...(workspace === undefined ? [] : settingsBlocks(workspace, content.rules)),
  ]
  return { type: 'home', callback_id: 'home', blocks: blocks.slice(0, LIMITS.view.blocks) }
}

function pendingBlocks({ pending, reader, links }: HomeContent): KnownBlock[] {
  if (pending.length === 0) return []
  const cards = pending.slice(0, HOME_LIST_LENGTHS.pending).flatMap(({ state, call }, at) => {
    if (call.approval === undefined) return []
    // What was asked stands above the first card of a run.
    const isElsewhere = pending[at - 1]?.state.id !== state.id
    const place = { reader, isElsewhere, link: links.get(state.id) }
    return [...pendingCardBlocks({ state, call, approval: call.approval }, place), DIVIDER_BLOCK]
  })
  const rest = pending.length - HOME_LIST_LENGTHS.pending
  return [
    headerBlock(`${pluralize(pending.length, 'approval')} waiting for you`),
    ...cards,
    ...(rest > 0 ? [contextBlock(`and ${rest} more, shown here once you have decided these.`)] : []),
  ]
}

/** The owners decide in place of approvers who cannot, so that the reader may not be among those who were asked. */
function pendingCardBlocks(content: ApprovalContent, place: CardPlace): KnownBlock[] {
  const edited = editContentOf(content)
  if (edited) return [...editConfirmationMessage(edited).blocks, ...requestBlocks(content.state, place)]
  const { approval } = content
  const { reader } = place
  const approvers =
    reader === undefined || approval.approvers.includes(reader) ? approval.approvers : [reader, ...approval.approvers]
  return approvalMessage({ ...content, approval: { ...approval, approvers } }, place).blocks
}

function inputBlocks({ inputs, now }: HomeContent): KnownBlock[] {
  if (inputs.length === 0) return []
  const rest = inputs.length - HOME_LIST_LENGTHS.inputs
  return [
    headerBlock(`${pluralize(inputs.length, 'question')} waiting for your answer`),
    ...inputs
      .slice(0, HOME_LIST_LENGTHS.inputs)
      .flatMap((asked) => [...elicitationMessage(asked, now).blocks, DIVIDER_BLOCK]),
    ...(rest > 0 ? [contextBlock(`and ${rest} more, shown here once you have answered these.`)] : []),
  ]
}

function connectionsBlocks({ connections, shared, demo, cardOf, circuitOf, workspace }: HomeContent): KnownBlock[] {
  const isOwner = workspace !== undefined
  const shown = connections.slice(0, HOME_LIST_LENGTHS.connections)
  const rest = connections.length - shown.length
  const none = sectionBlock(
    'None yet. Connect a tool, then ask me to use it in the _Messages_ tab or by mentioning me in a channel.',
  )
  return [
    headerBlock('Your connections'),
    ...(shown.length === 0 ? [none] : shown.flatMap((one) => connectionBlocks(one, cardOf, circuitOf, isOwner))),
    // The buttons of the last connection would read as one row with these.
    ...(shown.length === 0 ? [] : [DIVIDER_BLOCK]),
    actionsBlock(
      [
        createCommandButton('Connect a tool', 'connect', 'primary'),
        createCommandButton('Find a tool', 'search'),
        ...(shown.length === 0
          ? demoButtonsFor(demo)
          : [createCommandButton('All tools', 'tools'), createCommandButton('Test all', 'test')]),
        ...(rest > 0 ? [createCommandButton(`Show ${rest} more`, 'list')] : []),
        createCommandButton('Help', 'help'),
      ],
      'home more',
    ),
    ...sharedBlocks(shared ?? [], cardOf, isOwner),
    DIVIDER_BLOCK,
  ]
}

const MOST_AGENTS = 5

/** One row: the list has the rest. */
function agentsBlock(agents: Agent[]): KnownBlock {
  const rest = agents.length > MOST_AGENTS ? [`${agents.length - MOST_AGENTS} more`] : []
  const names = joinWords([...agents.slice(0, MOST_AGENTS).map(agentLabel), ...rest])
  return agents.length === 0
    ? sectionBlock(
        '*Agents*\nNone yet. An agent is a name, a face and instructions, which you or everybody here can ask.',
        createCommandButton('New agent', 'agent new'),
      )
    : sectionBlock(`*Agents*\nAsk ${names} by name.`, createCommandButton('Agents', 'agents'))
}

const MOST_WORKFLOWS = 5

/** One row: the list has the rest. */
function workflowsBlock(workflows: UsableWorkflow[], stopped: number): KnownBlock {
  if (stopped > 0)
    return sectionBlock(
      `*Workflows*\n:warning: ${pluralize(stopped, 'step')} failed, and you decide how it goes on.`,
      createCommandButton('Stopped', 'workflows stopped', 'primary'),
    )
  const rest = workflows.length > MOST_WORKFLOWS ? [`${workflows.length - MOST_WORKFLOWS} more`] : []
  const titles = joinWords([...workflows.slice(0, MOST_WORKFLOWS).map(({ body }) => workflowLabel(body)), ...rest])
  const text =
    workflows.length === 0
      ? 'None yet. Press _Save as workflow_ under an answer of mine, and the same is done again whenever you like.'
      : `${titles}.`
  return sectionBlock(`*Workflows*\n${text}`, createCommandButton('Workflows', 'workflows'))
}

function rulesBlocks({ rules, approvers }: HomeContent): KnownBlock[] {
  const own = rules.filter((rule) => rule.scope === 'person')
  const shown = own.slice(0, HOME_LIST_LENGTHS.rules)
  const more =
    own.length > shown.length
      ? [actionsBlock([createCommandButton(`Show all ${own.length} rules`, 'rules')], 'home rules')]
      : []
  const none = contextBlock('None. _Always allow_ on an approval card makes one, and you can take it back here.')
  return [
    headerBlock('Your rules'),
    ...(own.length === 0 ? [none] : shown.map(ruleBlock)),
    ...more,
    contextBlock(approversText(approvers)),
    DIVIDER_BLOCK,
  ]
}
