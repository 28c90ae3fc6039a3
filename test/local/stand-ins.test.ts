import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startStandIns } from '../../src/local/stand-ins.ts'
import { createLog } from '../../src/log.ts'

test('a port that another program has is named, with the program and what to do', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const settings = {
    slack: undefined,
    database: { kind: 'postgres' as const, url: 'postgres://127.0.0.1/none' },
    model: { name: 'claude', apiKey: 'key', baseURL: undefined },
    http: { port: 0, publicUrl: '' },
    local: { port, mode: 'http' as const },
    dataDir: '/nowhere',
  }
  const started = startStandIns(settings, { log: createLog('silent'), ownerOf: async () => 'node (7)' })
  await expect(started).rejects.toMatchObject({
    code: 'in_use',
    message: expect.stringMatching(new RegExp(`${port}.* in use by node \\(7\\).*LOCAL_PORT`)),
  })
  other.close()
})
