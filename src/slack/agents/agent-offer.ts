import type { App } from '@slack/bolt'
import type { KnownBlock, StaticSelect } from '@slack/types'
import type { Agent } from '../../agents/agent-rows.ts'
import { LIMITS } from '../../block-kit/limits.ts'
import { errorChainOf } from '../../errors.ts'
import { ChannelId, type Principal } from '../../ids.ts'
import type { RunState } from '../../run/state/state.ts'
import { contextBlock, type MessageContent, plainTextObject, sectionBlock } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { AgentDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, onDurablePress } from '../interactions/interaction.ts'
import { postInThread } from '../interactions/post-in-thread.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { agentLabel, createAgentOption } from './agent-texts.ts'

/**
 * Offers an agent below the first answer of the app itself in a channel, once, where the workspace has agents for everybody. Never throws:
 * the answer stands without it.
 */
export async function postAgentOffer(deps: WebApiDeps & AgentDeps, state: RunState): Promise<void> {
  const { id, status, origin, withdrawn, agent } = state
  const { workspace, channel, threadTs, user } = origin
  if (status !== 'finished' || withdrawn || agent !== undefined || origin.place === 'dm') return
  try {
    const shared = await sharedAgents(deps, { workspace, user })
    if (shared.length === 0 || !(await deps.agents.claimOffer(workspace, channel))) return
    await postInThread(deps, channel, threadTs, offerMessage(channel, shared))
  } catch (error) {
    deps.log.warn({ run: id, why: errorChainOf(error) }, 'agents not offered')
  }
}

const sharedAgents = async ({ agents }: AgentDeps, by: Principal): Promise<Agent[]> =>
  (await agents.usable(by)).filter(({ shared }) => shared).slice(0, LIMITS.options.select)

/** What a channel reads once. Pure. */
export function offerMessage(channel: string, agents: Agent[]): MessageContent {
  const text = `Choose an agent for <#${channel}>`
  const element: StaticSelect = {
    type: 'static_select',
    action_id: 'agent_channel',
    placeholder: plainTextObject('Choose an agent', LIMITS.placeholder),
    options: agents.map(createAgentOption),
  }
  const choose: KnownBlock = {
    ...sectionBlock(`*${text}.* It answers here where nobody is named; until then I do.`),
    accessory: element,
  }
  return { text, blocks: [choose, contextBlock('Anybody here may choose, and change it with `/mcp agents`.')] }
}

/** What a channel is told when somebody chose. */
const chosenMessage = ({ user }: Principal, agent: Agent | undefined): MessageContent => {
  const text =
    agent === undefined
      ? `${mentionOf(user)} chose that I answer here myself.`
      : `${mentionOf(user)} chose ${agentLabel(agent)} for this channel. It answers here where nobody is named. \`/mcp agents\` changes that.`
  return { text, blocks: [sectionBlock(text)] }
}

/** Says in the channel who chose which agent for it. Never throws: it is chosen, and the app may not be able to post there. */
export async function postChannelAgent(
  deps: WebApiDeps,
  by: Principal,
  channel: ChannelId,
  agent: Agent | undefined,
): Promise<void> {
  try {
    await postInThread(deps, channel, undefined, chosenMessage(by, agent))
  } catch (error) {
    deps.log.warn({ channel, why: errorChainOf(error) }, 'choice of an agent not told in its channel')
  }
}

/** Listens to the menu of the offer. */
export function registerAgentOffer(app: App, deps: WebApiDeps & AgentDeps): void {
  onDurablePress(app, deps, 'agent_channel', (press) => chooseForChannel(deps, press))
}

/** The message that offered says who chose. */
async function chooseForChannel(deps: WebApiDeps & AgentDeps, press: BlockAction): Promise<void> {
  const { by, value, message, responder, ack } = press
  const channel = ChannelId.safeParse(message?.channel).data
  const agent = (await sharedAgents(deps, by)).find(({ id }) => id === value)
  if (channel === undefined || message === undefined) return
  if (agent === undefined) return responder.replyError('This agent is not shared any more. Choose another one.')
  await deps.agents.setForChannel(by, channel, agent)
  await ack()
  await deps.webApi.call('chat.update', { channel, ts: message.ts, ...chosenMessage(by, agent) }, AnyResponse)
}
