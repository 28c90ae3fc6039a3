import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { stopChild } from './mcp-house.ts'
import { ROOT } from './paths.ts'

const EVERYTHING = join(ROOT, 'node_modules', '@modelcontextprotocol', 'server-everything', 'dist', 'index.js')

/** The reference server of the old protocol over HTTP. */
export async function startReference(kind: 'sse' | 'streamableHttp', at?: number) {
  const port = at ?? (await freePort())
  const child = spawn(process.execPath, [EVERYTHING, kind], { env: { PORT: String(port) }, stdio: 'ignore' })
  await eventually(() => fetch(`http://127.0.0.1:${port}/`))
  return { port, [Symbol.asyncDispose]: () => stopChild(child) }
}
