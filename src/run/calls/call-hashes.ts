import { createHash } from 'node:crypto'

/** Hash of a tool's definition: another name, description, schema or claim is another tool (a "rug pull"). */
export function definitionHashOf(tool: {
  name: string
  description: string
  inputSchema: unknown
  annotations?: unknown
}): string {
  return sha256(canonical([tool.name, tool.description, tool.inputSchema, tool.annotations ?? null]))
}

/** Hash of one exact call: these arguments to this definition on this connection. */
export function callHashOf(connection: string, definition: string, args: unknown): string {
  return sha256(canonical([connection, definition, args]))
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** JSON with sorted keys, so that equal values give equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
