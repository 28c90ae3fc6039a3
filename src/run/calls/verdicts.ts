import type { UserId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import { findArgumentRisks } from '../../policy/arguments/find-risks.ts'
import { type CallFacts, decide, hostsIn, type Verdict } from '../../policy/decide.ts'
import type { ReadIndex } from '../../policy/flow/read-index.ts'
import type { Risk } from '../../policy/risk.ts'
import { reachOf } from '../../policy/rule-reach.ts'
import type { Rule } from '../../policy/rules.ts'
import type { AbleApprovers, ResolvedTool, RunDeps, Source, ToolClassification } from '../deps.ts'
import type { Origin } from '../state/events.ts'
import type { RunState } from '../state/state.ts'
import { conversationKeyOf } from '../storage/conversations.ts'
import { classificationFor, sourcesOf } from '../tools/offered-tools.ts'
import { definitionHashOf } from './call-hashes.ts'
import { findStrangeHosts, flowOfCall } from './flow-of-call.ts'

/** What is known of a call, what is decided on it, and whether the workspace's owners stand in for its approvers. */
export type VerdictDetails = { asked: CallFacts; verdict: Verdict; byOwners: boolean }

/** What a person's calls are judged by, as it is at this moment. */
export type PolicyInputs = {
  sources: Source[]
  rules: Rule[]
  approvers: CallFacts['approvers']
  /** What the run has read. */
  reads: ReadIndex
}

export async function policyInputsFor(deps: RunDeps, state: RunState): Promise<PolicyInputs> {
  const { origin } = state
  const [sources, policy, reads] = await Promise.all([
    sourcesOf(deps, origin),
    deps.rules.policyFor(origin),
    deps.readBy(state),
  ])
  return { sources, ...policy, reads }
}

export type Question = { policy: PolicyInputs; found: ResolvedTool<Source>; args: JsonObject }

/** May this call go ahead, by the rules of now? */
export function verdictFor(
  deps: RunDeps,
  state: RunState,
  { policy, found, args }: Question,
): { asked: CallFacts; verdict: Verdict } {
  const asked = askedOf(deps, state, { policy, found, args })
  return { asked, verdict: decide(asked, policy.rules) }
}

/** Asks once, and only where somebody has to decide; `atPress` holds the owners that the card asks. */
export function ableApproversIn(
  deps: RunDeps,
  origin: Origin,
  atPress?: UserId[],
): (named: UserId[]) => ReturnType<AbleApprovers> {
  let asked: ReturnType<AbleApprovers> | undefined
  return (named) => {
    if (named.length === 0) return Promise.resolve({ users: named, byOwners: false })
    asked ??= deps.ableApprovers(origin, named, atPress)
    return asked
  }
}

/** The same, with approvers who can still decide. The owners are asked only where the requester may not decide. */
export async function ableVerdictFor(
  deps: RunDeps,
  state: RunState,
  question: Question,
  able: (named: UserId[]) => ReturnType<AbleApprovers>,
): Promise<VerdictDetails> {
  const first = verdictFor(deps, state, question)
  if (first.verdict.kind !== 'ask') return { ...first, byOwners: false }
  const { policy } = question
  const { approvers, byOwners } = ablePartOf(await able(policy.approvers), first.verdict)
  // Without approvers the requester would decide, and here others have to.
  if (byOwners && approvers.length === 0)
    return { ...first, verdict: { kind: 'deny', risk: first.verdict.risk, why: [NOBODY_ABLE] }, byOwners: false }
  return { ...verdictFor(deps, state, { ...question, policy: { ...policy, approvers } }), byOwners }
}

const NOBODY_ABLE =
  'Nobody can approve this now: none of the approvers of this workspace can decide any more, and Slack does not say who owns it. An owner or admin can name approvers in my Home tab.'

/** The able approvers as far as a call asks for others than the requester. */
export function ablePartOf(
  { users, byOwners }: Awaited<ReturnType<AbleApprovers>>,
  { risk, fourEyes }: { risk: Risk; fourEyes: boolean },
): { approvers: UserId[]; byOwners: boolean } {
  const needsOthers = fourEyes || risk === 'destructive'
  return { approvers: byOwners && !needsOthers ? [] : users, byOwners: byOwners && needsOthers }
}

/** Everything policy/ wants to know of a call with these arguments. */
function askedOf(deps: RunDeps, state: RunState, { policy, found, args }: Question): CallFacts {
  const { source, tool } = found
  const word = classificationFor(deps, found)
  const sql = sqlReading(deps, word, args)
  const isChange = (sql?.risk ?? word.class) !== 'read'
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
    findings: [...findArgumentRisks(args, { isChange, sql: word.sql?.argument }), ...strange],
    flow: flowOfCall(deps, state, { found, args, reads: policy.reads }),
    untrusted: state.untrusted,
    shownIn: state.origin.place === 'channel' ? `<#${state.origin.channel}>` : undefined,
    conversation: conversationKeyOf(state.origin),
    reach: reachIn(state.origin, word, { sql, args }),
    approvers: policy.approvers,
    shared: source.shared,
  }
}

function reachIn(
  { place, channel }: Origin,
  word: ToolClassification,
  { sql, args }: { sql: CallFacts['sql']; args: JsonObject },
): CallFacts['reach'] {
  const read = word.sql && { argument: word.sql.argument, ...sql }
  return reachOf({ place: place === 'dm' ? place : channel, arguments: args, sql: read })
}

function sqlReading(deps: RunDeps, { sql }: ToolClassification, args: JsonObject): CallFacts['sql'] {
  const text = sql === undefined ? undefined : args[sql.argument]
  return sql && typeof text === 'string' ? deps.readSql(text, sql.dialect) : undefined
}
