import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../errors.ts'
import { InputId, type Principal } from '../ids.ts'
import type { AnswerInputOutcome, InputAnswerRequest, PendingInput } from '../run/runs.ts'
import { Anything } from './calls.ts'
import type { Deps } from './deps.ts'
import { inputFor } from './lookups.ts'
import { onPress, onWeightyPress, type Press } from './press.ts'
import { onClose, onSubmit, type Submit } from './submit.ts'
import { modal, type Saying, section } from './views/blocks.ts'
import { filledInBlocks, inputCard, pageModal, sayGiven } from './views/input-card.ts'
import { blockOf, fitsModal, inputForm, readForm, shownFields } from './views/input-form.ts'
import { mention } from './views/text.ts'

const Keep = z.object({ input: InputId })

/** A server's questions: Answer, Decline, the page to open. Who may answer is checked where it is settled. */
export function registerInputs(app: App, deps: Deps): void {
  onPress(app, deps, 'input_answer', (press) => openForm(deps, press))
  onPress(app, deps, 'input_see', (press) => openPage(deps, press))
  // Slack opens the page by itself and only tells of it: consent is the button after it.
  onPress(app, deps, 'input_open', async () => undefined)
  onWeightyPress(app, deps, 'input_done', (press) => give(deps, press, 'accept'))
  onWeightyPress(app, deps, 'input_decline', (press) => give(deps, press, 'decline'))
  onSubmit(app, deps, 'input_answer', (submit) => submitForm(deps, submit))
  onClose(app, deps, 'input_answer', ({ by, keep }) => closeForm(deps, by, keep))
}

async function settle(
  deps: Deps,
  id: string,
  given: Pick<InputAnswerRequest, 'by' | 'action' | 'content'>,
): Promise<AnswerInputOutcome> {
  const found = await inputFor(deps, given.by, id)
  if (found === undefined) return { kind: 'gone' }
  const outcome = await deps.runs.answerInput({ run: found.state.id, input: found.input.id, ...given })
  deps.refreshHome(given.by)
  return outcome
}

async function give(deps: Deps, press: Press, action: 'accept' | 'decline'): Promise<void> {
  const outcome = await settle(deps, press.value, { by: press.by, action })
  if (press.view?.kind === 'home') void deps.paintHome(press.by)
  if (outcome.kind === 'settled') {
    const text =
      action === 'accept' ? ':white_check_mark: Thanks, I will continue.' : ':no_entry_sign: Okay, I said no.'
    if (press.view?.kind === 'modal') await press.scene.instead({ text, blocks: [section(text)] }, 'Question')
    return
  }
  if (outcome.kind !== 'not_yours') await mendCard(deps, press)
  await press.scene.say(sayOutcome(outcome), 'Question')
}

/** A card that still offers what is answered is a dead end: it is painted as it stands. */
async function mendCard(deps: Deps, { by, message, value }: Press): Promise<void> {
  const found = await inputFor(deps, by, value)
  if (message === undefined || found?.input.given === undefined) return
  try {
    const saying = inputCard(found, new Date())
    await deps.calls.call('chat.update', { channel: message.channel, ts: message.ts, ...saying }, Anything)
  } catch (error) {
    deps.log.warn({ why: errorChainOf(error) }, 'answered card not mended')
  }
}

function sayOutcome(outcome: Exclude<AnswerInputOutcome, { kind: 'settled' }>): Saying {
  const said = (text: string): Saying => ({ text, blocks: [section(text)] })
  switch (outcome.kind) {
    case 'already':
      return said(sayGiven(outcome))
    case 'not_yours':
      return said(`Only ${mention(outcome.person)}, who asked for this, can answer.`)
    case 'invalid':
      return said('This needs to be filled in: press _Answer_.')
    case 'gone':
      return said('This answer is no longer needed. Ask again if you still want it.')
    default:
      return outcome satisfies never
  }
}

/** The question, if this person may answer it now; else they are told why not. */
async function openFor(deps: Deps, press: Press): Promise<PendingInput | undefined> {
  const found = await inputFor(deps, press.by, press.value)
  const refusal = refusalOf(found, press.by)
  if (refusal === undefined) return found
  if (refusal.kind === 'already') await mendCard(deps, press)
  await press.scene.say(sayOutcome(refusal), 'Question')
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

async function openForm(deps: Deps, press: Press): Promise<void> {
  const found = await openFor(deps, press)
  if (found?.input.request.kind !== 'form') return
  const { fields } = found.input.request
  if (fitsModal(fields)) {
    await press.scene.open(inputForm(found, fields))
    return
  }
  const text = `This form has ${fields.length} fields, more than Slack can show. Press _Decline_, then ask for this in another way.`
  await press.scene.say({ text, blocks: [section(text)] }, 'Answer')
}

async function openPage(deps: Deps, press: Press): Promise<void> {
  const found = await openFor(deps, press)
  if (found?.input.request.kind === 'url') await press.scene.open(pageModal(found))
}

async function submitForm(deps: Deps, { by, keep, values, ack }: Submit): Promise<void> {
  const { input } = Keep.parse(JSON.parse(keep))
  const found = await inputFor(deps, by, input)
  const fields = found?.input.request.kind === 'form' ? found.input.request.fields : []
  const content = readForm(fields, values)
  const outcome = await settle(deps, input, { by, action: 'accept', content })
  if (outcome.kind === 'settled') return ack()
  if (outcome.kind !== 'invalid') {
    const blocks = [...sayOutcome(outcome).blocks, ...filledInBlocks(fields, content)]
    return ack({ response_action: 'update', view: modal({ id: 'reading', title: 'Question', blocks }) })
  }
  const places = new Map(shownFields(fields).map(({ name }, index) => [name, blockOf(index)]))
  const errors = Object.fromEntries(
    outcome.problems.map(({ field, message }) => [places.get(field) ?? blockOf(0), message]),
  )
  await ack({ response_action: 'errors', errors })
}

/** Who closes the form gives no answer; that is told to the server as such. */
async function closeForm(deps: Deps, by: Principal, keep: string): Promise<void> {
  await settle(deps, Keep.parse(JSON.parse(keep)).input, { by, action: 'cancel' })
}
