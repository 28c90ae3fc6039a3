import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { Agent } from '../../agents/agent-rows.ts'
import { judgeOf, MOST_OPINIONS, OPINIONS } from '../../agents/panel.ts'
import { RunId } from '../../ids.ts'
import { createRepeatRequest } from '../../run/decisions/start-run.ts'
import type { RunState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { contextBlock, createModal, doneModal, sectionBlock } from '../blocks/build-blocks.ts'
import { errorModal } from '../blocks/error-message.ts'
import { inputBlockOf } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, mentionOf } from '../blocks/text.ts'
import type { AgentDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { postNotice } from '../interactions/post-in-thread.ts'
import { askChoices } from './agent-form.ts'
import { repeatRefusalFor } from './ask-another.ts'
import { chosenNamesIn } from './read-agent-form.ts'

type Deps = WebApiDeps & RunsDeps & AgentDeps

const Metadata = z.object({ run: RunId })
const GONE = 'I no longer have this request. Please ask again.'

/** Listens to *Second opinion* and its form: several answers to the same words, each on its own, and a comparison of them. */
export function registerSecondOpinion(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'second_opinion', (press) => openForm(deps, press))
  onViewSubmission(app, deps, 'second_opinion', (submit) => startPanel(deps, submit))
}

async function openForm(deps: Deps, { by, value, responder }: BlockAction): Promise<void> {
  const state = await findRunFor(deps, by, value)
  if (state === undefined) return responder.replyError(GONE)
  const why = repeatRefusalFor(state, by.user)
  if (why !== undefined) return responder.replyError(why)
  await responder.openModal(secondOpinionModal(state, await deps.agents.usable(by)))
}

/** Asks who is to answer the same request. Pure. */
export function secondOpinionModal({ id, text }: Pick<RunState, 'id' | 'text'>, agents: Agent[]): ModalView {
  const field = inputBlockOf({
    kind: 'choices',
    id: 'agents',
    label: 'Who answers?',
    hint: `Two or three agents. Leave this empty, and I answer it twice more, each time from the beginning.`,
    optional: true,
    options: askChoices(agents.map(({ name }) => name)),
    chosen: [],
    max: MOST_OPINIONS,
  })
  return createModal({
    id: 'second_opinion',
    title: 'Second opinion',
    submit: 'Ask',
    close: 'Cancel',
    metadata: { run: id },
    blocks: [
      sectionBlock(`They get the same words: _${escapeInlineMrkdwn(truncate(text, 500))}_`),
      ...(agents.length === 0 ? [] : [field]),
      contextBlock(
        'Nobody sees what another says. Then I say where the answers differ. It costs about three times an answer.',
      ),
    ],
  })
}

async function startPanel(deps: Deps, { by, viewId, values, privateMetadata, ack }: ViewSubmission): Promise<void> {
  const { run } = Metadata.parse(JSON.parse(privateMetadata))
  const [state, usable] = await Promise.all([findRunFor(deps, by, run), deps.agents.usable(by)])
  if (state === undefined || repeatRefusalFor(state, by.user) !== undefined)
    return ack({ response_action: 'update', view: errorModal(GONE) })
  const chosen = chosenNamesIn(values, 'agents', askChoices(usable.map(({ name }) => name)))
  if (chosen.length === 1)
    return ack({ response_action: 'errors', errors: { agents: 'Choose two or three, or none.' } })
  const panel = chosen.length > 0 ? chosen : OPINIONS.map(({ name }) => name)
  const { fresh } = await deps.runs.start({
    ...createRepeatRequest(state),
    agent: judgeOf(panel),
    panel,
    dedupeKey: `opinion:${run}:${viewId}`,
  })
  await ack({ response_action: 'update', view: doneModal('Asked', 'The answers are compared in the thread.') })
  if (!fresh) return
  const { channel, threadTs: thread } = state.origin
  await postNotice(deps, { channel, thread }, `${mentionOf(by.user)} wants a second opinion.`)
}
