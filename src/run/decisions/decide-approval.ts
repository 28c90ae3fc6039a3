import type { ApprovalId, Principal, RunId, UserId, WorkspaceId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import { approversFor } from '../../policy/decide.ts'
import { callHashOf, definitionHashOf } from '../calls/call-hashes.ts'
import { ableApproversIn, ablePartOf, ableVerdictFor, policyInputsFor } from '../calls/verdicts.ts'
import type { ResolvedTool, RunDeps, Source } from '../deps.ts'
import type { AnswerOutcome, ApprovalAnswer, DenialReason } from '../runs.ts'
import type { EventOf } from '../state/events.ts'
import type { ApprovalState, CallState, RunState } from '../state/state.ts'
import type { SettledOutcome } from '../storage/run-store.ts'

export type OpenApproval = { state: RunState; call: CallState; approval: ApprovalState }
type Open = OpenApproval
type Refusal = Exclude<AnswerOutcome, { kind: 'settled' }>

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
  return rows.map(openIn).filter((open) => open !== undefined)
}

/** Who may decide this approval at this moment. */
export async function currentApproversFor(
  deps: RunDeps,
  { state: { origin }, approval }: Pick<Open, 'state' | 'approval'>,
): Promise<UserId[]> {
  const { risk, fourEyes } = approval
  const able = ableApproversIn(deps, origin, ownersOn(approval))
  const { approvers, byOwners } = ablePartOf(await able(await deps.rules.approversOf(origin.workspace)), {
    risk,
    fourEyes,
  })
  // Without approvers the requester would decide, and here others have to.
  if (byOwners && approvers.length === 0) return []
  return approversFor({ risk, fourEyes, requester: origin.user, approvers })
}

const ownersOn = ({ approvers, byOwners }: ApprovalState): UserId[] => (byOwners ? approvers : [])

/**
 * Settles an approval once. Who presses is checked here, at the moment of the press, whatever the buttons showed;
 * edited arguments are checked against the tool's schema and judged anew.
 * Returns the outcome, and the run to go on with if this instance won it.
 */
export async function decideApproval(
  deps: RunDeps,
  answer: ApprovalAnswer,
): Promise<{ outcome: AnswerOutcome; claim?: { run: RunId; fence: number } }> {
  const open = await findApproval(deps, answer.approval, answer.by.workspace)
  if (!open) return { outcome: { kind: 'gone' } }
  const edit = await checkAnswer(deps, open, answer)
  if ('kind' in edit) return { outcome: edit }
  const decided = await deps.store.settle({
    approval: answer.approval,
    status: answer.decision,
    by: answer.by,
    event: answeredEvent(deps, open, answer, edit),
  })
  if (decided.kind === 'gone') return { outcome: { kind: 'gone' } }
  const claim = decided.fence == null ? {} : { claim: { run: decided.run, fence: decided.fence } }
  return { outcome: outcomeOf(decided), ...claim }
}

/** What the store made of an answer. */
export function outcomeOf(decided: SettledOutcome): AnswerOutcome {
  if (decided.kind !== 'already') return { kind: decided.kind }
  return { kind: 'already', decision: decided.decision, by: decided.by ?? undefined, at: decided.at }
}

type Edit = { arguments?: JsonObject; hash?: string }

/** What an answer changes, or why this person may not give it now. */
export async function checkAnswer(deps: RunDeps, open: Open, answer: ApprovalAnswer): Promise<Refusal | Edit> {
  const { approval } = open
  if (approval.decided) {
    const { decision, by, at } = approval.decided
    return { kind: 'already', decision, by, at }
  }
  const allowed = await currentApproversFor(deps, open)
  if (!allowed.includes(answer.by.user)) return { kind: 'not_yours', approvers: allowed }
  const refused = standingRefusal(open, answer)
  if (refused) return refused
  return answer.decision === 'approved' ? judgeAnew(deps, open, answer) : {}
}

/** A standing permission is the connection owner's to give, and not for everything. */
function standingRefusal({ state, approval }: Open, answer: ApprovalAnswer): Refusal | undefined {
  if (answer.width === undefined || answer.width === 'once') return undefined
  if (!approval.mayAlways)
    return { kind: 'invalid', problems: [{ field: '', message: 'This one asks every time. You can approve it once.' }] }
  return answer.by.user === state.origin.user ? undefined : { kind: 'not_yours', approvers: [state.origin.user] }
}

/**
 * An approval is for what the rules say now: a rule made since the card was shown counts. Edited arguments must fit the
 * tool, and may not do more harm than this person may approve.
 */
async function judgeAnew(
  deps: RunDeps,
  open: Open,
  { by, arguments: edited }: ApprovalAnswer,
): Promise<Refusal | Edit> {
  const problems = edited === undefined ? [] : deps.argumentProblems(open.call.schema, edited)
  if (problems.length > 0) return { kind: 'invalid', problems }
  const policy = await policyInputsFor(deps, open.state.origin)
  const found = toolOf(open.call, policy.sources)
  // What changed under an unedited approval is found when it is called, and told to the model.
  if (!found) return edited === undefined ? {} : changedMeanwhile
  const question = { policy, found, args: edited ?? open.call.arguments }
  const { verdict } = await ableVerdictFor(
    deps,
    open.state,
    question,
    ableApproversIn(deps, open.state.origin, ownersOn(open.approval)),
  )
  if (verdict.kind === 'deny') return { kind: 'invalid', problems: [{ field: '', message: verdict.why.join(' ') }] }
  if (verdict.kind === 'ask' && !verdict.approvers.includes(by.user)) {
    return { kind: 'not_yours', approvers: verdict.approvers }
  }
  if (edited === undefined) return {}
  return { arguments: edited, hash: callHashOf(found.source.id, definitionHashOf(found.tool), edited) }
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
export function answeredEvent(deps: RunDeps, { call }: Open, answer: ApprovalAnswer, edit: Edit): EventOf<'answered'> {
  return {
    type: 'answered',
    call: call.id,
    approval: answer.approval,
    decision: answer.decision,
    by: answer.by.user,
    at: deps.now().toISOString(),
    ...(answer.width && { width: answer.width }),
    ...edit,
  }
}

/** Writes down why a person denied a call, for the model and the record. The run it is about, if it was they who denied it. */
export async function explainDenial(deps: RunDeps, { approval, by, reason }: DenialReason): Promise<RunId | undefined> {
  const open = await findApproval(deps, approval, by.workspace)
  if (!open) return undefined
  const at = deps.now().toISOString()
  const event = { type: 'denial_explained' as const, call: open.call.id, approval, by: by.user, reason, at }
  return (await deps.store.explain(by, event)) ?? undefined
}
