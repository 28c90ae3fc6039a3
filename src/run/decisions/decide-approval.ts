import type { ApprovalId, Principal, RunId, UserId, WorkspaceId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import type { Verdict } from '../../policy/call-facts.ts'
import type { RuleReach } from '../../policy/rule-reach.ts'
import { callHashOf, definitionHashOf } from '../calls/call-hashes.ts'
import { ableVerdictFor, policyInputsFor } from '../calls/verdicts.ts'
import type { ResolvedTool, RunDeps, Source } from '../deps.ts'
import type { AnswerOutcome, ApprovalAnswer } from '../runs.ts'
import type { EventOf } from '../state/events.ts'
import type { ApprovalState, CallState, EditProposal, RunState } from '../state/state.ts'
import type { SettledOutcome } from '../storage/approval-store.ts'
import { createAbleFor, currentApproversFor } from './current-approvers.ts'
import { hasVoted, neededFor, severalApprove, type Vote, votingFor } from './votes.ts'

export type OpenApproval = { state: RunState; call: CallState; approval: ApprovalState }
type Open = OpenApproval
type Refusal = Exclude<AnswerOutcome, { kind: 'settled' | 'voted' | 'proposed' }>

/** The run and call an approval is about, as they are now. */
export async function findApproval(deps: RunDeps, id: ApprovalId, workspace: WorkspaceId): Promise<Open | undefined> {
  const row = await deps.store.approval(id, workspace)
  const open = row && openIn(row)
  return open?.approval.id === id ? open : undefined
}

type Row = NonNullable<Awaited<ReturnType<RunDeps['store']['approval']>>>

function openIn(row: Row): Open | undefined {
  const { state } = row
  const call = state.calls.find((one) => one.id === row.call)
  return call?.approval ? { state, call, approval: call.approval } : undefined
}

/** What a person may decide now, oldest first. */
export async function pendingFor(deps: RunDeps, principal: Principal): Promise<Open[]> {
  const rows = await deps.store.pending(principal)
  const open = rows.map(openIn).filter((one) => one !== undefined)
  return open.filter(({ approval }) => !hasVoted(approval, principal.user))
}

/** What came of it, and the run to go on with if this instance won it. */
type Decided<O = AnswerOutcome> = { outcome: O; claim?: { run: RunId; fence: number } }

/**
 * Settles an approval once. Who presses is checked here, at the moment of the press, whatever the buttons showed; edited arguments are
 * checked against the tool's schema and judged anew. Where somebody else's call was edited, that is only proposed: its requester decides.
 */
export async function decideApproval(deps: RunDeps, answer: ApprovalAnswer): Promise<Decided> {
  const open = await findApproval(deps, answer.approval, answer.by.workspace)
  if (!open) return { outcome: { kind: 'gone' } }
  const checked = await checkAnswer(deps, open, answer)
  if ('kind' in checked) return { outcome: checked }
  const isOwn = answer.by.user === open.state.origin.user
  return checked.edit && !isOwn ? proposeEdit(deps, open, answer, checked.edit) : settle(deps, open, answer, checked)
}

async function settle(deps: RunDeps, open: Open, answer: ApprovalAnswer, checked: Checked): Promise<Decided> {
  const { approval, decision, by } = answer
  const event = answeredEvent(deps, open, answer, checked)
  const settled = await deps.store.settle({ approval, status: decision, by, event })
  const claim = claimIn(settled)
  return { outcome: outcomeOf(settled), ...claim }
}

/** What the store made of an answer. */
export function outcomeOf(settled: SettledOutcome): AnswerOutcome {
  if (settled.kind === 'settled') return { kind: 'settled' }
  if (settled.kind !== 'voted') return refusalIn(settled)
  const { kind, votes, needed, isNew } = settled
  return { kind, votes, needed, isNew }
}

async function proposeEdit(deps: RunDeps, { state, call }: Open, answer: ApprovalAnswer, edit: Edit): Promise<Decided> {
  const event: EventOf<'edit_proposed'> = {
    type: 'edit_proposed',
    call: call.id,
    approval: answer.approval,
    by: answer.by.user,
    ...edit,
    at: deps.now().toISOString(),
  }
  const proposed = await deps.store.propose(answer.by, event)
  const claim = claimIn(proposed)
  if (proposed.kind !== 'proposed') return { outcome: refusalIn(proposed), ...claim }
  return { outcome: { kind: 'proposed', requester: state.origin.user }, ...claim }
}

type Stored = Awaited<ReturnType<RunDeps['store']['settle'] | RunDeps['store']['propose']>>

const claimIn = (stored: Stored): Pick<Decided, 'claim'> =>
  'fence' in stored && stored.fence != null ? { claim: { run: stored.run, fence: stored.fence } } : {}

/** What kept an answer from counting. */
function refusalIn(stored: Exclude<Stored, { kind: 'settled' | 'voted' | 'proposed' }>): Refusal {
  if (stored.kind !== 'already') return stored
  return { kind: 'already', decision: stored.decision, by: stored.by ?? undefined, at: stored.at }
}

type Edit = { arguments: JsonObject; hash: string; risk: Verdict['risk'] }
/** What is approved, where that differs from what the model asked for, and what a rule made with it holds for. */
type Checked = { edit?: Edit; reach?: RuleReach | undefined; verdict?: Verdict } & Partial<Vote>

/** What an answer changes, or why this person may not give it now. */
export async function checkAnswer(deps: RunDeps, open: Open, answer: ApprovalAnswer): Promise<Refusal | Checked> {
  const { approval } = open
  if (approval.decided) {
    const { decision, by, at } = approval.decided
    return { kind: 'already', decision, by, at }
  }
  if (approval.proposal) return checkConfirmation(deps, open, approval.proposal, answer)
  if (answer.confirms) return { kind: 'gone' }
  const allowed = await currentApproversFor(deps, open, answer.by.user)
  if (!allowed.includes(answer.by.user)) return { kind: 'not_yours', approvers: allowed }
  const refused = standingRefusal(open, answer)
  if (refused) return refused
  if (answer.decision === 'denied') return {}
  const judged = await judgeAnew(deps, open, answer.arguments, [answer.by.user])
  if ('kind' in judged) return judged
  if (makesRule(answer) && reachNow(open, judged) === undefined) return asksEveryTime
  return { ...judged, ...votingFor(approval, judged.verdict, allowed) }
}

/** Only the requester answers a proposal, and approves it only where it is what they were shown. */
async function checkConfirmation(
  deps: RunDeps,
  open: Open,
  { by, arguments: changed }: EditProposal,
  answer: ApprovalAnswer,
): Promise<Refusal | Checked> {
  const requester = open.state.origin.user
  const isShown = answer.decision === 'denied' || answer.confirms
  if (answer.by.user !== requester || !isShown) return { kind: 'changed', by, requester }
  if (answer.decision === 'denied') return {}
  const judged = await judgeAnew(deps, open, changed, [by, requester])
  return 'kind' in judged && judged.kind === 'not_yours' ? otherApproverNeeded : judged
}

const otherApproverNeeded: Refusal = {
  kind: 'invalid',
  problems: [{ field: '', message: 'Who changed this may no longer approve it. Deny it and ask again.' }],
}

const makesRule = ({ width = 'once' }: Pick<ApprovalAnswer, 'width'>): boolean => width !== 'once'

/** What a rule made with an answer holds for: what the card showed, or what was made of it. Undefined where it asks every time now. */
function reachNow({ approval }: Open, { edit, reach, verdict }: Checked): RuleReach | undefined {
  if (verdict?.kind === 'ask' && !verdict.mayAlways) return undefined
  return edit === undefined ? approval.reach : reach
}

const asksEveryTime: Refusal = {
  kind: 'invalid',
  problems: [{ field: '', message: 'This one asks every time. You can approve it once.' }],
}

/** A standing permission is the connection owner's to give, and not for everything. */
function standingRefusal({ state, approval }: Open, answer: ApprovalAnswer): Refusal | undefined {
  if (!makesRule(answer)) return undefined
  if (!approval.mayAlways) return asksEveryTime
  return answer.by.user === state.origin.user ? undefined : { kind: 'not_yours', approvers: [state.origin.user] }
}

/**
 * An approval is for what the rules say now: a rule made since the card was shown counts. Edited arguments must fit the
 * tool, and may not do more harm than one of these people may approve.
 */
async function judgeAnew(
  deps: RunDeps,
  open: Open,
  edited: JsonObject | undefined,
  people: UserId[],
): Promise<Refusal | Checked> {
  const { state, call, approval } = open
  const problems = edited === undefined ? [] : deps.argumentProblems(call.schema, edited)
  if (problems.length > 0) return { kind: 'invalid', problems }
  const policy = await policyInputsFor(deps, state)
  const found = toolOf(call, policy.sources)
  // What changed under an unedited approval is found when it is called, and told to the model.
  if (!found) return edited === undefined ? {} : changedMeanwhile
  const question = { policy, found, args: edited ?? call.arguments }
  const able = createAbleFor(deps, { origin: state.origin, approval }, people)
  const { asked, verdict } = await ableVerdictFor(deps, state, question, able)
  const edit = editIn(open, found, { edited, risk: verdict.risk })
  return refusedBy(verdict, people) ?? withEdit(approval, { edit, reach: asked.reach, verdict })
}

function withEdit(
  approval: ApprovalState,
  { edit, reach, verdict }: { edit: Edit | undefined; reach: RuleReach | undefined; verdict: Verdict },
): Refusal | Checked {
  if (edit && neededFor(approval, verdict) > 1) return severalApprove
  const mayRule = verdict.kind === 'ask' && verdict.mayAlways
  return { ...(edit && { edit }), reach: mayRule ? reach : undefined, verdict }
}

function refusedBy(verdict: Verdict, people: UserId[]): Refusal | undefined {
  if (verdict.kind === 'deny') return { kind: 'invalid', problems: [{ field: '', message: verdict.why.join(' ') }] }
  if (verdict.kind === 'allow' || people.some((user) => verdict.approvers.includes(user))) return undefined
  return { kind: 'not_yours', approvers: verdict.approvers }
}

/** What was edited; a form that was sent as it was is a plain approval. */
function editIn(
  { call }: Open,
  { source, tool }: ResolvedTool<Source>,
  { edited, risk }: { edited: JsonObject | undefined; risk: Verdict['risk'] },
): Edit | undefined {
  if (edited === undefined) return undefined
  const hash = callHashOf(source.id, definitionHashOf(tool), edited)
  return hash === call.hash ? undefined : { arguments: edited, hash, risk }
}

/** The tool of a call, if its connection still offers it as it was when the card was shown. */
export function toolOf(call: CallState, sources: Source[]): ResolvedTool<Source> | undefined {
  const source = sources.find((one) => one.id === call.connection)
  const tool = source?.tools.find((one) => one.name === call.tool)
  return source && tool && definitionHashOf(tool) === call.definition ? { source, tool } : undefined
}

const changedMeanwhile: Refusal = {
  kind: 'invalid',
  problems: [{ field: '', message: 'The server changed this tool meanwhile. Deny this and ask again.' }],
}

/** The answer as it is written down. */
export function answeredEvent(
  deps: RunDeps,
  open: Open,
  answer: ApprovalAnswer,
  checked: Checked,
): EventOf<'answered'> {
  const { edit, needed, lost } = checked
  const reach = makesRule(answer) ? reachNow(open, checked) : undefined
  return {
    type: 'answered',
    call: open.call.id,
    approval: answer.approval,
    decision: answer.decision,
    by: answer.by.user,
    at: deps.now().toISOString(),
    ...(answer.width && { width: answer.width }),
    ...(answer.decision === 'approved' && needed !== undefined && { needed, lost: lost ?? [] }),
    ...(answer.reason !== undefined && { reason: answer.reason }),
    ...(edit && { arguments: edit.arguments, hash: edit.hash }),
    ...(reach && { reach }),
  }
}
