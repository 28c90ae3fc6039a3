import type { JsonObject } from '../../json.ts'
import type { ResolvedTool, RunDeps, Source } from '../deps.ts'
import type { LeasedRun } from '../storage/leased-run.ts'
import { classificationFor } from '../tools/offered-tools.ts'
import { type PolicyInputs, verdictFor } from './verdicts.ts'

/** The card waits for the look, and is true without it. */
const LOOK_MS = 3_000

type Asked = { policy: PolicyInputs; found: ResolvedTool<Source>; args: JsonObject }

/**
 * Whether a call would replace a file that is there now, where the card names a tool that sees it. The look is a read that runs without
 * asking, and nothing else: what it does not see in time, or may not see, is not said.
 */
export async function isReplacing(deps: RunDeps, leased: LeasedRun, { policy, found, args }: Asked): Promise<boolean> {
  const { source } = found
  const { replaces } = classificationFor(deps, found)
  const tool = source.tools.find(({ name }) => name === replaces?.seenWith)
  const value = replaces && args[replaces.argument]
  if (replaces === undefined || tool === undefined || typeof value !== 'string') return false
  const look = { [replaces.argument]: value }
  const { verdict } = verdictFor(deps, leased.state, { policy, found: { source, tool }, args: look })
  if (verdict.kind !== 'allow' || verdict.risk !== 'read') return false
  const signal = AbortSignal.any([leased.abort.signal, AbortSignal.timeout(LOOK_MS)])
  const outcome = await deps.mcp.call(source, tool, look, { signal, trace: leased.id, onProgress: () => undefined })
  if (outcome.kind !== 'ok') return false
  return outcome.content.some((part) => part.type === 'text' && part.text.includes(replaces.sign))
}
