import type { App } from '@slack/bolt'
import type { Agent } from '../../agents/agent-rows.ts'
import { findAgents } from '../../agents/create-agents.ts'
import { isAppError } from '../../errors.ts'
import { ChannelId, type Principal } from '../../ids.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn } from '../blocks/text.ts'
import type { AgentDeps, ConnectionDeps, HomeTabDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, type Command, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { agentModalFor } from './agent-form-actions.ts'
import { postChannelAgent } from './agent-offer.ts'
import { agentLabel } from './agent-texts.ts'
import { agentMoreModal, agentsMessage } from './agents-list.ts'

type Deps = WebApiDeps & ConnectionDeps & AgentDeps & HomeTabDeps

export const agentsCommand: Command = {
  name: 'agents',
  usage: '[name]',
  description: 'lists agents: names you can ask, each with its own instructions',
  async run(deps, { words, responder }) {
    const { by } = responder
    if (words.join(' ').toLowerCase() === 'new') return void (await responder.openModal(await agentModalFor(deps, by)))
    await responder.reply(await listFor(deps, by, { channel: responder.channel, words: words.join(' ') }), 'Agents')
  },
}

type Listed = { channel: string | undefined; words?: string; note?: string }

async function listFor(deps: Deps, by: Principal, { channel, words = '', note }: Listed): Promise<MessageContent> {
  const place = ChannelId.safeParse(channel).data
  const [all, choices] = await Promise.all([
    deps.agents.usable(by),
    place && deps.agents.choices(by, { channel: place, thread: '' }),
  ])
  const found = words.trim() === '' ? all : findAgents(words, all)
  const chosen = place === undefined || place.startsWith('D') ? choices?.person : choices?.channel
  const none =
    found.length === 0 && all.length > 0
      ? `No agent has “${escapeMrkdwn(words)}” in its name or purpose; these are all.`
      : note
  return agentsMessage({
    agents: found.length === 0 ? all : found,
    reader: by.user,
    channel,
    chosen: chosen === undefined ? [] : [chosen],
    ...(none !== undefined && { note: none }),
  })
}

/** Listens to the buttons of the list. */
export function registerAgents(app: App, deps: Deps): void {
  onDurablePress(app, deps, 'agent_use', (press) =>
    withAgent(deps, press, (agent, word) => useAgent(deps, press, agent, word)),
  )
  onDurablePress(app, deps, 'agent_share', (press) =>
    withAgent(deps, press, (agent, word) => shareAgent(deps, press, agent, word)),
  )
  onButtonPress(app, deps, 'agent_edit', (press) => withAgent(deps, press, (agent) => editAgent(deps, press, agent)))
  onButtonPress(app, deps, 'agent_more', (press) => withAgent(deps, press, (agent) => showMore(deps, press, agent)))
  onDurablePress(app, deps, 'agent_restore', (press) =>
    withAgent(deps, press, (agent, word) => restoreAgent(deps, press, agent, word)),
  )
  onDurablePress(app, deps, 'agent_archive', (press) =>
    withAgent(deps, press, (agent) => archiveAgent(deps, press, agent)),
  )
}

const GONE =
  'This agent is gone: it was archived, or is not shared with you any more. `/mcp agents` shows those there are.'

/** `value` is the agent's id and perhaps a word. */
async function withAgent(
  deps: Deps,
  press: BlockAction,
  act: (agent: Agent, word: string) => Promise<void>,
): Promise<void> {
  const [id = '', word = ''] = press.value.split(' ')
  const agent = await deps.agents.find(press.by, id)
  await (agent === undefined ? press.responder.replyError(GONE) : act(agent, word))
}

/** In a channel for all who ask there, which is said there; elsewhere for the person. */
async function useAgent(deps: Deps, press: BlockAction, agent: Agent, word: string): Promise<void> {
  const channel = ChannelId.safeParse(press.message?.channel).data
  const chosen = word === 'yes' ? agent : undefined
  const note =
    channel === undefined || channel.startsWith('D')
      ? await useForPerson(deps, press.by, agent, chosen)
      : await useForChannel(deps, press, channel, chosen)
  await press.ack()
  if (note !== undefined) await replaceList(deps, press, note)
}

async function useForPerson(deps: Deps, by: Principal, agent: Agent, chosen: Agent | undefined): Promise<string> {
  await deps.agents.setForPerson(by, chosen?.id)
  return chosen === undefined
    ? `${agentLabel(agent)} does not answer you by itself any more.`
    : `${agentLabel(agent)} answers you from now on, wherever you name nobody and the channel has no agent of its own.`
}

/** Undefined where it could not be chosen, which the person is told. */
async function useForChannel(
  deps: Deps,
  { by, responder }: BlockAction,
  channel: ChannelId,
  chosen: Agent | undefined,
): Promise<string | undefined> {
  if (chosen?.shared === false) {
    await responder.replyError(
      `Only you can use ${agentLabel(chosen)}. Press *Share* first, so that everybody in this channel can.`,
    )
    return undefined
  }
  await deps.agents.setForChannel(by, channel, chosen)
  await postChannelAgent(deps, by, channel, chosen)
  return chosen === undefined
    ? 'I answer in this channel myself again.'
    : `${agentLabel(chosen)} answers in this channel from now on.`
}

/** The list with what is so now; a modal says what was done. */
async function replaceList(deps: Deps, { by, message, responder }: BlockAction, note: string): Promise<void> {
  if (message === undefined) return responder.replace({ text: note, blocks: [sectionBlock(note)] }, 'Agents')
  await responder.replace(await listFor(deps, by, { channel: message.channel, note }), 'Agents')
}

async function shareAgent(deps: Deps, press: BlockAction, agent: Agent, word: string): Promise<void> {
  const { by, responder } = press
  const changed = await deps.agents.share(by, agent.id, word === 'yes').catch((error: unknown) => {
    if (isAppError(error, 'name_taken')) return error.message
    throw error
  })
  await press.ack()
  if (typeof changed === 'string') return responder.replyError(changed)
  if (changed === undefined) return responder.replyError('Only who made an agent can share it.')
  deps.refreshHome(by)
  const note = changed.shared
    ? `Everybody in this workspace can use ${agentLabel(agent)} now, each with their own connections. Its instructions are for all to read.`
    : `Only you can use ${agentLabel(agent)} now. Channels that used it do not any more.`
  await replaceList(deps, press, note)
}

async function editAgent(deps: Deps, { by, responder }: BlockAction, agent: Agent): Promise<void> {
  if (agent.owner !== by.user)
    return responder.replyError('Only who made an agent can edit it. Make one of your own with its instructions.')
  await responder.openModal(await agentModalFor(deps, by, agent))
}

async function showMore(deps: Deps, { by, responder }: BlockAction, agent: Agent): Promise<void> {
  const [versions, isOwner] = await Promise.all([versionsFor(deps, by, agent), deps.people.mayManageNow(by.user)])
  await responder.openModal(agentMoreModal({ agent, versions, reader: by.user, isOwner }))
}

const versionsFor = (deps: AgentDeps, by: Principal, { id, owner }: Agent) =>
  owner === undefined ? Promise.resolve([]) : deps.agents.versionsOf(by, id)

/** A new version with the old words: nothing between is lost. */
async function restoreAgent(deps: Deps, press: BlockAction, agent: Agent, word: string): Promise<void> {
  const { by, responder } = press
  const versions = await versionsFor(deps, by, agent)
  const old = versions.find(({ version }) => String(version) === word)
  if (old === undefined) return responder.replyError('I no longer have this version.')
  const taken = { people: await deps.peopleNames(), app: await deps.people.nameOf((await deps.bot()).user) }
  const saved = await deps.agents.save(by, { id: agent.id, base: agent.version, definition: old.definition }, taken)
  await press.ack()
  const text = `${escapeInlineMrkdwn(saved.name)} is as it was in version ${word}. That is version ${saved.version} now.`
  await responder.replace({ text, blocks: [sectionBlock(`:white_check_mark: ${text}`)] }, 'Restored')
  deps.refreshHome(by)
}

async function archiveAgent(deps: Deps, press: BlockAction, agent: Agent): Promise<void> {
  const { by, responder } = press
  const gone = await deps.agents.archive(by, agent.id, await deps.people.mayManageNow(by.user))
  await press.ack()
  if (gone === undefined)
    return responder.replyError('Only who made an agent, or an owner of the workspace, can archive it.')
  const text = `${agentLabel(agent)} is archived. Nobody can ask it any more; what it did stays on record.`
  await responder.replace({ text, blocks: [sectionBlock(`:white_check_mark: ${text}`)] }, 'Archived')
  deps.refreshHome(by)
}
