import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { isAlive, ROOT } from '../support/mcp-house.ts'
import { childrenOf } from '../support/processes.ts'

it.skipIf(process.platform !== 'linux')('the app killed with -9 leaves no server of a card behind', async () => {
  const app = spawn(process.execPath, [join(ROOT, 'test', 'mcp', 'app-child.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const folder = String((await once(app.stdout, 'data'))[0]).trim()
  const servers = childrenOf(app.pid ?? 0)
  expect(servers).toHaveLength(4)
  app.kill('SIGKILL')
  await eventually(() => expect(servers.filter(isAlive)).toEqual([]), 5_000)
  rmSync(folder, { recursive: true, force: true })
})
