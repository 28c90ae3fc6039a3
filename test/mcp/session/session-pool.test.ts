import { expect, test } from 'vitest'
import { createConnectionId } from '../../../src/ids.ts'
import { createSessionPool } from '../../../src/mcp/session/session-pool.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/log.ts'
import { PERSON } from '../../support/mcp-house.ts'
import { createMemoryRegistry } from '../../support/memory-registry.ts'

test('a session that cannot be closed is logged, and troubles nobody else', async () => {
  const { log, text } = memoryLog()
  const row = { name: 'odd', card: 'odd', inputs: {}, credential: undefined, tools: [], era: undefined }
  const connection = await createMemoryRegistry().add({ ...PERSON, ...row, id: createConnectionId() }, 1)
  const session = { ended: new Promise<void>(() => undefined), close: () => Promise.reject(new Error('stuck')) }
  const pool = createSessionPool({ open: () => Promise.resolve(session), idleMs: () => 1, log })
  const lease = pool.hold(connection, 'key', false)
  expect(await lease.session).toBe(session)
  lease.release()
  await eventually(() => expect(text()).toContain('mcp session did not close properly'))
  expect(text()).toContain('stuck')
  await pool[Symbol.asyncDispose]()
})
