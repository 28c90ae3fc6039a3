import { toCsv } from '../../run/calls/result-table.ts'
import type { PendingInput } from '../../run/runs.ts'
import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'
import { removeInvisible } from '../../text.ts'
import { largeTablesOf } from '../answer/answer-tables.ts'
import { resultFiles, resultMessages } from '../answer/result-message.ts'
import {
  type ApprovalContent,
  type ApprovalGroup,
  approvalGroupsOf,
  approvalKeyOf,
} from '../approvals/approval-groups.ts'
import { editKeyOf } from '../approvals/edit-confirmation.ts'
import { shownArgumentsOf } from '../approvals/group-card.ts'
import { argumentsText } from '../blocks/arguments-text.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import { COUNTDOWN_STEP_MS, elicitationKeyOf, elicitationMessage } from '../elicitation/elicitation-card.ts'
import { postFile } from '../web-api/post-file.ts'
import { noteClosedPlace, placeFor } from './closed-place.ts'
import { findBeforePosting, noteLostAnswer, takeFoundFile } from './find-messages.ts'
import { type MessageSlot, type PostedMessages, saveMessage, threadSlotOf } from './message-records.ts'
import { noteRefusal, showMessage } from './posted-messages.ts'

const inputsIn = (state: RunState): PendingInput[] =>
  state.calls.flatMap((call) => call.inputs.map((input) => ({ state, call, input })))

const slotOf = ({ state, input }: PendingInput) => threadSlotOf(state.origin, elicitationKeyOf(input.id))

/** Posts each question in the run's thread, and edits those that are answered. */
export async function renderElicitations(posted: PostedMessages, state: RunState, now: Date): Promise<void> {
  for (const pending of inputsIn(state)) await showMessage(posted, slotOf(pending), elicitationMessage(pending, now))
}

/**
 * The same while the run works: a question that a server waits for on the wire has to be seen at once, with the time left.
 * Resolves to the milliseconds after which the card changes by itself.
 */
export async function updateElicitations(
  posted: PostedMessages,
  state: RunState,
  now: Date,
): Promise<number | undefined> {
  let live = false
  for (const pending of inputsIn(state)) {
    const waits = pending.input.resume.how === 'live' && !pending.input.given
    live ||= waits
    const slot = slotOf(pending)
    if (waits || posted.byKey.has(slot.key)) await showMessage(posted, slot, elicitationMessage(pending, now))
  }
  return live ? COUNTDOWN_STEP_MS : undefined
}

/** Posts the rows and links that calls gave into the thread, each once. */
export async function renderShownResults(posted: PostedMessages, state: RunState): Promise<void> {
  for (const { key, content } of resultMessages(state))
    await showMessage(posted, threadSlotOf(state.origin, key), content)
}

/** Uploads the files that calls gave into the thread, each once. */
export async function renderFiles(posted: PostedMessages, state: RunState): Promise<void> {
  for (const { key, name, data } of resultFiles(state))
    await upload(posted, threadSlotOf(state.origin, key), {
      name,
      data: Buffer.from(data, 'base64'),
      isFoundAgain: true,
    })
}

/** Uploads the tables of the answer that Slack shows in part, whole, each once. */
export async function renderAnswerTables(posted: PostedMessages, state: RunState): Promise<void> {
  for (const { fileName, table } of largeTablesOf(state))
    await upload(posted, threadSlotOf(state.origin, `file:${fileName}`), {
      name: fileName,
      data: Buffer.from(toCsv(table)),
      isFoundAgain: true,
    })
}

/** Uploads arguments that are too long for their card, in full, beside each card. */
export async function renderArgumentFiles(posted: PostedMessages, state: RunState): Promise<void> {
  for (const group of approvalGroupsOf(state)) {
    const open = group.contents.filter(({ approval }) => !approval.decided)
    for (const content of open) await uploadArguments(posted, group, content)
  }
}

async function uploadArguments(posted: PostedMessages, group: ApprovalGroup, content: ApprovalContent): Promise<void> {
  const { call, approval } = content
  const { origin } = posted
  const number = group.contents.length === 1 ? '' : `${group.contents.indexOf(content) + 1}-`
  const keys = [approvalKeyOf(group.id, ''), editKeyOf(approval.id)]
  const cards = [...posted.byKey.values()].filter(({ key }) => keys.some((one) => key.startsWith(one)))
  const files = argumentFilesOf(call, approval).filter(({ text }) => text.length > shownArgumentsOf(group))
  for (const { channel, ts, file } of cards.flatMap((card) => files.map((file) => ({ ...card, file })))) {
    const thread = channel === origin.channel ? origin.threadTs : ts
    const slot = { key: `file:${file.kind}-${approval.id}:${channel}`, channel, thread, isBound: true }
    await upload(posted, slot, { name: `${number}${file.name}`, data: Buffer.from(file.text) })
  }
}

/** The arguments of a call, and what somebody changed them to. */
const argumentFilesOf = ({ tool, arguments: asked }: CallState, { proposal }: ApprovalState) =>
  [
    { kind: 'arguments', text: argumentsText(asked) },
    ...(proposal ? [{ kind: 'changed', text: argumentsText(proposal.arguments) }] : []),
  ].map((file) => ({ ...file, name: `${removeInvisible(tool)}-${file.kind}.txt` }))

/** Arguments are never found again: an approver rather sees them twice than another call's. */
type NewFile = { name: string; data: Buffer; isFoundAgain?: boolean }

async function findFile(posted: PostedMessages, slot: MessageSlot, file: NewFile): Promise<string | undefined> {
  const known = posted.byKey.get(slot.key)
  if (known !== undefined || file.isFoundAgain !== true) return known?.ts
  await findBeforePosting(posted, slot)
  return takeFoundFile(posted, slot.channel, { name: file.name, size: file.data.length })
}

/** In the place of a file that Slack takes nowhere stands a message that says so, as tables and cards point to the file. */
async function upload(posted: PostedMessages, slot: MessageSlot, file: NewFile): Promise<void> {
  const place = await placeFor(posted, slot)
  if (place === undefined) return
  try {
    await uploadTo(posted, { key: slot.key, ...place }, file)
  } catch (error) {
    if (!(await noteClosedPlace(posted, place, error))) return sayRefused(posted, slot, file, error)
    const next = await placeFor(posted, slot)
    if (next !== undefined)
      await uploadTo(posted, { key: slot.key, ...next }, file).catch((again) => sayRefused(posted, slot, file, again))
  }
}

async function sayRefused(posted: PostedMessages, slot: MessageSlot, { name }: NewFile, error: unknown): Promise<void> {
  noteRefusal(posted, slot, error)
  const text = `Slack did not take the file ${escapeMrkdwn(name)}. Please ask an admin of this workspace whether apps may post files.`
  await showMessage(posted, { ...slot, key: `refused:${slot.key}` }, { text, blocks: [sectionBlock(text)] })
}

async function uploadTo(posted: PostedMessages, target: MessageSlot, file: NewFile): Promise<void> {
  const { deps, byKey } = posted
  const { key, channel } = target
  const { name } = file
  if (byKey.get(key)?.contentHash === name || file.data.length === 0) return
  try {
    const id = (await findFile(posted, target, file)) ?? (await postFile(deps, target, file)) ?? key
    await saveMessage(posted, { key, channel, ts: id, contentHash: name, live: false })
  } catch (error) {
    noteLostAnswer(posted, target, error)
    throw error
  }
}
