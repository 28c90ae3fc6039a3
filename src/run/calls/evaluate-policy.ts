import type { JsonObject } from '../../json.ts'
import { type CallFacts, decide, type Verdict } from '../../policy/decide.ts'
import { hostsIn } from '../../policy/hosts-in.ts'
import type { Rule } from '../../policy/rules.ts'
import type { ResolvedTool, RunDeps, Source, ToolClassification } from '../deps.ts'
import type { Origin } from '../state/origin.ts'
import type { RunState } from '../state/state.ts'
import { classificationFor, sourcesOf } from '../tools/builtin-tools.ts'
import { definitionHashOf } from './call-hash.ts'

/** What a person's calls are judged by, as it is at this moment. */
export type PolicyInputs = { sources: Source[]; rules: Rule[]; approvers: CallFacts['approvers'] }

export async function policyInputsFor(deps: RunDeps, origin: Origin): Promise<PolicyInputs> {
  const [sources, policy] = await Promise.all([sourcesOf(deps, origin), deps.rules.policyFor(origin)])
  return { sources, ...policy }
}

type Question = { policy: PolicyInputs; found: ResolvedTool<Source>; args: JsonObject }

/** May this call go ahead, by the rules of now? */
export function verdictFor(
  deps: RunDeps,
  state: RunState,
  { policy, found, args }: Question,
): { asked: CallFacts; verdict: Verdict } {
  const asked = askedOf(deps, state, { found, args, approvers: policy.approvers })
  return { asked, verdict: decide(asked, policy.rules) }
}

/** Everything policy/ wants to know of a call with these arguments. */
function askedOf(
  deps: RunDeps,
  state: RunState,
  o: { found: ResolvedTool<Source>; args: JsonObject; approvers: CallFacts['approvers'] },
): CallFacts {
  const { source, tool } = o.found
  const word = classificationFor(deps, o.found)
  return {
    requester: state.origin.user,
    connection: source.id,
    card: source.card,
    tool: tool.name,
    definition: definitionHashOf(tool),
    word,
    annotations: tool.annotations,
    sql: sqlReading(deps, word, o.args),
    hosts: hostsIn(o.args),
    untrusted: state.untrusted,
    shownIn: state.origin.place === 'channel' ? `<#${state.origin.channel}>` : undefined,
    approvers: o.approvers,
  }
}

function sqlReading(deps: RunDeps, { sql }: ToolClassification, args: JsonObject): CallFacts['sql'] {
  const text = sql === undefined ? undefined : args[sql.argument]
  return sql && typeof text === 'string' ? deps.readSql(text, sql.dialect) : undefined
}
