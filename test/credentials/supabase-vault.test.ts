import { afterAll, expect, it } from 'vitest'
import { openSupabaseVault } from '../../src/credentials/supabase-vault.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { connectSupabase } from '../../src/db/supabase.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'
import { testStoreContract } from '../support/store-contract.ts'
import { KEYS, startSupabaseLite } from '../support/supabase-lite.ts'
import { createVaultSchema } from '../support/vault-schema.ts'

const resources = new AsyncDisposableStack()
afterAll(() => resources.disposeAsync())
const database = resources.use(await createTestDatabase())
const db = resources.use(connectPostgres(database.url, memoryLog().log))

it('is refused at the start where the extension is missing, with what to do', async () => {
  await expect(openSupabaseVault(db)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('Enable the extension'),
  })
  await createVaultSchema(database.url)
  const lite = resources.use(await startSupabaseLite(database.url))
  const asService = resources.use(connectSupabase({ url: lite.url, secretKey: KEYS.secret_key, fetch: lite.fetch }))
  await expect(openSupabaseVault(asService)).rejects.toThrow(/Grant service_role/)
  await query(
    database.url,
    `grant usage on schema vault to service_role;
    grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
    grant insert, update on vault.secrets to service_role`,
  )
  const store = await openSupabaseVault(asService)
  await store.set('connection/s', '{"token":"a\\u0000b"}')
  expect(await store.get('connection/s')).toBe('{"token":"a\\u0000b"}')
})

testStoreContract('Supabase Vault', () => openSupabaseVault(db))

it('saves a new secret once, however many save it at a time', async () => {
  const store = await openSupabaseVault(db)
  await Promise.all(['a', 'b', 'c', 'd'].map((secret) => store.set('connection/r', secret)))
  expect(['a', 'b', 'c', 'd']).toContain(await store.get('connection/r'))
})

it('keeps nothing of ours readable in its table, and no reference in its names', async () => {
  const store = await openSupabaseVault(db)
  await store.set('connection/visible', 'hunter2-hunter2')
  const rows = await query(database.url, 'select name, description, secret from vault.secrets')
  expect(JSON.stringify(rows)).not.toMatch(/hunter2|visible/)
})
