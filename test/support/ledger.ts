import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

/** How long one entry takes: long enough for a kill to land in the middle. */
const ENTRY_MS = 150

/** An MCP server over HTTP that counts what was done to it: the side effects a test is about. */
export async function startLedger(): Promise<{
  url: string
  host: string
  /** How often each entry was written. */
  entries: Map<string, number>
  /** The next entry is written, and the connection breaks before its answer. */
  breakNext(): void
  [Symbol.asyncDispose](): Promise<void>
}> {
  const entries = new Map<string, number>()
  let breaking = false
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'ledger', version: '1.0.0' })
    server.registerTool(
      'enter',
      {
        title: 'Enter into the ledger',
        description: 'Enters one line into the ledger',
        inputSchema: z.object({ id: z.string(), text: z.string().optional() }),
      },
      async ({ id }) => {
        await sleep(ENTRY_MS / 2)
        entries.set(id, (entries.get(id) ?? 0) + 1)
        if (breaking) http.closeAllConnections()
        breaking = false
        await sleep(ENTRY_MS / 2)
        return { content: [{ type: 'text', text: `entered ${id}` }] }
      },
    )
    return server
  })
  const node = toNodeHandler(handler)
  const http = createServer((request, response) => void node(request as Parameters<typeof node>[0], response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  if (typeof address !== 'object' || address === null) throw new Error('the ledger has no port')
  const host = `127.0.0.1:${address.port}`
  return {
    url: `http://${host}/mcp`,
    host,
    entries,
    breakNext: () => {
      breaking = true
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}
