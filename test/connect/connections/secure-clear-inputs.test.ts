import { afterEach, expect, test } from 'vitest'
import { secureClearInputs } from '../../../src/connect/connections/secure-clear-inputs.ts'
import { readSecrets, saveSecrets } from '../../../src/credentials/secrets.ts'
import { connectPostgres } from '../../../src/db/postgres.ts'
import { AppError } from '../../../src/errors.ts'
import { createConnectionId, UserId, WorkspaceId } from '../../../src/ids.ts'
import { createClearConnections } from '../../../src/registry/clear-connections.ts'
import { createRegistry } from '../../../src/registry/registry.ts'
import { createTestDatabase, query } from '../../support/database.ts'
import { memoryLog } from '../../support/log.ts'

let open = new AsyncDisposableStack()
afterEach(async () => {
  await open.disposeAsync()
  open = new AsyncDisposableStack()
})

const who = { workspace: WorkspaceId.parse('TCLEAR'), user: UserId.parse('UADA') }
const input = (name: string, more: object = {}) => ({
  name,
  label: name,
  hint: '',
  secret: false,
  required: true,
  ...more,
})
const entry = {
  name: 'dev.acme/x',
  version: '1.0.0',
  title: 'X',
  description: '',
  url: 'https://{value1}.a.dev/mcp',
  headers: { Authorization: 'Bearer {value2}', 'X-Region': '{value3}', 'X-Old': '{value4}' },
  inputs: [
    input('value1'),
    input('value2'),
    input('value3', { choices: ['eu', 'us'] }),
    input('value4', { secret: true }),
  ],
}

/** A connection as an older version saved it, marked as the migration marks it. */
async function startHouse() {
  const database = open.use(await createTestDatabase())
  const { log, text } = memoryLog()
  const db = open.use(connectPostgres(database.url, log))
  const saved = new Map<string, string>()
  const credentials = {
    get: async (ref: string) => saved.get(ref),
    set: async (ref: string, secret: string) => void saved.set(ref, secret),
    remove: async (ref: string) => void saved.delete(ref),
  }
  const id = createConnectionId()
  await saveSecrets(credentials, 'old', { value4: 'was-secret' })
  const inputs = { value1: 'team', value2: 'tok-in-the-clear', value3: 'eu' }
  const fields = { tools: [], unusableTools: [], instructions: undefined, offers: undefined, era: {}, signsIn: false }
  const registry = createRegistry(db)
  await registry.add({ ...who, ...fields, id, name: 'x', card: entry.name, entry, inputs, credential: 'old' }, 9)
  await query(database.url, 'insert into mcp_clear_connections (connection_id) values ($1)', [id])
  const stored = async () => JSON.stringify(await query(database.url, 'select * from mcp_connections'))
  return {
    id,
    registry,
    credentials,
    saved,
    log,
    text,
    stored,
    connections: createClearConnections(db),
    url: database.url,
  }
}

test('a key kept in the clear is moved to the store, once, and the entry knows it as a secret', async () => {
  const house = await startHouse()
  await secureClearInputs(house)
  await secureClearInputs(house)
  const connection = await house.registry.get(house.id, who.workspace)
  expect(connection?.inputs).toEqual({ value1: 'team', value3: 'eu' })
  expect(connection?.entry?.inputs.map(({ secret }) => secret)).toEqual([false, true, false, true])
  expect(await readSecrets(house.credentials, connection?.credential)).toEqual({
    value2: 'tok-in-the-clear',
    value4: 'was-secret',
  })
  expect([...house.saved.keys()]).toEqual([connection?.credential])
  expect(await house.stored()).not.toContain('tok-in-the-clear')
  expect(house.text()).not.toContain('tok-in-the-clear')
})

test('what cannot be moved now is logged, stays usable, and is moved at the next start', async () => {
  const house = await startHouse()
  const away = {
    ...house.credentials,
    set: () => Promise.reject(new AppError('credential_store_failed', 'The store is away.')),
  }
  await secureClearInputs({ ...house, credentials: away })
  expect((await house.registry.get(house.id, who.workspace))?.inputs).toHaveProperty('value2')
  expect(house.text()).toContain('could not be moved')
  await secureClearInputs(house)
  expect((await house.registry.get(house.id, who.workspace))?.inputs).not.toHaveProperty('value2')
})

test('two instances that start at once move it once and leave no secret behind', async () => {
  const house = await startHouse()
  await Promise.all([secureClearInputs(house), secureClearInputs(house)])
  const connection = await house.registry.get(house.id, who.workspace)
  expect([...house.saved.keys()]).toEqual([connection?.credential])
  expect(await readSecrets(house.credentials, connection?.credential)).toHaveProperty('value2', 'tok-in-the-clear')
})
