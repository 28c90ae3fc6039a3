import { errorChainOf } from '../../errors.ts'
import type { ApprovalId, InputId, UserId, WorkspaceId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { DueReminders, Reminders } from '../../run/decisions/reminders.ts'
import type { Runs } from '../../run/runs.ts'
import type { RunState } from '../../run/state/state.ts'
import { type Polling, pollEvery } from '../../timing.ts'
import { withCapital } from '../answer/describe-calls.ts'
import { type ApprovalContent, approvalKeyOf, groupOf, openContentsOf } from '../approvals/approval-groups.ts'
import { editKeyOf } from '../approvals/edit-confirmation.ts'
import { headlineTextOf } from '../approvals/headline.ts'
import { endText } from '../approvals/who-decides.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { joinWords, mentionOf } from '../blocks/text.ts'
import { elicitationReminderMessage } from '../elicitation/elicitation-card.ts'
import { postDirectly } from '../interactions/post-in-thread.ts'
import { postMessage } from '../web-api/post-message.ts'
import { isPermanentError } from '../web-api/web-api.ts'
import type { WorkspaceApps } from './workspace-apps.ts'

/** Reminders are due hours before an expiry, so some seconds do not matter. */
const POLL_EVERY_MS = 15_000

type ReminderDeps = { runs: Runs; apps: WorkspaceApps; log: Log }

/** A reminder of one run as it is posted; `users` are told directly where its thread takes nothing any more. */
type ReminderMessage = { state: RunState; channel: string; thread: string; users: UserId[]; content: MessageContent }

/** Reminds those who may decide or answer below each card, before it expires. */
export function createExpiryReminders(deps: ReminderDeps, reminders: Reminders): Polling {
  const remind = async () => {
    await remindAll(deps, reminders.approvals, approvalRemindersOf)
    await remindAll(deps, reminders.inputs, inputRemindersOf)
  }
  return pollEvery({ everyMs: POLL_EVERY_MS }, remind, (error) =>
    deps.log.warn({ why: errorChainOf(error) }, 'reminders not looked at'),
  )
}

type MessagesOf<Id> = (deps: ReminderDeps, id: Id, workspace: WorkspaceId) => Promise<ReminderMessage[]>

async function remindAll<Id extends string>(
  deps: ReminderDeps,
  due: DueReminders<Id>,
  messagesOf: MessagesOf<Id>,
): Promise<void> {
  for (const { id, workspace } of await due.claim()) {
    let sent = 0
    try {
      const messages = await messagesOf(deps, id, workspace)
      const told = new Set<UserId>()
      for (const message of messages) {
        await postReminder(deps, message, told)
        sent += 1
      }
      const run = messages[0]?.state.id
      deps.log.info({ id, run, workspace, sent }, 'reminded of what waits for a person')
    } catch (error) {
      deps.log.warn({ id, sent, why: errorChainOf(error) }, 'reminder not sent')
      // A reminder that was sent in part is not sent again: half is better than twice.
      if (sent === 0) await due.giveBack(id)
    }
  }
}

async function approvalRemindersOf(
  deps: ReminderDeps,
  id: ApprovalId,
  workspace: WorkspaceId,
): Promise<ReminderMessage[]> {
  const found = await deps.runs.approval(id, workspace)
  const approval = found?.call.approval
  if (found === undefined || approval === undefined || approval.decided) return []
  const { state } = found
  const { origin } = state
  const may = await deps.runs.approversOf({ state, approval })
  const approvers = may.filter((user) => approval.votes?.includes(user) !== true)
  const group = groupOf({ ...found, approval })
  // Several on one card are told of once.
  const [first] = openContentsOf(group)
  if (!approval.proposal && first !== undefined && first.approval.id !== id) return []
  const prefix = approval.proposal ? editKeyOf(id) : approvalKeyOf(group.id, '')
  const cards = (await deps.runs.shown.of(state.id)).filter(({ key }) => key.startsWith(prefix))
  return cards.map(({ channel, ts }) => {
    // A direct message notifies its person without a mention.
    const asked = approval.proposal ? [{ ...found, approval }] : openContentsOf(group)
    const content = approvalReminderMessage(asked, channel.startsWith('D') ? [] : approvers)
    return { state, channel, thread: channel === origin.channel ? origin.threadTs : ts, users: approvers, content }
  })
}

/** The reminder below a card before what it asks expires. Pure. */
export function approvalReminderMessage(asked: ApprovalContent[], approvers: string[]): MessageContent {
  const [first, second] = asked
  if (first === undefined) return { text: '', blocks: [] }
  const who = approvers.length === 0 ? '' : `${joinWords(approvers.slice(0, 10).map(mentionOf), 'or')}: `
  const action = headlineTextOf(first.call, 'wish', 200)
  const what =
    second === undefined
      ? `the request above to _${action}_ is still waiting for a decision`
      : `the ${asked.length} requests above are still waiting for a decision`
  const words = `${who}${what}. ${endText(first.approval, asked.length)}`
  const text = withCapital(words)
  return { text, blocks: [sectionBlock(`:bell: ${text}`)] }
}

async function inputRemindersOf(
  { runs }: ReminderDeps,
  id: InputId,
  workspace: WorkspaceId,
): Promise<ReminderMessage[]> {
  const asked = await runs.input(id, workspace)
  if (asked === undefined || asked.input.given) return []
  const { origin } = asked.state
  return [
    {
      state: asked.state,
      channel: origin.channel,
      thread: origin.threadTs,
      users: [asked.input.person],
      content: elicitationReminderMessage(asked),
    },
  ]
}

/** `told` are those who were reminded directly already, for another card. */
async function postReminder(
  { apps, log }: ReminderDeps,
  { state, channel, thread, users, content }: ReminderMessage,
  told: Set<UserId>,
): Promise<void> {
  const { deps } = apps.of(state.origin)
  try {
    await postMessage(deps.webApi, { channel, thread }, content)
  } catch (error) {
    if (!isPermanentError(error)) throw error
    log.warn({ channel, why: errorChainOf(error) }, 'nobody can be reminded there')
    for (const user of users.filter((one) => !told.has(one))) {
      told.add(user)
      await postDirectly(deps, user, content)
    }
  }
}
