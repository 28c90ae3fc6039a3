import type { ContextBlock } from '@slack/types'
import type { AgentSnapshot } from '../../agents/agent.ts'
import { contextBlock, type MessageContent } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import type { PostedMessages } from './message-records.ts'

/** What an agent said and what its calls gave. Cards, notes and files are the app's own: nobody is asked for an approval under an agent's name. */
const AGENT_KEYS = /^(?:answer|shown):/
const FIRST_PAGES = /^answer:\d+:0$/

/** Whose name a message carries; undefined for the app's own. */
export const agentFor = ({ agent }: PostedMessages, key: string): AgentSnapshot | undefined =>
  AGENT_KEYS.test(key) ? agent : undefined

/** Names the agent above each part of its answer, where messages carry no name but the app's. */
export function withAgentLine(posted: PostedMessages, key: string, content: MessageContent): MessageContent {
  const { agent, deps } = posted
  if (agent === undefined || deps.identities.isAllowed() || !FIRST_PAGES.test(key) || content.blocks.length === 0)
    return content
  return { text: `${agent.name}: ${content.text}`, blocks: [agentLine(agent), ...content.blocks] }
}

export const agentLine = ({ name, face }: Pick<AgentSnapshot, 'name' | 'face'>): ContextBlock =>
  contextBlock(`${face?.startsWith(':') ? `${face} ` : ''}*${escapeInlineMrkdwn(name)}*`)
