import type { Button, KnownBlock, ModalView } from '@slack/types'
import type { Agent, AgentVersion } from '../../agents/agent-rows.ts'
import { truncate } from '../../text.ts'
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
import { agentLabel, agentLimitsText, agentOriginText } from './agent-texts.ts'

export type AgentsList = {
  agents: Agent[]
  reader: string
  /** Where it was asked for: what *Use here* would choose for. */
  channel: string | undefined
  /** Ids of those that answer here where nobody is named. */
  chosen: string[]
  note?: string
}

/** Each takes three of a message's 50 blocks. */
const MOST_LISTED = 14

/** The agents that a person may use, each with what they may do with it. Pure. */
export function agentsMessage(list: AgentsList): MessageContent {
  const { agents, note } = list
  const title = agents.length === 0 ? 'No agents yet' : pluralize(agents.length, 'agent')
  const rest = agents.length - MOST_LISTED
  return {
    text: [title, ...agents.slice(0, MOST_LISTED).map(({ name }) => escapeMrkdwn(name))].join(', '),
    blocks: [
      ...(note === undefined ? [] : [sectionBlock(note)]),
      sectionBlock(
        `*${title}*\nAn agent is a name, a face and instructions. It works with the connections of whoever asks it.`,
      ),
      ...agents.slice(0, MOST_LISTED).flatMap((agent) => agentBlocks(agent, list)),
      ...(rest > 0 ? [contextBlock(`and ${rest} more: \`/mcp agents word\` shows those with that word.`)] : []),
      actionsBlock(
        [createCommandButton('New agent', 'agent new', agents.length === 0 ? 'primary' : undefined)],
        'agents more',
      ),
    ],
  }
}

function agentBlocks(agent: Agent, { reader, channel, chosen }: AgentsList): KnownBlock[] {
  const mine = agent.owner === reader
  const isChosen = chosen.includes(agent.id)
  const here = isChosen ? ' · answers here where nobody is named' : ''
  return [
    sectionBlock(`${agentLabel(agent)}: ${escapeMrkdwn(agent.purpose)}`),
    contextBlock(`${agentOriginText(agent, reader)} · ${agentLimitsText(agent)}${here}`),
    actionsBlock(
      [
        useButton(agent, channel, isChosen),
        ...(mine ? [pressButton(agent, 'Edit', 'agent_edit'), shareButton(agent)] : []),
        pressButton(agent, 'More', 'agent_more'),
      ],
      `agent ${agent.id}`,
    ),
  ]
}

/** In a channel it is chosen for all who ask there, elsewhere for the person. */
function useButton(agent: Agent, channel: string | undefined, isChosen: boolean): Button {
  const forChannel = channel !== undefined && !channel.startsWith('D')
  const text = forChannel ? 'Use here' : 'Use for me'
  return createButton({
    text: isChosen ? 'Stop using it' : text,
    action: 'agent_use',
    value: `${agent.id} ${isChosen ? 'no' : 'yes'}`,
    accessibilityLabel: `${isChosen ? 'Stop using' : text}: ${agent.name}`,
  })
}

const shareButton = ({ id, name, shared }: Agent): Button =>
  createButton({
    text: shared ? 'Stop sharing' : 'Share',
    action: 'agent_share',
    value: `${id} ${shared ? 'no' : 'yes'}`,
    accessibilityLabel: shared ? `Stop sharing ${name}` : `Share ${name} with everybody here`,
  })

const pressButton = ({ id, name }: Agent, text: string, action: string): Button =>
  createButton({ text, action, value: id, accessibilityLabel: `${text}: ${name}` })

const INSTRUCTIONS_CHARS = 2_500

type AgentMore = { agent: Agent; versions: AgentVersion[]; reader: string; isOwner: boolean }

/** What an agent is told, its versions, and the button that archives it. Pure. */
export function agentMoreModal({ agent, versions, reader, isOwner }: AgentMore): ModalView {
  const mine = agent.owner === reader
  const instructions = escapeMrkdwn(truncate(agent.instructions.trim(), INSTRUCTIONS_CHARS)) || '_None._'
  return createModal({
    id: 'agent_more',
    title: 'Agent',
    blocks: [
      sectionBlock(`${agentLabel(agent)}: ${escapeMrkdwn(agent.purpose)}`),
      contextBlock(`${agentOriginText(agent, reader)} · ${agentLimitsText(agent)}`),
      sectionBlock(`*Instructions*\n${instructions}`),
      ...(mine ? versionBlocks(agent, versions) : []),
      ...(mine || (isOwner && agent.owner !== undefined) ? [DIVIDER_BLOCK, archiveBlock(agent)] : []),
    ],
  })
}

function versionBlocks(agent: Agent, versions: AgentVersion[]): KnownBlock[] {
  return [
    sectionBlock('*Versions*'),
    ...versions.map(({ version, definition, at }) => {
      const text = `*${version}* · ${formatDate(at)}: ${escapeMrkdwn(truncate(`${definition.name}. ${definition.instructions}`.replace(/\s+/g, ' '), 150))}`
      const restore = createButton({
        text: 'Restore',
        action: `agent_restore:${version}`,
        value: `${agent.id} ${version}`,
        accessibilityLabel: `Restore version ${version}`,
      })
      return version === agent.version ? sectionBlock(`${text} _(now)_`) : sectionBlock(text, restore)
    }),
  ]
}

function archiveBlock({ id, name }: Agent): KnownBlock {
  const archive: Button = {
    ...createButton({ text: 'Archive', action: 'agent_archive', value: id, style: 'danger' }),
    confirm: {
      title: { type: 'plain_text', text: 'Archive this agent?' },
      text: {
        type: 'plain_text',
        text: truncate(`Nobody can ask ${name} any more. Requests under way are finished.`, 300),
      },
      confirm: { type: 'plain_text', text: 'Archive' },
      deny: { type: 'plain_text', text: 'Keep it' },
    },
  }
  return actionsBlock([archive])
}
