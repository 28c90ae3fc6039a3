import { createApprovalId } from '../../ids.ts'
import type { JsonValue } from '../../json.ts'
import type { CallFacts, Verdict } from '../../policy/call-facts.ts'
import type { ResolvedTool, RunDeps, Source } from '../deps.ts'
import type { EventOf, RunEvent } from '../state/events.ts'
import type { CallState } from '../state/state.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'
import { classificationFor, nameTools } from '../tools/offered-tools.ts'
import { findConnectionsLike } from '../tools/same-tool.ts'
import { callHashOf, definitionHashOf } from './call-hashes.ts'
import { callTools, createCalledEvent, createRefusedEvent, type ReadyCall } from './call-tools.ts'
import { changedToolText, changedVerdictFor, isChangedTool } from './changed-tools.ts'
import { isReplacing } from './file-to-replace.ts'
import { unlistedProblemFor } from './unlisted-resource.ts'
import {
  ableApproversIn,
  ableVerdictFor,
  policyInputsFor,
  type Question,
  type VerdictDetails,
  verdictFor,
} from './verdicts.ts'

/** How long a person has to decide. */
const APPROVAL_TTL_MS = 24 * 3_600_000

/**
 * Judges the calls that the model requested: each goes ahead, waits for a person, or is refused. What may go ahead is begun in
 * the same stroke: its `called` is written together with its `judged`, before the first byte goes out.
 */
export async function judgeCalls(deps: RunDeps, leased: LeasedRun, calls: CallState[]): Promise<void> {
  const decidedAt = leased.seq
  const policy = await policyInputsFor(deps, leased.state)
  const tools = nameTools(policy.sources)
  const able = ableApproversIn(deps, leased.state.origin)
  const judgeOne = async (call: CallState) => {
    const found = tools.get(call.offeredAs)
    if (!found) return notBegun(createRefusedEvent(deps, call, `There is no tool called ${call.offeredAs}.`))
    const problem = argumentProblemIn(deps, call, found)
    if (problem !== undefined) return notBegun(createRefusedEvent(deps, call, problem))
    const asked = { policy, found, args: call.arguments }
    const judgement = await judgementFor(deps, leased, asked, able)
    const { verdict } = judgement
    const unlisted = await unlistedProblemFor(deps, leased, { ...asked, verdict })
    if (unlisted !== undefined) return notBegun(createRefusedEvent(deps, call, unlisted))
    const replaces = verdict.kind === 'ask' && (await isReplacing(deps, leased, asked))
    const event = judgedEvent(deps, call, { found, replaces, ...judgement })
    if (verdict.kind !== 'allow') return notBegun(event)
    return { events: [event, createCalledEvent(deps, call)], ready: [{ id: call.id, found }] }
  }
  const judged = await Promise.all(calls.map(judgeOne))
  const events = judged.flatMap((one): RunEvent[] => one.events)
  if (!(await appendEvents(deps, leased, events, { decidedAt }))) return
  const begun = new Map(leased.state.calls.map((call) => [call.id, call]))
  const ready = judged.flatMap((one) =>
    one.ready.flatMap(({ id, found }) => {
      const call = begun.get(id)
      return call === undefined ? [] : [{ call, ...found, others: findConnectionsLike(found, policy.sources) }]
    }),
  )
  await callTools(deps, leased, ready)
}

async function judgementFor(
  deps: RunDeps,
  { state }: LeasedRun,
  question: Question,
  able: ReturnType<typeof ableApproversIn>,
): Promise<VerdictDetails> {
  const judged = await ableVerdictFor(deps, state, question, able)
  if (!isChangedTool(question.found)) return judged
  return { ...judged, verdict: changedVerdictFor(question.found, judged.verdict), byOwners: false }
}

const notBegun = (event: RunEvent) => ({ events: [event], ready: [] })

function argumentProblemIn(deps: RunDeps, call: CallState, found: ResolvedTool<Source>): string | undefined {
  if (!isStorable(call.arguments)) return UNSTORABLE_ARGUMENTS
  const problems = deps.argumentProblems(found.tool.inputSchema, call.arguments)
  if (problems.length === 0) return undefined
  return `The arguments do not fit: ${problems.map((p) => `${p.field}: ${p.message}`).join('; ')}.`
}

/** NUL and halves of surrogate pairs are lost where events are stored. */
function isStorable(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, part]) => isStorable(name) && isStorable(part))
}

const UNSTORABLE_ARGUMENTS =
  'The arguments hold a NUL character or half of a character, which I cannot keep. Leave it out, or write it in another way.'

const byOwnersReason = (groupNames: string | undefined): string =>
  `${groupNames === undefined ? 'None of the approvers of this workspace' : `Nobody of ${groupNames}`} can decide any more, so I ask the owners.`

function judgedEvent(
  deps: RunDeps,
  call: CallState,
  {
    found,
    replaces,
    asked,
    verdict,
    byOwners,
    groupNames,
  }: VerdictDetails & { found: ResolvedTool<Source>; replaces: boolean },
): EventOf<'judged'> {
  const { source, tool } = found
  const target = {
    connection: source.id,
    connectionName: source.name,
    card: source.card,
    cardTitle: deps.cardTitle(source),
    tool: tool.name,
    title: tool.title ?? plainWords(tool.name),
    schema: tool.inputSchema,
    ...(source.shared && { sharedBy: source.shared.by }),
  }
  return {
    type: 'judged',
    call: call.id,
    target,
    verdict: verdict.kind,
    why: byOwners ? [byOwnersReason(groupNames), ...verdict.why] : verdict.why,
    risk: verdict.risk,
    hash: callHashOf(source.id, asked.definition, call.arguments),
    definition: asked.definition,
    repeatable: repeatable(deps, found, verdict),
    at: deps.now().toISOString(),
    ...(tool.builtin !== undefined && { untrusted: true }),
    ...(replaces && { replaces }),
    ...(isChangedTool(found) && { changed: true as const }),
    ...(verdict.kind === 'ask' && {
      approval: {
        ...approvalOf(deps, verdict, asked.reach),
        ...(asked.sql?.action && { does: asked.sql.action }),
        ...(byOwners && { byOwners }),
        ...(groupNames && { groupNames }),
      },
    }),
  }
}

function approvalOf(deps: RunDeps, verdict: Extract<Verdict, { kind: 'ask' }>, reach: CallFacts['reach']) {
  const expiresAt = new Date(deps.now().getTime() + APPROVAL_TTL_MS).toISOString()
  return {
    id: createApprovalId(),
    approvers: verdict.approvers,
    fourEyes: verdict.fourEyes,
    ...(verdict.needed > 1 && { needed: verdict.needed }),
    ...(verdict.groups.length > 0 && { groups: verdict.groups }),
    mayAlways: verdict.mayAlways,
    ...(verdict.mayAlways && reach && { reach }),
    expiresAt,
  }
}

/** After a crash only what the card calls idempotent, or what is known to read, may be done again by itself. */
function repeatable(deps: RunDeps, found: ResolvedTool<Source>, verdict: Verdict): boolean {
  return verdict.risk === 'read' || classificationFor(deps, found).idempotent
}

/** `list_allowed_directories` reads as "list allowed directories". */
const plainWords = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase()

/** Makes calls that were cleared before. `called` is written before the first byte goes out, `returned` as each comes back. */
export async function callApprovedTools(deps: RunDeps, leased: LeasedRun, calls: CallState[]): Promise<void> {
  const decidedAt = leased.seq
  const policy = await policyInputsFor(deps, leased.state)
  const checked = calls.map((call) => {
    const found = stillTheSame(deps, call, policy.sources)
    if (!('source' in found)) return found
    const { verdict } = verdictFor(deps, leased.state, { policy, found, args: call.arguments })
    return verdict.kind === 'deny' ? createRefusedEvent(deps, call, verdict.why.join(' ')) : found
  })
  const ready = checked.flatMap((check) => ('source' in check ? [check] : []))
  const events = checked.map((check) => ('source' in check ? createCalledEvent(deps, check.call) : check))
  if (!(await appendEvents(deps, leased, events, { decidedAt }))) return
  await callTools(deps, leased, ready)
}

/** What is called is what was judged and approved: same connection, same definition, same arguments. A deny made since then counts, too. */
function stillTheSame(deps: RunDeps, call: CallState, sources: Source[]): ReadyCall | EventOf<'returned'> {
  const source = sources.find((one) => one.id === call.connection)
  const tool = source?.tools.find((one) => one.name === call.tool)
  if (!source || !tool)
    return createRefusedEvent(
      deps,
      call,
      `${call.connectionName} no longer offers this tool. Press Test on the connection to see what it has now.`,
    )
  if (isChangedTool({ source, tool }))
    return { ...createRefusedEvent(deps, call, changedToolText({ source, tool })), changed: true }
  const hash = callHashOf(source.id, definitionHashOf(tool), call.arguments)
  if (hash === call.hash) return { call, source, tool, others: findConnectionsLike({ source, tool }, sources) }
  return createRefusedEvent(
    deps,
    call,
    'The server changed this tool in the meantime, so I did not use it. Ask again to use it as it is now.',
  )
}
