import type { RunId } from '../../ids.ts'
import type { Rule } from '../../policy/rules.ts'
import { policyInputsFor, verdictFor } from '../calls/verdicts.ts'
import type { RunDeps } from '../deps.ts'
import type { AnswerOutcome, ApprovalAnswer, ApprovalsAnswer } from '../runs.ts'
import type { EventOf, Origin } from '../state/events.ts'
import type { SettledOutcomes } from '../storage/approval-store.ts'
import { conversationKeyOf } from '../storage/conversations.ts'
import {
  answeredEvent,
  checkAnswer,
  decideApproval,
  findApproval,
  type OpenApproval,
  outcomeOf,
  pendingFor,
  toolOf,
} from './decide-approval.ts'

/** What came of each answer, and the runs to go on with: with a fence where this instance claimed one. */
type Settlement = { outcomes: AnswerOutcome[]; runs: SettledOutcomes['claims'] }

/** Settles one approval; an answer that makes a rule settles at once what the rule covers of all that waits. */
export async function decideAnswer(
  deps: RunDeps,
  answer: ApprovalAnswer,
): Promise<{ outcome: AnswerOutcome; runs: { run: RunId; fence: number | null }[] }> {
  if (answer.width === undefined || answer.width === 'once') return decideOne(deps, answer)
  const open = await findApproval(deps, answer.approval, answer.by.workspace)
  if (!open) return { outcome: { kind: 'gone' }, runs: [] }
  const checked = await checkAnswer(deps, open, answer)
  if ('kind' in checked) return { outcome: checked, runs: [] }
  const event = answeredEvent(deps, open, answer, checked)
  const covered = await findCovered(deps, open, { answer, reach: event.reach })
  const events = [
    event,
    ...covered.map((other): EventOf<'answered'> => ({ ...coveredEvent(deps, other, answer), byRule: true })),
  ]
  const settled = await deps.store.settleTogether(answer.by, events, answer.width)
  const [first] = settled.outcomes
  return { outcome: first === undefined ? { kind: 'gone' } : outcomeOf(first), runs: settled.claims }
}

async function decideOne(deps: RunDeps, answer: ApprovalAnswer) {
  const { outcome, claim } = await decideApproval(deps, answer)
  if (claim) return { outcome, runs: [claim] }
  if (!['settled', 'voted', 'proposed'].includes(outcome.kind)) return { outcome, runs: [] }
  const open = await findApproval(deps, answer.approval, answer.by.workspace)
  return { outcome, runs: open ? [{ run: open.state.id, fence: null }] : [] }
}

const coveredEvent = (deps: RunDeps, other: OpenApproval, { by }: ApprovalAnswer): EventOf<'answered'> =>
  answeredEvent(deps, other, { approval: other.approval.id, by, decision: 'approved' }, {})

/** Settles what one person decides on one card. The right is checked for each; what they may not decide stays open. */
export async function decideTogether(deps: RunDeps, together: ApprovalsAnswer): Promise<Settlement> {
  const { by, decision, reason } = together
  const checked = await Promise.all(
    together.approvals.map(async (approval) => {
      const open = await findApproval(deps, approval, by.workspace)
      if (!open) return { refusal: { kind: 'gone' } as const }
      const answer = { approval, by, decision, reason }
      const may = await checkAnswer(deps, open, answer)
      return 'kind' in may ? { refusal: may } : { event: answeredEvent(deps, open, answer, may) }
    }),
  )
  const events = checked.flatMap(({ event }) => (event === undefined ? [] : [event]))
  const settled =
    events.length === 0 ? { outcomes: [], claims: [] } : await deps.store.settleTogether(by, events, 'once')
  const byId = new Map(events.map(({ approval }, at) => [approval, settled.outcomes[at]]))
  const outcomes = checked.map(({ refusal, event }): AnswerOutcome => {
    const outcome = event && byId.get(event.approval)
    return refusal ?? (outcome === undefined ? { kind: 'gone' } : outcomeOf(outcome))
  })
  return { outcomes, runs: settled.claims }
}

type NewRule = { answer: ApprovalAnswer; reach: Rule['reach'] }

/** What waits for this person and asks no more under the rule they are about to make. */
async function findCovered(deps: RunDeps, open: OpenApproval, made: NewRule): Promise<OpenApproval[]> {
  const [waiting, policy] = await Promise.all([pendingFor(deps, made.answer.by), policyInputsFor(deps, open.state)])
  const rules = [...policy.rules, ruleOf(open, made, deps.now())]
  return waiting.filter((other) => {
    if (other.approval.id === open.approval.id || !isLike(open, other) || !isAsFirstAsked(other)) return false
    const found = toolOf(other.call, policy.sources)
    const question = found && { policy: { ...policy, rules }, found, args: other.call.arguments }
    return question !== undefined && verdictFor(deps, other.state, question).verdict.kind === 'allow'
  })
}

const isLike = (open: OpenApproval, other: OpenApproval): boolean =>
  other.state.origin.user === open.state.origin.user &&
  other.approval.mayAlways &&
  other.call.connection === open.call.connection &&
  other.call.tool === open.call.tool

/** Somebody else than at first is asked where the call was changed since. */
const isAsFirstAsked = ({ approval: { approvers, askedFirst } }: OpenApproval): boolean =>
  askedFirst === undefined || String(askedFirst) === String(approvers)

function ruleOf({ state, call }: OpenApproval, { answer: { width }, reach }: NewRule, now: Date): Rule {
  const { origin } = state
  return {
    id: '',
    scope: 'person',
    user: origin.user,
    card: undefined,
    connection: call.connection,
    connectionName: call.connectionName,
    conversation: conversationIn(origin, width),
    reach,
    tool: call.tool,
    verdict: 'allow',
    fourEyes: false,
    definition: call.definition,
    createdAt: now,
    createdBy: origin.user,
  }
}

const conversationIn = (origin: Origin, width: ApprovalAnswer['width']): string | undefined =>
  width === 'thread' ? conversationKeyOf(origin) : undefined
