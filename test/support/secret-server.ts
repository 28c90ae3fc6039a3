import { createServer } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'

/** An MCP server that wants one exact Authorization header, and repeats in its answers and errors whatever it was sent. */
export async function startSecretServer(
  expected: string,
): Promise<{ url: string; host: string; authorized(): number; [Symbol.asyncDispose](): Promise<void> }> {
  let authorized = 0
  let said = ''
  const node = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer({ name: 'indiscreet', version: '1.0.0' }, { capabilities: { logging: {} } })
      server.registerTool(
        'tell',
        { description: 'Tells what it knows', inputSchema: z.object({}) },
        async (_args, ctx) => {
          await ctx.mcpReq.log('info', `you sent ${said}`, said.slice(0, 200))
          // Its middle is where a long line is cut.
          const token = said.replace(/^\S+ /, '')
          await ctx.mcpReq.log('info', `${'.'.repeat(500 - Math.ceil(token.length / 2))}${token}`)
          return { content: [{ type: 'text', text: `you sent ${said}` }] }
        },
      )
      return server
    }),
  )
  const server = createServer((request, response) => {
    said = request.headers.authorization ?? ''
    if (said !== expected) return void response.writeHead(401, { 'content-type': 'text/plain' }).end(`not with ${said}`)
    authorized++
    void node(request as Parameters<typeof node>[0], response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  const host = `127.0.0.1:${address.port}`
  return {
    url: `http://${host}/mcp`,
    host,
    authorized: () => authorized,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
