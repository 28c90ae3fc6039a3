import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Db } from '../../src/db/call.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createConnectionId, UserId, WorkspaceId } from '../../src/ids.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { createToolChanges } from '../../src/registry/tool-changes.ts'
import { createTestDatabase } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'

const person = { workspace: WorkspaceId.parse('TTEST'), user: UserId.parse('UONE') }
const tool = (name: string) => ({ name, description: name, inputSchema: { type: 'object' } })

test('tools are read from the database once, and again only when they changed', async () => {
  await using database = await createTestDatabase()
  await using db = connectPostgres(database.url, memoryLog().log)
  let sent = ''
  const listening: Db = {
    ...db,
    call: async (fn, args, shape) => {
      if (fn === 'connections_of') sent = JSON.stringify(await db.call(fn, args, z.unknown()))
      return db.call(fn, args, shape)
    },
  }
  const registry = createRegistry(listening)
  const made = await registry.add(
    {
      ...person,
      id: createConnectionId(),
      name: 'one',
      card: 'c',
      inputs: {},
      credential: undefined,
      tools: [tool('first')],
      era: {},
    },
    5,
  )
  const namesNow = async () =>
    (await registry.connectionsOf(person)).flatMap(({ tools }) => tools.map(({ name }) => name))
  expect(await namesNow()).toEqual(['first'])
  expect(sent).toContain('tools_available')
  expect(await namesNow()).toEqual(['first'])
  expect(sent).not.toContain('tools_available')
  await createRegistry(db).saveServerInfo(made, { tools: [tool('second')], unusableTools: [], instructions: undefined })
  const hash = (await registry.connectionsOf(person))[0]?.changes?.hash ?? ''
  await createToolChanges(db).accept(person, made.id, { hash, tools: ['second'] }, person.user)
  expect(await namesNow()).toEqual(['second'])
  expect(await createRegistry(db).connectionsOf(person)).toEqual(await registry.connectionsOf(person))
})
