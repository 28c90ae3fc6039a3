import type { ResolvedTool, Source } from '../deps.ts'

export type StepTool = { name: string; found: ResolvedTool<Source> } | { problem: string }

/** The tool of a step such as `github/list_issues`: of the connection of that name, else of the only connection with that card. Pure. */
export function findStepTool(tools: Map<string, ResolvedTool<Source>>, address: string): StepTool {
  const all = [...tools].map(([name, found]) => ({ name, found }))
  const byName = all.filter(({ found }) => addressOf(found, found.source.name) === address)
  const named = byName.length > 0 ? byName : all.filter(({ found }) => addressOf(found, found.source.card) === address)
  const [only, ...others] = named
  if (only === undefined) return { problem: missingText(all, address) }
  if (others.length === 0) return only
  const names = named.map(({ found }) => found.source.name).join(', ')
  return { problem: `Several connections have ${address}: ${names}. Name one of them in the step.` }
}

const addressOf = ({ tool }: ResolvedTool<Source>, holder: string): string => `${holder}/${tool.name}`

function missingText(all: { found: ResolvedTool<Source> }[], address: string): string {
  const isThere = all.some(({ found: { source } }) =>
    [source.name, source.card].some((holder) => address.startsWith(`${holder}/`)),
  )
  const [holder] = address.split('/')
  return isThere
    ? `${holder} has no tool ${address} that may be used here. Choose another in the step.`
    : `There is no connection for ${address}. Connect ${holder} with \`/mcp connect\`, then try again.`
}
