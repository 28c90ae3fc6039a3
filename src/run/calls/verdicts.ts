import type { UserId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import { findArgumentRisks } from '../../policy/arguments/find-risks.ts'
import type { CallFacts, Verdict } from '../../policy/call-facts.ts'
import { decide, hostsIn } from '../../policy/decide.ts'
import type { ReadIndex } from '../../policy/flow/read-index.ts'
import type { Risk } from '../../policy/risk.ts'
import { reachOf } from '../../policy/rule-reach.ts'
import type { Rule } from '../../policy/rules.ts'
import type { AbleApprovers, GroupApprovers, ResolvedTool, RunDeps, Source, ToolClassification } from '../deps.ts'
import type { Origin } from '../state/events.ts'
import type { RunState } from '../state/state.ts'
import { conversationKeyOf } from '../storage/conversations.ts'
import { classificationFor, sourcesOf } from '../tools/offered-tools.ts'
import { definitionHashOf } from './call-hashes.ts'
import { findStrangeHosts, flowOfCall, isPrivate } from './flow-of-call.ts'

/** What is known of a call, what is decided on it, and whether the workspace's owners stand in for its approvers. */
export type VerdictDetails = { asked: CallFacts; verdict: Verdict; byOwners: boolean; groupNames?: string }

/** What a person's calls are judged by, as it is at this moment. */
export type PolicyInputs = {
  sources: Source[]
  rules: Rule[]
  approvers: CallFacts['approvers']
  /** Who may approve of the user groups that rules name, once that is known. */
  members?: UserId[] | undefined
  /** What the run has read. */
  reads: ReadIndex
}

export async function policyInputsFor(deps: RunDeps, state: RunState): Promise<PolicyInputs> {
  const { origin } = state
  const [sources, policy, reads] = await Promise.all([
    sourcesOf(deps, state),
    deps.rules.policyFor(origin),
    deps.readBy(state),
  ])
  return { sources, ...policy, reads }
}

export type Question = { policy: PolicyInputs; found: ResolvedTool<Source>; args: JsonObject }

type JudgeDeps = Pick<RunDeps, 'classificationOf' | 'destinationOf' | 'readSql'>

/** May this call go ahead, by the rules of now? */
export function verdictFor(
  deps: JudgeDeps,
  state: RunState,
  { policy, found, args }: Question,
): { asked: CallFacts; verdict: Verdict } {
  const asked = askedOf(deps, state, { policy, found, args })
  const verdict = decide(asked, policy.rules)
  if (verdict.kind !== 'ask' || verdict.shows === undefined || asked.showsIn === undefined) return { asked, verdict }
  return { asked: { ...asked, reach: { place: asked.showsIn, arguments: [], shows: true } }, verdict }
}

/** Who can decide at this moment: of the named approvers, and of user groups. */
export type ApproverSource = {
  of(named: UserId[]): ReturnType<AbleApprovers>
  in(groups: string[]): ReturnType<GroupApprovers>
}

/** Asks once, and only where somebody has to decide; `atPress` holds the owners that the card asks, `pressers` who decides now. */
export function ableApproversIn(
  deps: RunDeps,
  origin: Origin,
  o: { atPress?: UserId[]; pressers?: UserId[] } = {},
): ApproverSource {
  let asked: ReturnType<AbleApprovers> | undefined
  const byGroups = new Map<string, ReturnType<GroupApprovers>>()
  return {
    of(named) {
      if (named.length === 0) return Promise.resolve({ users: named, byOwners: false })
      asked ??= deps.ableApprovers(origin, named, o.atPress)
      return asked
    },
    in(groups) {
      const key = groups.join()
      const members = byGroups.get(key) ?? deps.groupApprovers(origin, groups, o.pressers ?? [])
      byGroups.set(key, members)
      return members
    },
  }
}

/** The same, with approvers who can still decide. The owners are asked only where the requester may not decide. */
export async function ableVerdictFor(
  deps: RunDeps,
  state: RunState,
  question: Question,
  able: ApproverSource,
): Promise<VerdictDetails> {
  const first = verdictFor(deps, state, question)
  if (first.verdict.kind !== 'ask') return { ...first, byOwners: false }
  const { policy } = question
  if (first.verdict.groups.length > 0) {
    const { users, byOwners, names } = await able.in(first.verdict.groups)
    const asked = { ...question, policy: { ...policy, members: users } }
    return { ...verdictFor(deps, state, asked), byOwners, groupNames: names }
  }
  const { approvers, byOwners } = ablePartOf(await able.of(policy.approvers), first.verdict)
  // Without approvers the requester would decide, and here others have to.
  if (byOwners && approvers.length === 0)
    return { ...first, verdict: { kind: 'deny', risk: first.verdict.risk, why: [NOBODY_ABLE] }, byOwners: false }
  return { ...verdictFor(deps, state, { ...question, policy: { ...policy, approvers } }), byOwners }
}

const NOBODY_ABLE =
  'Nobody can approve this now: none of the approvers of this workspace can decide any more, and Slack does not say who its owners are. An owner can name approvers in my Home tab.'

/** The able approvers as far as a call asks for others than the requester. */
export function ablePartOf(
  { users, byOwners }: Awaited<ReturnType<AbleApprovers>>,
  { risk, fourEyes, needed = 1 }: { risk: Risk; fourEyes: boolean; needed?: number | undefined },
): { approvers: UserId[]; byOwners: boolean } {
  const needsOthers = fourEyes || risk === 'destructive' || needed > 1
  return { approvers: byOwners && !needsOthers ? [] : users, byOwners: byOwners && needsOthers }
}

/** Everything policy/ wants to know of a call with these arguments. */
function askedOf(deps: JudgeDeps, state: RunState, { policy, found, args }: Question): CallFacts {
  const { source, tool } = found
  const word = classificationFor(deps, found)
  const sql = sqlReading(deps, word, args)
  const isChange = (sql?.risk ?? word.class) !== 'read'
  // A skill's file is one that the skill itself lists; any other is refused.
  const shown = tool.builtin === 'read_skill' ? [] : findArgumentRisks(args, { isChange, sql: word.sql?.argument })
  const strange = isChange ? [] : findStrangeHosts(policy.reads, source, args)
  return {
    requester: state.origin.user,
    connection: source.id,
    card: source.card,
    tool: tool.name,
    definition: definitionHashOf(tool),
    word,
    annotations: tool.annotations,
    sql,
    hosts: hostsIn(args),
    findings: [...shown, ...strange],
    flow: flowOfCall(deps, state, { found, args, reads: policy.reads }),
    untrusted: state.untrusted,
    shownIn: state.origin.place === 'channel' ? `<#${state.origin.channel}>` : undefined,
    showsIn: showsIn(state, source),
    conversation: conversationKeyOf(state.origin),
    reach: reachIn(state.origin, word, { sql, args }),
    approvers: policy.approvers,
    shared: source.shared,
    members: policy.members,
  }
}

/** Whoever let one answer of a connection into a channel need not be asked again for the same request. */
function showsIn({ origin, calls }: RunState, source: Source): string | undefined {
  if (origin.place !== 'channel' || !isPrivate(source)) return undefined
  const isLetIn = calls.some(
    ({ connection, approval: { decided } = {} }) =>
      connection === source.id && decided?.decision === 'approved' && decided.by === origin.user,
  )
  return isLetIn ? undefined : origin.channel
}

function reachIn(
  { place, channel }: Origin,
  word: ToolClassification,
  { sql, args }: { sql: CallFacts['sql']; args: JsonObject },
): CallFacts['reach'] {
  const read = word.sql && { argument: word.sql.argument, ...sql }
  return reachOf({ place: place === 'dm' ? place : channel, arguments: args, sql: read })
}

function sqlReading(deps: JudgeDeps, { sql }: ToolClassification, args: JsonObject): CallFacts['sql'] {
  const text = sql === undefined ? undefined : args[sql.argument]
  return sql && typeof text === 'string' ? deps.readSql(text, sql.dialect) : undefined
}
