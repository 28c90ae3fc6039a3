import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startSecretServer } from '../support/secret-server.ts'
import { startWorld } from '../support/world.ts'

const SECRET = 'planted-9f3b2c77e1-never-to-be-seen'

test('a planted secret is in the credential store and nowhere else after a full run', async () => {
  await using server = await startSecretServer(`Bearer ${SECRET}`)
  await using world = await startWorld({
    model: [wishes('custom__tell', {}), says('It told me nothing secret.')],
    change: (settings) => ({ ...settings, egressAllow: [server.host] }),
  })
  const member = world.as('member')
  // First a connect that fails, with the secret in what was typed; then one that works.
  await member.command('connect custom')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  await member.submit({ url: server.url, value: `Bearer wrong-${SECRET}` })
  await eventually(async () => expect(JSON.stringify(await member.modal())).toMatch(/refused|401/i), 30_000)
  await member.close()
  await member.connect('custom', { url: server.url, value: `Bearer ${SECRET}` })
  const where = await member.dm('ask the server')
  await member.decide(where, 'Approve')
  await member.see(where, /nothing secret/)
  await member.press(where, (await member.see(where, /run_details/)).ts, 'Details')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Server log (2)'))
  await member.pressInModal('Server log (2)')
  await eventually(async () =>
    expect(JSON.stringify(await member.modal())).toContain('info [secret]: you sent [secret]'),
  )
  expect(JSON.stringify(await member.modal())).not.toContain(SECRET.slice(0, 8))
  expect(server.authorized(), 'the secret did reach the wire').toBeGreaterThan(0)
  await member.command('test custom')
  await member.command('list')

  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'patchbay'::regnamespace and relkind = 'r'",
    )
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`)
      expect(
        rows.filter(({ row }) => row.includes(SECRET)),
        name,
      ).toEqual([])
    }
  } finally {
    await client.end()
  }
  expect(world.log()).not.toContain(SECRET)
  for (const seat of [member, world.as('owner')]) {
    for (const channel of ['dm', 'general', 'ops']) {
      for (const message of await seat.messages(channel)) expect(lookOf(message)).not.toContain(SECRET)
    }
  }
  expect((await member.messages('dm', where.thread)).map(lookOf).join()).not.toContain(SECRET)
  expect(JSON.stringify(world.model.requests)).not.toContain(SECRET)
  const files = globSync('**/*', { cwd: world.dataDir })
    .map((name) => join(world.dataDir, name))
    .filter((path) => statSync(path).isFile())
  expect(files.length).toBeGreaterThan(0)
  for (const path of files) expect(readFileSync(path).includes(SECRET), path).toBe(false)
})
