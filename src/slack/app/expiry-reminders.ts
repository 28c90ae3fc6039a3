import { errorChainOf } from '../../errors.ts'
import type { ApprovalId, InputId, WorkspaceId } from '../../ids.ts'
import type { DueReminders, Reminders } from '../../run/decisions/reminders.ts'
import type { RunState } from '../../run/state/state.ts'
import { type Polling, pollEvery } from '../../timing.ts'
import { approvalReminderMessage } from '../approvals/approval-card.ts'
import type { MessageContent } from '../blocks/blocks.ts'
import type { SlackDeps } from '../deps.ts'
import { elicitationReminderMessage } from '../elicitation/elicitation-card.ts'
import { currentApproversOf } from '../interactions/find-for-person.ts'
import { AnyResponse, isPermanentError } from '../web-api/web-api.ts'
import type { WorkspaceApps } from './workspace-apps.ts'

/** A reminder hours before needs no more attention than this. */
const LOOK_EVERY_MS = 15_000

type RemindingDeps = Pick<SlackDeps, 'runs' | 'log'> & { offices: WorkspaceApps }

/** What is said where, of one run. */
type Note = { state: RunState; channel: string; thread: string; saying: MessageContent }

/** Reminds those who may decide or answer before it is too late: below each card, where they see it. */
export function createExpiryReminders(deps: RemindingDeps, reminders: Reminders): Polling {
  const look = async () => {
    await remindAll(deps, reminders.approvals, notesOfApproval)
    await remindAll(deps, reminders.inputs, notesOfInput)
  }
  return pollEvery({ everyMs: LOOK_EVERY_MS }, look, (error) =>
    deps.log.warn({ why: errorChainOf(error) }, 'reminders not looked at'),
  )
}

type NotesOf<Id> = (deps: RemindingDeps, id: Id, workspace: WorkspaceId) => Promise<Note[]>

async function remindAll<Id extends string>(
  deps: RemindingDeps,
  due: DueReminders<Id>,
  notesOf: NotesOf<Id>,
): Promise<void> {
  for (const { id, workspace } of await due.claim()) {
    let sent = 0
    try {
      const notes = await notesOf(deps, id, workspace)
      for (const note of notes) {
        await tell(deps, note)
        sent += 1
      }
      const run = notes[0]?.state.id
      deps.log.info({ id, run, workspace, sent }, 'reminded of what waits for a person')
    } catch (error) {
      deps.log.warn({ id, sent, why: errorChainOf(error) }, 'reminder not sent')
      // Half sent is better than sent twice.
      if (sent === 0) await due.giveBack(id)
    }
  }
}

async function notesOfApproval(deps: RemindingDeps, id: ApprovalId, workspace: WorkspaceId): Promise<Note[]> {
  const found = await deps.runs.approval(id, workspace)
  const approval = found?.call.approval
  if (found === undefined || approval === undefined || approval.decided) return []
  const { state } = found
  const { origin } = state
  const called = await currentApproversOf(deps.offices.of(origin).deps, { state, approval })
  const cards = (await deps.runs.shown.of(state.id)).filter(({ key }) => key.startsWith(`approval:${id}:`))
  return cards.map(({ channel, ts }) => {
    // In somebody's direct messages only they are meant, and the message alone tells them.
    const saying = approvalReminderMessage({ ...found, approval }, channel.startsWith('D') ? [] : called)
    return { state, channel, thread: channel === origin.channel ? origin.threadTs : ts, saying }
  })
}

async function notesOfInput({ runs }: RemindingDeps, id: InputId, workspace: WorkspaceId): Promise<Note[]> {
  const asked = await runs.input(id, workspace)
  if (asked === undefined || asked.input.given) return []
  const { origin } = asked.state
  return [
    { state: asked.state, channel: origin.channel, thread: origin.threadTs, saying: elicitationReminderMessage(asked) },
  ]
}

async function tell({ offices, log }: RemindingDeps, { state, channel, thread, saying }: Note): Promise<void> {
  const { webApi } = offices.of(state.origin).deps
  try {
    const said = { ...saying, unfurl_links: false, unfurl_media: false }
    await webApi.call('chat.postMessage', { channel, thread_ts: thread, ...said }, AnyResponse)
  } catch (error) {
    if (!isPermanentError(error)) throw error
    log.warn({ channel, why: errorChainOf(error) }, 'nobody can be reminded there')
  }
}
