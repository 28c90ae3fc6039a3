import type { App } from '@slack/bolt'
import type { ModalView, StaticSelect } from '@slack/types'
import { z } from 'zod'
import { snapshotOf } from '../../agents/agent-address.ts'
import type { Agent } from '../../agents/agent-rows.ts'
import { LIMITS } from '../../block-kit/limits.ts'
import { RunId } from '../../ids.ts'
import { createRepeatRequest } from '../../run/decisions/start-run.ts'
import type { RunState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import {
  createCommandButton,
  createModal,
  doneModal,
  inputBlock,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { errorModal } from '../blocks/error-message.ts'
import { escapeInlineMrkdwn, mentionOf } from '../blocks/text.ts'
import type { AgentDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { postNotice } from '../interactions/post-in-thread.ts'
import { agentLabel, createAgentOption } from './agent-texts.ts'

type Deps = WebApiDeps & RunsDeps & AgentDeps

const Metadata = z.object({ run: RunId })

/** Listens to *Ask another agent* and its form: the same words again, by the agent that is chosen. */
export function registerAskAnother(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'agent_another', (press) => openForm(deps, press))
  onViewSubmission(app, deps, 'agent_another', (submit) => askAnother(deps, submit))
}

async function openForm(deps: Deps, { by, value, responder }: BlockAction): Promise<void> {
  const state = await findRunFor(deps, by, value)
  if (state === undefined) return responder.replyError('I no longer have this request. Please ask again.')
  const why = refusalFor(state, by.user)
  if (why !== undefined) return responder.replyError(why)
  const others = (await deps.agents.usable(by)).filter(({ id }) => id !== state.agent?.id)
  if (others.length === 0)
    return responder.replyError('There is no other agent yet.', [createCommandButton('New agent', 'agent new')])
  await responder.openModal(askAnotherModal(state, others))
}

/** Whoever asked has the words; others ask in their own. */
function refusalFor({ origin }: RunState, user: string): string | undefined {
  if (origin.user === user) return undefined
  return `Only ${mentionOf(origin.user)} can ask another agent the same. Mention me with the agent’s name, and ask it yourself.`
}

/** Asks which agent is to answer the same request. Pure. */
export function askAnotherModal({ id, text }: Pick<RunState, 'id' | 'text'>, agents: Agent[]): ModalView {
  const element: StaticSelect = {
    type: 'static_select',
    action_id: 'value',
    placeholder: plainTextObject('Choose an agent', LIMITS.placeholder),
    options: agents.slice(0, LIMITS.options.select).map(createAgentOption),
  }
  return createModal({
    id: 'agent_another',
    title: 'Ask another agent',
    submit: 'Ask',
    close: 'Cancel',
    metadata: { run: id },
    blocks: [
      sectionBlock(`It gets the same words: _${escapeInlineMrkdwn(truncate(text, 500))}_`),
      inputBlock({ id: 'agent', label: 'Agent', optional: false, element }),
    ],
  })
}

async function askAnother(deps: Deps, { by, viewId, typed, privateMetadata, ack }: ViewSubmission): Promise<void> {
  const { run } = Metadata.parse(JSON.parse(privateMetadata))
  const [state, agent] = await Promise.all([findRunFor(deps, by, run), deps.agents.find(by, typed.agent ?? '')])
  if (state === undefined || refusalFor(state, by.user) !== undefined)
    return ack({ response_action: 'update', view: errorModal('I no longer have this request. Please ask again.') })
  if (agent === undefined)
    return ack({ response_action: 'errors', errors: { agent: 'This agent is gone. Choose another one.' } })
  const request = {
    ...createRepeatRequest(state),
    agent: snapshotOf(agent, 'name'),
    dedupeKey: `another:${run}:${agent.id}:${viewId}`,
  }
  const { fresh } = await deps.runs.start(request)
  await ack({ response_action: 'update', view: doneModal('Asked', `${agentLabel(agent)} answers in the thread.`) })
  if (!fresh) return
  const { channel, threadTs: thread } = state.origin
  await postNotice(deps, { channel, thread }, `${mentionOf(by.user)} asks ${agentLabel(agent)} the same.`)
}
