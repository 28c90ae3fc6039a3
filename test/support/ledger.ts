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
  [Symbol.asyncDispose](): Promise<void>
}> {
  const entries = new Map<string, number>()
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
        await sleep(ENTRY_MS / 2)
        return { content: [{ type: 'text', text: `entered ${id}` }] }
      },
    )
    return server
  })
  const node = toNodeHandler(handler)
  const server = createServer((request, response) => void node(request as Parameters<typeof node>[0], response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the ledger has no port')
  const host = `127.0.0.1:${address.port}`
  return {
    url: `http://${host}/mcp`,
    host,
    entries,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
