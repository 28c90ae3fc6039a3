import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { StdioTarget } from '../../src/mcp/protocol/server-target.ts'
import { type McpHouse, ROOT, strange } from './mcp-house.ts'

export const HOSTILE_SERVER = join(ROOT, 'test', 'fixtures', 'mcp-servers', 'hostile.js')

/** A package that turned bad, which the house has installed. */
export function hostile(house: Pick<McpHouse, 'folder'>, more: Partial<StdioTarget> = {}): StdioTarget {
  const pack = join(house.folder, 'node_modules', 'hostile-server')
  mkdirSync(pack, { recursive: true })
  writeFileSync(
    join(pack, 'package.json'),
    JSON.stringify({ version: '1.0.0', type: 'module', bin: { hostile: 'main.js' } }),
  )
  copyFileSync(HOSTILE_SERVER, join(pack, 'main.js'))
  return strange(house, {}, { title: 'Hostile', package: 'hostile-server', env: {}, ...more })
}

/** A server on the loopback of the app's machine, which counts who comes. */
export async function startListener(where: { port: number; host: string } | { path: string }) {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.end('hello from the host')
  })
  await new Promise<void>((resolve) => server.listen(where, resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => connections,
    [Symbol.dispose]: () => void server.close(),
  }
}
