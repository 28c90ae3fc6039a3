import type { Verdict } from '../../policy/call-facts.ts'
import type { ResolvedTool, Source } from '../deps.ts'
import { labelOf } from '../frames.ts'

type Tool = Pick<ResolvedTool<Source>, 'tool'> & { source: Pick<Source, 'name' | 'changes'> }

/** True for a tool that its server describes otherwise than the connection's owner accepted it; what the model sees is still the accepted one. */
export const isChangedTool = ({ source, tool }: Tool): boolean =>
  tool.builtin === undefined && (source.changes?.tools.some(({ name }) => name === tool.name) ?? false)

export const changedToolText = ({ source, tool }: Tool): string =>
  `${labelOf(source.name)} changed its tool ${labelOf(tool.name)}. I do not use it until you have looked at it.`

/** No rule outweighs it: rules were made for the tool as it was. */
export const changedVerdictFor = (found: Tool, { risk }: Verdict): Verdict => ({
  kind: 'deny',
  risk,
  why: [changedToolText(found)],
})
