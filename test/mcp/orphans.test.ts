import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { isAlive, ROOT } from '../support/mcp-house.ts'
import { childrenOf } from '../support/processes.ts'
import { hasSandboxTools } from '../support/sandbox-tools.ts'

const KINDS = hasSandboxTools ? ['plain', 'sandbox'] : ['plain']

it.skipIf(process.platform !== 'linux').each(KINDS)(
  'the app killed with -9 leaves no server of a card behind: %s',
  async (kind) => {
    const app = spawn(process.execPath, [join(ROOT, 'test', 'mcp', 'app-child.ts'), kind], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    app.stderr.pipe(process.stderr)
    const folder = String((await once(app.stdout, 'data'))[0]).trim()
    const started = childrenOf(app.pid ?? 0)
    expect(started).toHaveLength(4)
    const servers = [...started, ...started.flatMap(childrenOf)]
    app.kill('SIGKILL')
    await eventually(() => expect(servers.filter(isAlive)).toEqual([]), 5_000)
    rmSync(folder, { recursive: true, force: true })
  },
)
