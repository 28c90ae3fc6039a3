import type { App } from '@slack/bolt'
import { z } from 'zod'
import { LIMITS } from '../block-kit/limits.ts'
import { errorChainOf } from '../errors.ts'
import { ApprovalId, type Principal } from '../ids.ts'
import type { AnswerOutcome, ApprovalAnswer } from '../run/runs.ts'
import type { CallState, RunState } from '../run/state/state.ts'
import { Anything } from './calls.ts'
import type { Deps } from './deps.ts'
import { type ApprovalFound, approvalFor, decidersFor } from './lookups.ts'
import { onPress, onWeightyPress, type Press } from './press.ts'
import { onSubmit, type Submit } from './submit.ts'
import { approvalCard, sayDecided } from './views/approval-card.ts'
import { input, modal, plain, type Saying, section } from './views/blocks.ts'
import { editForm, mayEdit, readTyped } from './views/edit-form.ts'
import { inline, listed, literal, mention, moment } from './views/text.ts'
import { sayAct } from './views/tool-words.ts'

const Keep = z.object({ approval: ApprovalId })

/** Approve, Deny, Edit, Always allow, and a reason for a denial. Who may decide is checked where it is decided. */
export function registerApprovals(app: App, deps: Deps): void {
  onWeightyPress(app, deps, 'approval_approve', (press) => decide(deps, press, { decision: 'approved' }))
  onWeightyPress(app, deps, 'approval_always', (press) => decide(deps, press, { decision: 'approved', always: true }))
  onWeightyPress(app, deps, 'approval_deny', (press) => decide(deps, press, { decision: 'denied' }))
  onPress(app, deps, 'approval_edit', (press) => openEdit(deps, press))
  onPress(app, deps, 'approval_reason', (press) => openReason(deps, press))
  onSubmit(app, deps, 'approval_edit', (submit) => submitEdit(deps, submit))
  onSubmit(app, deps, 'approval_reason', (submit) => submitReason(deps, submit))
}

async function decide(deps: Deps, press: Press, decision: Pick<ApprovalAnswer, 'decision' | 'always'>): Promise<void> {
  const id = ApprovalId.safeParse(press.value)
  const outcome: AnswerOutcome = id.success
    ? await deps.runs.answer({ approval: id.data, by: press.by, ...decision })
    : { kind: 'gone' }
  if (press.view?.kind === 'home') void deps.paintHome(press.by)
  else deps.refreshHome(press.by)
  if (outcome.kind === 'settled') return
  if (id.success && outcome.kind !== 'not_yours') await mendCard(deps, press, id.data)
  const onlyOnce = id.success && decision.always === true && outcome.kind === 'not_yours'
  const words = onlyOnce ? await sayOnlyOnce(deps, press.by, id.data) : undefined
  await press.scene.say(words ?? sayOutcome(outcome), 'Approval')
}

/** An approver may approve a call of somebody else, but a rule is that person's own to make. */
async function sayOnlyOnce(deps: Deps, by: Principal, id: ApprovalId): Promise<Saying | undefined> {
  const found = await approvalFor(deps, by, id)
  const requester = found?.state.origin.user
  if (found === undefined || requester === undefined || requester === by.user) return undefined
  if (!(await decidersFor(deps, found)).includes(by.user)) return undefined
  const text = `Only ${mention(requester)} can set _Always allow_ for themselves. You can approve it this once.`
  return { text, blocks: [section(text)] }
}

/** A card that still offers what is decided is a dead end: it is painted as it stands. */
async function mendCard(deps: Deps, { by, message }: Press, id: ApprovalId): Promise<void> {
  const found = await approvalFor(deps, by, id)
  if (message === undefined || found?.approval.decided === undefined) return
  const saying = approvalCard(found)
  try {
    await deps.calls.call('chat.update', { channel: message.channel, ts: message.ts, ...saying }, Anything)
  } catch (error) {
    deps.log.warn({ why: errorChainOf(error) }, 'decided card not mended')
  }
}

const ALREADY = {
  approved: 'This was already approved',
  denied: 'This was already denied',
  expired: 'This has already expired',
  stopped: 'This was already stopped',
}

function sayOutcome(outcome: Exclude<AnswerOutcome, { kind: 'settled' }>): Saying {
  const said = (text: string): Saying => ({ text, blocks: [section(text)] })
  switch (outcome.kind) {
    case 'already': {
      const by = outcome.by === undefined ? '' : ` by ${mention(outcome.by)}`
      return said(`${ALREADY[outcome.decision]}${by} ${moment(outcome.at)}.`)
    }
    case 'not_yours': {
      const who = listed(outcome.approvers.slice(0, 10).map(mention), 'or')
      return said(`Only ${who || 'somebody else'} can decide this.`)
    }
    case 'invalid':
      return said(`That does not fit the tool: ${literal(outcome.problems.map(({ message }) => message).join(' '))}`)
    case 'gone':
      return said('This is no longer waiting for a decision. Ask again if you still want it.')
    default:
      return outcome satisfies never
  }
}

type Found = { state: RunState; call: CallState }

/** The call to decide, if this person may decide it now; else they are told why not. */
async function openFor(deps: Deps, { by, value, scene }: Press): Promise<ApprovalFound | undefined> {
  const found = await approvalFor(deps, by, value)
  if (found === undefined) {
    await scene.say(sayOutcome({ kind: 'gone' }), 'Approval')
    return undefined
  }
  const { decided } = found.approval
  if (decided) {
    const text = sayDecided(decided)
    await scene.say({ text, blocks: [section(text)] }, 'Approval')
    return undefined
  }
  const approvers = await decidersFor(deps, found)
  if (approvers.includes(by.user)) return found
  await scene.say(sayOutcome({ kind: 'not_yours', approvers }), 'Approval')
  return undefined
}

async function openEdit(deps: Deps, press: Press): Promise<void> {
  const found = await openFor(deps, press)
  if (found === undefined) return
  if (mayEdit(found.call)) {
    await press.scene.open(editForm(found.call, { approval: press.value }))
    return
  }
  const text = 'This is too long to edit in Slack. Deny it, and reply in the thread with what should be different.'
  await press.scene.say({ text, blocks: [section(text)] }, 'Edit')
}

async function submitEdit(deps: Deps, { by, keep, typed, ack }: Submit): Promise<void> {
  const { approval } = Keep.parse(JSON.parse(keep))
  const found = await approvalFor(deps, by, approval)
  if (found === undefined) {
    await ack({ response_action: 'update', view: wordsModal(sayOutcome({ kind: 'gone' })) })
    return
  }
  const read = readTyped(found.call, typed)
  if (!read.ok) {
    await ack({ response_action: 'errors', errors: read.problems })
    return
  }
  const outcome = await deps.runs.answer({ approval, by, decision: 'approved', arguments: read.arguments })
  if (outcome.kind === 'settled') await ack()
  else if (outcome.kind === 'invalid')
    await ack({ response_action: 'errors', errors: atFields(outcome.problems, typed) })
  else await ack({ response_action: 'update', view: wordsModal(sayOutcome(outcome)) })
  deps.refreshHome(by)
}

/** Problems stand at their field; those of no field at the first. */
function atFields(problems: { field: string; message: string }[], typed: Submit['typed']): Record<string, string> {
  const [first = ''] = Object.keys(typed)
  const errors: Record<string, string> = {}
  for (const { field, message } of problems) {
    const [name = ''] = field.replace(/^\//, '').split(/[/.[]/)
    const at = name in typed ? name : first
    errors[at] = errors[at] === undefined ? message : `${errors[at]} ${message}`
  }
  return errors
}

const wordsModal = (saying: Saying) => modal({ id: 'reading', title: 'Approval', blocks: saying.blocks })

async function openReason(deps: Deps, { by, value, scene }: Press): Promise<void> {
  const decided = (await approvalFor(deps, by, value))?.approval.decided
  if (decided?.by !== by.user) {
    const text = decided?.by
      ? `Only ${mention(decided.by)}, who denied it, can give the reason.`
      : 'There is nothing to give a reason for.'
    await scene.say({ text, blocks: [section(text)] }, 'Reason')
    return
  }
  const field = input({
    id: 'reason',
    label: 'Why not?',
    hint: 'The person who asked will read it in the thread.',
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'value',
      multiline: true,
      max_length: 1_000,
      placeholder: plain('Use the other folder …', LIMITS.placeholder),
    },
  })
  const words = { id: 'approval_reason', title: 'Reason', submit: 'Send', close: 'Cancel' }
  await scene.open(modal({ ...words, blocks: [field], keep: { approval: value } }))
}

async function submitReason(deps: Deps, { by, keep, typed, ack }: Submit): Promise<void> {
  await ack()
  const { approval } = Keep.parse(JSON.parse(keep))
  const found = await deps.runs.approval(approval, by.workspace)
  const reason = typed.reason?.trim()
  if (found?.call.approval?.decided?.by !== by.user || !reason) return
  await tellReason(deps, found, by, reason)
}

async function tellReason({ calls }: Deps, { state, call }: Found, by: Principal, reason: string): Promise<void> {
  const { origin } = state
  const act = sayAct(call, 'wish')
  const wish = `_${inline(act.charAt(0).toLowerCase() + act.slice(1))}_`
  const text =
    by.user === origin.user
      ? `${mention(by.user)} does not want me to ${wish}: ${literal(reason)}`
      : `${mention(by.user)} denied the request of ${mention(origin.user)} to ${wish}: ${literal(reason)}`
  const place = { channel: origin.channel, thread_ts: origin.threadTs, unfurl_links: false, unfurl_media: false }
  await calls.call('chat.postMessage', { ...place, text, blocks: [section(text)] }, Anything)
}
