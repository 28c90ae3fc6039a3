import { isAppError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { isListedResource } from '../../mcp/features/resources.ts'
import type { Verdict } from '../../policy/call-facts.ts'
import type { ResolvedTool, RunDeps, Source } from '../deps.ts'
import type { LeasedRun } from '../storage/leased-run.ts'
import { unlistedText, wasMentioned } from '../tools/list-text.ts'

/** A person is asked where the list takes longer; an approval still opens no other resource. */
const LIST_MS = 5_000

/** Why an approval would not help: the server has named no resource at the call's address. Undefined where it has, or where nobody is asked. */
export async function unlistedProblemFor(
  { mcp }: Pick<RunDeps, 'mcp'>,
  { state, abort }: LeasedRun,
  { found: { source, tool }, args, verdict }: { found: ResolvedTool<Source>; args: JsonObject; verdict: Verdict },
): Promise<string | undefined> {
  const uri = String(args.uri)
  if (verdict.kind !== 'ask' || tool.builtin !== 'read_resource' || wasMentioned(state, source.id, uri))
    return undefined
  const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(LIST_MS)])
  // A server that cannot be asked now is asked again, and its words are told, when the resource is read.
  const listed = await mcp.resources(source, signal).catch((error: unknown) => {
    if (!isAppError(error) && !signal.aborted) throw error
    return undefined
  })
  return listed === undefined || isListedResource(listed, uri) ? undefined : unlistedText(uri, source.name)
}
