import type { ResolvedTool, Source } from '../deps.ts'

/** Other connections of the person that can do what this one cannot now: of the same card, or with a tool of the same name and arguments. Pure. */
export function findConnectionsLike({ source, tool }: ResolvedTool<Source>, sources: Source[]): string[] {
  const schema = JSON.stringify(tool.inputSchema)
  const isLike = (one: Source) =>
    one.id !== source.id &&
    one.tools.some(
      ({ name, inputSchema }) =>
        name === tool.name && (one.card === source.card || JSON.stringify(inputSchema) === schema),
    )
  return sources.filter(isLike).map(({ name }) => name)
}
