import { expect, test } from 'vitest'
import { createConnectionId, UserId } from '../../../src/ids.ts'
import { createSessionPool } from '../../../src/mcp/session/session-pool.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/log.ts'
import { PERSON } from '../../support/mcp-house.ts'
import { createMemoryRegistry } from '../../support/memory-registry.ts'

test('two people with the workspace’s connection never share a session', async () => {
  const { log } = memoryLog()
  const row = { name: 'odd', card: 'odd', inputs: {}, credential: undefined, tools: [], era: undefined }
  const connection = await createMemoryRegistry().add({ ...PERSON, ...row, id: createConnectionId() }, 1)
  const open = async () => ({ ended: new Promise<void>(() => undefined), close: async () => undefined })
  const pool = createSessionPool({ open, idleMs: () => 10_000, log })
  const share = { audience: 'everybody' as const, people: [], level: 'reads' as const, by: PERSON.user }
  const held = (user: string) =>
    pool.hold({ ...connection, shared: { ...share, usedBy: UserId.parse(user) } }, 'key', false)
  const [ann, bea, again] = [held('UANN'), held('UBEA'), held('UANN')]
  expect(await bea.session).not.toBe(await ann.session)
  expect(await again.session).toBe(await ann.session)
  for (const lease of [ann, bea, again]) lease.release()
  await pool.retire(connection.id)
  expect([ann.retired.aborted, bea.retired.aborted]).toEqual([true, true])
  await pool[Symbol.asyncDispose]()
})

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
