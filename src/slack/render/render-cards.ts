import type { UserId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import { toCsv } from '../../run/calls/result-table.ts'
import type { PendingInput } from '../../run/runs.ts'
import type { RunState } from '../../run/state/state.ts'
import { removeInvisible } from '../../text.ts'
import { largeTablesOf } from '../answer/answer-tables.ts'
import { resultMessages } from '../answer/result-message.ts'
import {
  type ApprovalContent,
  approvalKeyOf,
  approvalMessage,
  cardIdOf,
  pendingApprovalMessage,
} from '../approvals/approval-card.ts'
import { argumentsText, SHOWN_ARGUMENTS } from '../approvals/arguments-text.ts'
import { editKeyOf } from '../approvals/edit-confirmation.ts'
import { COUNTDOWN_STEP_MS, elicitationKeyOf, elicitationMessage } from '../elicitation/elicitation-card.ts'
import { postFile } from '../web-api/post-file.ts'
import { channelMembersOf } from '../web-api/users.ts'
import { noteClosedPlace, placeFor } from './closed-place.ts'
import { findBeforePosting, noteLostAnswer, takeFoundFile } from './find-messages.ts'
import { type MessageSlot, type PostedMessages, saveMessage, threadSlotOf } from './message-records.ts'
import { editMessage, noteRefusal, showMessage } from './posted-messages.ts'
import { closeEditConfirmation, renderEditConfirmation } from './render-edits.ts'

const approvalsIn = (state: RunState): ApprovalContent[] =>
  state.calls.flatMap((call) =>
    call.approval === undefined || call.approval.isReplaced ? [] : [{ state, call, approval: call.approval }],
  )

const cardKeyOf = ({ approval }: ApprovalContent, channel: string): string => approvalKeyOf(cardIdOf(approval), channel)
const pendingKeyOf = ({ approval }: ApprovalContent): string => `pending:${cardIdOf(approval)}`

/** Posts the cards that wait for a decision where those who may decide see them, and edits those that have one. */
export async function renderApprovals(posted: PostedMessages, state: RunState): Promise<void> {
  for (const content of approvalsIn(state)) {
    if (content.approval.decided || content.approval.proposal) await editCards(posted, content)
    else await postCards(posted, content)
    await renderEditConfirmation(posted, content)
  }
}

/** Edits the cards that are posted already and take no more presses. */
export async function closeApprovals(posted: PostedMessages, state: RunState): Promise<void> {
  for (const content of approvalsIn(state)) {
    if (content.approval.decided || content.approval.proposal) await editCards(posted, content)
    await closeEditConfirmation(posted, content)
  }
}

async function editCards(posted: PostedMessages, content: ApprovalContent): Promise<void> {
  for (const shown of [...posted.byKey.values()]) {
    const isCard = shown.key.startsWith(cardKeyOf(content, ''))
    if (!isCard && shown.key !== pendingKeyOf(content)) continue
    const message = isCard ? approvalMessage(content) : pendingApprovalMessage(content, undefined)
    const { origin } = content.state
    if (shown.channel !== origin.channel) await editMessage(posted, shown, message)
    else await showMessage(posted, { ...threadSlotOf(origin, shown.key), isBound: true }, message)
  }
}

/** What the requester may decide stays in the thread; anything else goes to the approvers. */
async function postCards(posted: PostedMessages, content: ApprovalContent): Promise<void> {
  const { origin } = content.state
  if (content.approval.approvers.includes(origin.user)) return postInThread(posted, content)
  const { approvalsChannel } = await posted.deps.settings.of(origin.workspace)
  if (approvalsChannel !== undefined && approvalsChannel !== origin.channel) {
    const slot = slotIn(content, approvalsChannel)
    await showMessage(posted, slot, approvalMessage(content))
    // A channel that cannot be written to any more must not leave an approval where nobody finds it.
    if (posted.byKey.has(slot.key)) return postPendingNote(posted, content, approvalsChannel)
  }
  await postToApprovers(posted, content)
}

const slotIn = (content: ApprovalContent, channel: string): MessageSlot => ({
  key: cardKeyOf(content, channel),
  channel,
  thread: undefined,
})

function postInThread(posted: PostedMessages, content: ApprovalContent, isBound = false): Promise<void> {
  const { origin } = content.state
  const slot = { ...threadSlotOf(origin, cardKeyOf(content, origin.channel)), isBound }
  return showMessage(posted, slot, approvalMessage(content))
}

/**
 * Posts the card in a channel's thread, and in the direct messages of approvers who cannot see it: of all of them where the thread takes
 * nothing any more.
 */
async function postToApprovers(posted: PostedMessages, content: ApprovalContent): Promise<void> {
  const { approvers } = content.approval
  const outside = posted.closed === undefined ? await approversOutside(posted, content) : approvers
  if (await postDirectly(posted, content, outside)) return postPendingNote(posted, content, undefined)
  await postInThread(posted, content, true)
  if (posted.closed === undefined) return
  const others = approvers.filter((user) => !outside.includes(user))
  await postDirectly(posted, content, others)
  await postPendingNote(posted, content, undefined)
}

async function approversOutside({ deps }: PostedMessages, { state: { origin }, approval }: ApprovalContent) {
  const members = origin.place === 'dm' ? [origin.user] : await channelMembersOf(deps, origin.channel)
  return members === undefined ? [] : approval.approvers.filter((user) => !members.includes(user))
}

/** Posts the card in people's direct messages; true where all approvers have it there. */
async function postDirectly(posted: PostedMessages, content: ApprovalContent, users: UserId[]): Promise<boolean> {
  const channels = await Promise.all(users.map(posted.deps.directMessageOf))
  const slots = channels.filter((channel) => channel !== undefined).map((channel) => slotIn(content, channel))
  for (const slot of slots) await showMessage(posted, slot, approvalMessage(content))
  const reached = slots.filter(({ key }) => posted.byKey.has(key))
  return reached.length > 0 && reached.length === content.approval.approvers.length
}

/** Tells the requester, who has nothing to press, who is asked; later the note says what came of it. */
async function postPendingNote(
  posted: PostedMessages,
  content: ApprovalContent,
  channel: string | undefined,
): Promise<void> {
  const slot = threadSlotOf(content.state.origin, pendingKeyOf(content))
  await showMessage(posted, slot, pendingApprovalMessage(content, channel))
}

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
export async function renderShownResults(posted: PostedMessages, { calls, origin }: RunState): Promise<void> {
  for (const call of calls) {
    const shown = call.result?.shown
    const messages = shown === undefined ? [] : resultMessages(call, shown)
    for (const [at, message] of messages.entries())
      await showMessage(posted, threadSlotOf(origin, at === 0 ? `shown:${call.id}` : `shown:${call.id}:${at}`), message)
  }
}

/** Uploads the files that calls gave into the thread, each once. */
export async function renderFiles(posted: PostedMessages, state: RunState): Promise<void> {
  const files = state.calls.flatMap((call) =>
    (call.result?.files ?? []).map((file, index) => ({ ...file, key: `file:${call.id}:${index}` })),
  )
  for (const { key, name, data } of files)
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
export async function renderArgumentFiles(posted: PostedMessages, { calls, origin }: RunState): Promise<void> {
  for (const { approval, arguments: asked, tool } of calls) {
    if (approval === undefined || approval.decided) continue
    const keys = [approvalKeyOf(cardIdOf(approval), ''), editKeyOf(approval.id)]
    const cards = [...posted.byKey.values()].filter(({ key }) => keys.some((one) => key.startsWith(one)))
    const files = argumentFilesOf(tool, asked, approval.proposal?.arguments)
    for (const { channel, ts, file } of cards.flatMap((card) => files.map((file) => ({ ...card, file })))) {
      const thread = channel === origin.channel ? origin.threadTs : ts
      const slot = { key: `file:${file.kind}-${approval.id}:${channel}`, channel, thread, isBound: true }
      await upload(posted, slot, { name: file.name, data: Buffer.from(file.text) })
    }
  }
}

/** Those of both versions that a card cuts. */
const argumentFilesOf = (tool: string, asked: JsonObject, changed: JsonObject | undefined) =>
  [
    { kind: 'arguments', text: argumentsText(asked) },
    ...(changed ? [{ kind: 'changed', text: argumentsText(changed) }] : []),
  ]
    .filter(({ text }) => text.length > SHOWN_ARGUMENTS)
    .map((file) => ({ ...file, name: `${removeInvisible(tool)}-${file.kind}.txt` }))

/** Arguments are never found again: an approver rather sees them twice than another call's. */
type NewFile = { name: string; data: Buffer; isFoundAgain?: boolean }

async function findFile(posted: PostedMessages, slot: MessageSlot, file: NewFile): Promise<string | undefined> {
  const known = posted.byKey.get(slot.key)
  if (known !== undefined || file.isFoundAgain !== true) return known?.ts
  await findBeforePosting(posted, slot)
  return takeFoundFile(posted, slot.channel, { name: file.name, size: file.data.length })
}

/** A file that Slack takes nowhere is logged. */
async function upload(posted: PostedMessages, slot: MessageSlot, file: NewFile): Promise<void> {
  const place = await placeFor(posted, slot)
  if (place === undefined) return
  try {
    await uploadTo(posted, { key: slot.key, ...place }, file)
  } catch (error) {
    if (!(await noteClosedPlace(posted, place, error))) return noteRefusal(posted, slot, error)
    const next = await placeFor(posted, slot)
    if (next !== undefined)
      await uploadTo(posted, { key: slot.key, ...next }, file).catch((again) => noteRefusal(posted, slot, again))
  }
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
