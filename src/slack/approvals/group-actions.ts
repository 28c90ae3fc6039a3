import type { App } from '@slack/bolt'
import type { AnswerOutcome } from '../../run/runs.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { pluralize } from '../blocks/text.ts'
import type { HomeTabDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findApprovalFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { groupOf, openContentsOf } from './approval-groups.ts'
import { outcomeMessage } from './approval-outcome.ts'
import { replyDecided } from './open-approval.ts'
import { createGroupModalFor } from './show-group.ts'

type GroupDeps = WebApiDeps & RunsDeps & HomeTabDeps

/** Listens to Approve all and One by one. `runs.answerAll` checks the right to decide each call. */
export function registerApprovalGroups(app: App, deps: GroupDeps): void {
  onDurablePress(app, deps, 'approvals_approve', (press) => approveGroup(deps, press))
  onButtonPress(app, deps, 'approvals_each', (press) => openOneByOne(deps, press))
}

async function approveGroup(deps: GroupDeps, press: BlockAction): Promise<void> {
  const found = await findApprovalFor(deps, press.by, press.value)
  const open = found === undefined ? [] : openContentsOf(groupOf(found))
  const approvals = open.map(({ approval }) => approval.id)
  const { by } = press
  const outcomes = approvals.length === 0 ? [] : await deps.runs.answerAll({ approvals, by, decision: 'approved' })
  await press.ack()
  deps.refreshHome(by)
  const refused = outcomes.filter((one) => one.kind !== 'settled' && !(one.kind === 'voted' && one.isNew))
  if (outcomes.length > 0 && refused.length === 0) return
  if (outcomes.length === 0) return replyDecided(deps, press, found)
  await press.responder.reply(refusalMessage(outcomes, refused), 'Approval')
}

function refusalMessage(all: AnswerOutcome[], refused: AnswerOutcome[]) {
  const done = all.length - refused.length
  const reasons = refused.flatMap((one) => (one.kind === 'settled' ? [] : [outcomeMessage(one).text]))
  const count = done === 0 ? '' : `${pluralize(done, 'call')} approved, ${refused.length} not. `
  const text = `${count}${[...new Set(reasons)].join(' ')}`
  return { text, blocks: [sectionBlock(text)] }
}

async function openOneByOne(deps: GroupDeps, press: BlockAction): Promise<void> {
  const found = await findApprovalFor(deps, press.by, press.value)
  const open = found === undefined ? [] : openContentsOf(groupOf(found))
  const [first] = open
  if (found === undefined || first === undefined) return replyDecided(deps, press, found)
  const modal = await createGroupModalFor(deps, press.by, found)
  if (modal !== undefined) return void (await press.responder.openModal(modal))
  const approvers = await deps.runs.approversOf(first)
  await press.responder.reply(outcomeMessage({ kind: 'not_yours', approvers }), 'Approval')
}
