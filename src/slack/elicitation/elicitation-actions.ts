import type { App } from '@slack/bolt'
import { z } from 'zod'
import { InputId, type Principal } from '../../ids.ts'
import type { AnswerInputOutcome, InputAnswerRequest, PendingInput } from '../../run/runs.ts'
import { createModal, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { HomeTabDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { closeMessage, showOnUnknownMessage } from '../interactions/close-message.ts'
import { findInputFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { onViewClosed, onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import {
  answeredFormBlocks,
  elicitationKeyOf,
  elicitationMessage,
  givenAnswerMessage,
  urlElicitationModal,
} from './elicitation-card.ts'
import {
  elicitationModal,
  fieldProblemsIn,
  fitsFormModal,
  formFieldBlockIdOf,
  readSubmittedForm,
  shownFieldsOf,
} from './elicitation-form.ts'

const Metadata = z.object({ input: InputId })

/** Listens to the buttons and forms of elicitations. `runs.answerInput` checks who may answer. */
export function registerInputs(app: App, deps: WebApiDeps & RunsDeps & HomeTabDeps): void {
  onButtonPress(app, deps, 'input_answer', (press) => openForm(deps, press))
  onButtonPress(app, deps, 'input_see', (press) => openPage(deps, press))
  // Slack opens the URL itself and sends this action; consent is given with the next button.
  onButtonPress(app, deps, 'input_open', async () => undefined)
  onDurablePress(app, deps, 'input_done', (press) => answerFromButton(deps, press, 'accept'))
  onDurablePress(app, deps, 'input_decline', (press) => answerFromButton(deps, press, 'decline'))
  onViewSubmission(app, deps, 'input_answer', (submit) => submitForm(deps, submit))
  onViewClosed(app, deps, 'input_answer', ({ by, privateMetadata }) => closeForm(deps, by, privateMetadata))
}

async function answerInput(
  deps: RunsDeps & HomeTabDeps,
  id: string,
  given: Pick<InputAnswerRequest, 'by' | 'action' | 'content'>,
): Promise<AnswerInputOutcome> {
  const found = await findInputFor(deps, given.by, id)
  if (found === undefined) return { kind: 'gone' }
  const outcome = await deps.runs.answerInput({ run: found.state.id, input: found.input.id, ...given })
  deps.refreshHome(given.by)
  return outcome
}

async function answerFromButton(
  deps: WebApiDeps & RunsDeps & HomeTabDeps,
  press: BlockAction,
  action: 'accept' | 'decline',
): Promise<void> {
  const outcome = await answerInput(deps, press.value, { by: press.by, action })
  await press.ack()
  if (press.view?.kind === 'home') void deps.publishHome(press.by)
  if (outcome.kind === 'settled') {
    const text =
      action === 'accept' ? ':white_check_mark: Thanks, I will continue.' : ':no_entry_sign: Okay, I said no.'
    if (press.view?.kind === 'modal') await press.responder.replace({ text, blocks: [sectionBlock(text)] }, 'Question')
    return showAnswer(deps, press)
  }
  if (outcome.kind !== 'not_yours' && !(await closeCard(deps, press))) return
  await press.responder.reply(outcomeMessage(outcome), 'Question')
}

/** Shows the answer on the card that was pressed, where its run does not know it. */
async function showAnswer(deps: WebApiDeps & RunsDeps, press: BlockAction): Promise<void> {
  if (press.message === undefined) return
  const found = await findInputFor(deps, press.by, press.value)
  if (found?.input.given)
    await showOnUnknownMessage(deps, press.message, found.state.id, elicitationMessage(found, new Date()))
}

/** Closes a card that still shows buttons for an answered elicitation; false if it is gone. */
async function closeCard(deps: WebApiDeps & RunsDeps, press: BlockAction): Promise<boolean> {
  const found = await findInputFor(deps, press.by, press.value)
  if (found !== undefined && found.input.given === undefined) return true
  const shows = { run: found?.state.id, key: elicitationKeyOf(press.value) }
  return closeMessage(deps, press, shows, () => found && elicitationMessage(found, new Date()))
}

function outcomeMessage(outcome: Exclude<AnswerInputOutcome, { kind: 'settled' }>): MessageContent {
  const textMessage = (text: string): MessageContent => ({ text, blocks: [sectionBlock(text)] })
  switch (outcome.kind) {
    case 'already':
      return textMessage(givenAnswerMessage(outcome))
    case 'not_yours':
      return textMessage(`Only ${mentionOf(outcome.person)}, who asked for this, can answer.`)
    case 'invalid':
      return textMessage('This needs to be filled in: press _Answer_.')
    case 'gone':
      return textMessage('This answer is no longer needed. Ask again if you still want it.')
    default:
      return outcome satisfies never
  }
}

/** The elicitation, if this person may answer it now; else replies why not and returns undefined. */
async function findOpenInput(deps: WebApiDeps & RunsDeps, press: BlockAction): Promise<PendingInput | undefined> {
  const found = await findInputFor(deps, press.by, press.value)
  const refusal = refusalOf(found, press.by)
  if (refusal === undefined) return found
  if (refusal.kind !== 'not_yours' && !(await closeCard(deps, press))) return undefined
  await press.responder.reply(outcomeMessage(refusal), 'Question')
  return undefined
}

function refusalOf(
  found: PendingInput | undefined,
  by: Principal,
): Exclude<AnswerInputOutcome, { kind: 'settled' }> | undefined {
  if (found === undefined) return { kind: 'gone' }
  const { person, given } = found.input
  if (person !== by.user) return { kind: 'not_yours', person }
  return given && { ...given, kind: 'already' }
}

async function openForm(deps: WebApiDeps & RunsDeps, press: BlockAction): Promise<void> {
  const found = await findOpenInput(deps, press)
  if (found?.input.request.kind !== 'form') return
  const { fields } = found.input.request
  if (fitsFormModal(fields)) {
    await press.responder.openModal(elicitationModal(found, fields))
    return
  }
  const text = `This form has ${fields.length} fields, more than Slack can show. Press _Decline_, then ask for this in another way.`
  await press.responder.reply({ text, blocks: [sectionBlock(text)] }, 'Answer')
}

async function openPage(deps: WebApiDeps & RunsDeps, press: BlockAction): Promise<void> {
  const found = await findOpenInput(deps, press)
  if (found?.input.request.kind === 'url') await press.responder.openModal(urlElicitationModal(found))
}

async function submitForm(
  deps: RunsDeps & HomeTabDeps,
  { by, privateMetadata, values, ack }: ViewSubmission,
): Promise<void> {
  const { input } = Metadata.parse(JSON.parse(privateMetadata))
  const found = await findInputFor(deps, by, input)
  const fields = found?.input.request.kind === 'form' ? found.input.request.fields : []
  const content = readSubmittedForm(fields, values)
  const outcome = await answerInput(deps, input, { by, action: 'accept', content })
  if (outcome.kind === 'settled') return ack()
  if (outcome.kind !== 'invalid') {
    const blocks = [...outcomeMessage(outcome).blocks, ...answeredFormBlocks(fields, content)]
    return ack({ response_action: 'update', view: createModal({ id: 'reading', title: 'Question', blocks }) })
  }
  const places = new Map(shownFieldsOf(fields).map(({ name }, index) => [name, formFieldBlockIdOf(index)]))
  const errors = Object.fromEntries(
    outcome.problems.map(({ field, message }) => [places.get(field) ?? formFieldBlockIdOf(0), message]),
  )
  await ack({ response_action: 'errors', errors: { ...errors, ...fieldProblemsIn(fields, values) } })
}

/** Closing the form answers the elicitation with `cancel`. */
async function closeForm(deps: RunsDeps & HomeTabDeps, by: Principal, privateMetadata: string): Promise<void> {
  await answerInput(deps, Metadata.parse(JSON.parse(privateMetadata)).input, { by, action: 'cancel' })
}
