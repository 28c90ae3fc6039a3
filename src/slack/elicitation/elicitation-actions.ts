import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { InputId, type Principal } from '../../ids.ts'
import type { AnswerInputOutcome, InputAnswerRequest, PendingInput } from '../../run/runs.ts'
import { createModal, type MessageContent, sectionBlock } from '../blocks/blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onButtonPress, onDurablePress } from '../interactions/button-press.ts'
import { findInputFor } from '../interactions/find-for-person.ts'
import { onViewClosed, onViewSubmission, type ViewSubmission } from '../interactions/view-submission.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { answeredFormBlocks, elicitationMessage, givenAnswerMessage, urlElicitationModal } from './elicitation-card.ts'
import {
  elicitationModal,
  fitsFormModal,
  formFieldBlockIdOf,
  readSubmittedForm,
  shownFieldsOf,
} from './elicitation-form.ts'

const Keep = z.object({ input: InputId })

/** A server's questions: Answer, Decline, the page to open. Who may answer is checked where it is settled. */
export function registerInputs(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'input_answer', (press) => openForm(deps, press))
  onButtonPress(app, deps, 'input_see', (press) => openPage(deps, press))
  // Slack opens the page by itself and only tells of it: consent is the button after it.
  onButtonPress(app, deps, 'input_open', async () => undefined)
  onDurablePress(app, deps, 'input_done', (press) => give(deps, press, 'accept'))
  onDurablePress(app, deps, 'input_decline', (press) => give(deps, press, 'decline'))
  onViewSubmission(app, deps, 'input_answer', (submit) => submitForm(deps, submit))
  onViewClosed(app, deps, 'input_answer', ({ by, keep }) => closeForm(deps, by, keep))
}

async function settle(
  deps: SlackDeps,
  id: string,
  given: Pick<InputAnswerRequest, 'by' | 'action' | 'content'>,
): Promise<AnswerInputOutcome> {
  const found = await findInputFor(deps, given.by, id)
  if (found === undefined) return { kind: 'gone' }
  const outcome = await deps.runs.answerInput({ run: found.state.id, input: found.input.id, ...given })
  deps.refreshHome(given.by)
  return outcome
}

async function give(deps: SlackDeps, press: BlockAction, action: 'accept' | 'decline'): Promise<void> {
  const outcome = await settle(deps, press.value, { by: press.by, action })
  if (press.view?.kind === 'home') void deps.paintHome(press.by)
  if (outcome.kind === 'settled') {
    const text =
      action === 'accept' ? ':white_check_mark: Thanks, I will continue.' : ':no_entry_sign: Okay, I said no.'
    if (press.view?.kind === 'modal') await press.scene.replace({ text, blocks: [sectionBlock(text)] }, 'Question')
    return
  }
  if (outcome.kind !== 'not_yours') await mendCard(deps, press)
  await press.scene.reply(sayOutcome(outcome), 'Question')
}

/** A card that still offers what is answered is a dead end: it is painted as it stands. */
async function mendCard(deps: SlackDeps, { by, message, value }: BlockAction): Promise<void> {
  const found = await findInputFor(deps, by, value)
  if (message === undefined || found?.input.given === undefined) return
  try {
    const saying = elicitationMessage(found, new Date())
    await deps.webApi.call('chat.update', { channel: message.channel, ts: message.ts, ...saying }, AnyResponse)
  } catch (error) {
    deps.log.warn({ why: errorChainOf(error) }, 'answered card not mended')
  }
}

function sayOutcome(outcome: Exclude<AnswerInputOutcome, { kind: 'settled' }>): MessageContent {
  const said = (text: string): MessageContent => ({ text, blocks: [sectionBlock(text)] })
  switch (outcome.kind) {
    case 'already':
      return said(givenAnswerMessage(outcome))
    case 'not_yours':
      return said(`Only ${mentionOf(outcome.person)}, who asked for this, can answer.`)
    case 'invalid':
      return said('This needs to be filled in: press _Answer_.')
    case 'gone':
      return said('This answer is no longer needed. Ask again if you still want it.')
    default:
      return outcome satisfies never
  }
}

/** The question, if this person may answer it now; else they are told why not. */
async function openFor(deps: SlackDeps, press: BlockAction): Promise<PendingInput | undefined> {
  const found = await findInputFor(deps, press.by, press.value)
  const refusal = refusalOf(found, press.by)
  if (refusal === undefined) return found
  if (refusal.kind === 'already') await mendCard(deps, press)
  await press.scene.reply(sayOutcome(refusal), 'Question')
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

async function openForm(deps: SlackDeps, press: BlockAction): Promise<void> {
  const found = await openFor(deps, press)
  if (found?.input.request.kind !== 'form') return
  const { fields } = found.input.request
  if (fitsFormModal(fields)) {
    await press.scene.openModal(elicitationModal(found, fields))
    return
  }
  const text = `This form has ${fields.length} fields, more than Slack can show. Press _Decline_, then ask for this in another way.`
  await press.scene.reply({ text, blocks: [sectionBlock(text)] }, 'Answer')
}

async function openPage(deps: SlackDeps, press: BlockAction): Promise<void> {
  const found = await openFor(deps, press)
  if (found?.input.request.kind === 'url') await press.scene.openModal(urlElicitationModal(found))
}

async function submitForm(deps: SlackDeps, { by, keep, values, ack }: ViewSubmission): Promise<void> {
  const { input } = Keep.parse(JSON.parse(keep))
  const found = await findInputFor(deps, by, input)
  const fields = found?.input.request.kind === 'form' ? found.input.request.fields : []
  const content = readSubmittedForm(fields, values)
  const outcome = await settle(deps, input, { by, action: 'accept', content })
  if (outcome.kind === 'settled') return ack()
  if (outcome.kind !== 'invalid') {
    const blocks = [...sayOutcome(outcome).blocks, ...answeredFormBlocks(fields, content)]
    return ack({ response_action: 'update', view: createModal({ id: 'reading', title: 'Question', blocks }) })
  }
  const places = new Map(shownFieldsOf(fields).map(({ name }, index) => [name, formFieldBlockIdOf(index)]))
  const errors = Object.fromEntries(
    outcome.problems.map(({ field, message }) => [places.get(field) ?? formFieldBlockIdOf(0), message]),
  )
  await ack({ response_action: 'errors', errors })
}

/** Who closes the form gives no answer; that is told to the server as such. */
async function closeForm(deps: SlackDeps, by: Principal, keep: string): Promise<void> {
  await settle(deps, Keep.parse(JSON.parse(keep)).input, { by, action: 'cancel' })
}
