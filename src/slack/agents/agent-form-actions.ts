import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { Agent } from '../../agents/agent-rows.ts'
import { createAgentId } from '../../agents/create-agents.ts'
import { isAppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import { withDeadline } from '../../timing.ts'
import { actionsBlock, createButton, createCommandButton, createModal, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import type { AgentDeps, ConnectionDeps, HomeTabDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, type Command, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import {
  type AgentForm,
  AgentFormMetadata,
  type AgentFormTexts,
  agentModal,
  fillFormTexts,
  textsOfAgent,
} from './agent-form.ts'
import { agentLabel } from './agent-texts.ts'
import { agentTextsIn, chosenConnectionsIn, connectionChoices, readAgentForm } from './read-agent-form.ts'

type Deps = WebApiDeps & ConnectionDeps & AgentDeps & HomeTabDeps

/** The form as it is for this person. */
async function formFor(
  deps: ConnectionDeps & AgentDeps,
  by: Principal,
  form: { metadata: AgentFormMetadata; texts: AgentFormTexts; connections: string[] },
): Promise<AgentForm> {
  const usable = await deps.connect.usable(by)
  return {
    ...form,
    templates: deps.agents.templates,
    choices: connectionChoices(usable, deps.connect.titleOf, form.connections),
  }
}

const readMetadata = (privateMetadata: string): AgentFormMetadata =>
  AgentFormMetadata.parse(JSON.parse(privateMetadata))

/** The modal that makes an agent, or edits one. */
export async function agentModalFor(deps: Deps, by: Principal, agent?: Agent): Promise<ModalView> {
  // They are looked through when the form is sent, within 3 s.
  deps.peopleNames().catch(() => undefined)
  const metadata = { id: agent?.id ?? createAgentId(), filled: 0, ...(agent && { base: agent.version }) }
  const texts = agent === undefined ? {} : textsOfAgent(agent)
  return agentModal(await formFor(deps, by, { metadata, texts, connections: agent?.connections ?? [] }))
}

/** `/mcp agent new` */
export const agentCommand: Command = {
  name: 'agent',
  usage: 'new',
  description: 'makes an agent: a name, a face, and how it should work',
  hidden: true,
  run: async (deps, { responder }) => void (await responder.openModal(await agentModalFor(deps, responder.by))),
}

/** Listens to the form: its templates, its further fields, and Save. */
export function registerAgentForm(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'agent_template', (press) =>
    refill(deps, press, (metadata, typed) => {
      const templateNamed = (name: string | undefined) => deps.agents.templates.find((one) => one.name === name)
      return {
        metadata: { ...metadata, template: press.value, filled: metadata.filled + 1 },
        texts: fillFormTexts(typed, templateNamed(metadata.template), templateNamed(press.value)),
      }
    }),
  )
  onButtonPress(app, deps, 'agent_form_more', (press) =>
    refill(deps, press, (metadata, texts) => ({ metadata: { ...metadata, more: true }, texts })),
  )
  onViewSubmission(app, deps, 'agent', (submit) => saveAgent(deps, submit))
}

type Refilled = { metadata: AgentFormMetadata; texts: AgentFormTexts }

/** Connections keep what was chosen, as their field stays the same. */
async function refill(
  deps: Deps,
  { by, view }: BlockAction,
  change: (metadata: AgentFormMetadata, typed: AgentFormTexts) => Refilled,
): Promise<void> {
  if (view === undefined) return
  const metadata = readMetadata(view.privateMetadata)
  const agent = metadata.base === undefined ? undefined : await deps.agents.find(by, metadata.id)
  const form = await formFor(deps, by, {
    ...change(metadata, agentTextsIn(view.typed)),
    connections: agent?.connections ?? [],
  })
  await deps.webApi.call('views.update', { view_id: view.id, view: agentModal(form) }, AnyResponse)
}

/** A large workspace is read page by page; Slack waits 3 s for an answer. */
const NAMES_TIMEOUT_MS = 1_500

async function saveAgent(deps: Deps, submit: ViewSubmission): Promise<void> {
  const { by, typed, values, privateMetadata, ack } = submit
  const { id, base } = readMetadata(privateMetadata)
  const [usable, before] = await Promise.all([
    deps.connect.usable(by),
    base === undefined ? undefined : deps.agents.find(by, id),
  ])
  const choices = connectionChoices(usable, deps.connect.titleOf, before?.connections ?? [])
  const read = readAgentForm(agentTextsIn(typed), chosenConnectionsIn(values, choices), usable, before?.asks)
  if ('errors' in read) return ack({ response_action: 'errors', errors: read.errors })
  const people = await withDeadline(deps.peopleNames(), NAMES_TIMEOUT_MS, undefined)
  if (people === undefined) return ack({ response_action: 'errors', errors: { name: STILL_READING } })
  const taken = { people, app: await deps.people.nameOf((await deps.bot()).user) }
  const saved = await deps.agents.save(by, { id, base, definition: read.definition }, taken).catch((error: unknown) => {
    if (isAppError(error, 'input_invalid', 'name_taken', 'conflict', 'not_found', 'limit_reached')) return error.message
    throw error
  })
  if (typeof saved === 'string') return ack({ response_action: 'errors', errors: { name: saved } })
  await ack({ response_action: 'update', view: savedModal(saved, base === undefined) })
  deps.refreshHome(by)
}

const STILL_READING = 'I am still reading the names of people here, to compare. Press Save again in a moment.'

function savedModal(agent: Agent, isNew: boolean): ModalView {
  const { id, name, shared } = agent
  const ask = `Ask it: \`@Patchbay ${escapeInlineMrkdwn(name)}, …\` in a channel, or \`${escapeInlineMrkdwn(name)}, …\` in our direct messages.`
  const kept = isNew ? 'It is yours alone until you share it.' : 'Requests under way go on with what it was before.'
  const share = createButton({ text: 'Share with everybody here', action: 'agent_share', value: `${id} yes` })
  return createModal({
    id: 'agent_saved',
    title: 'Saved',
    blocks: [
      sectionBlock(`:white_check_mark: ${agentLabel(agent)} is saved. ${ask} ${kept}`),
      actionsBlock([...(shared ? [] : [share]), createCommandButton('All agents', 'agents')]),
    ],
  })
}
