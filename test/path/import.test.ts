import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startSecretServer } from '../support/secret-server.ts'
import { startWorld, type World, type WorldOptions } from '../support/world.ts'

const KEY = 'kq7Zr41xWm92TbLs08vd'

const worldWith = (hosts: string[], more: WorldOptions = {}): Promise<World> =>
  startWorld({ ...more, change: (settings) => ({ ...settings, egressAllow: hosts }) })

const modalLike = (seat: Seat, what: RegExp) =>
  eventually(async () => {
    const view = JSON.stringify(await seat.modal())
    expect(view).toMatch(what)
    return view
  }, 30_000)

/** Every row of every table, and the log. */
async function everythingKeptIn(world: World): Promise<string> {
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  const tables = await client.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'patchbay'`,
  )
  const rows: string[] = []
  for (const { name } of tables.rows) {
    const found = await client.query<{ row: string }>(`select t::text as row from ${name} t`)
    rows.push(...found.rows.map(({ row }) => row))
  }
  await client.end()
  return `${rows.join('\n')}\n${world.log()}`
}

const configurationFor = (url: string): string =>
  JSON.stringify({
    mcpServers: {
      Gossip: { type: 'http', url, headers: { Authorization: `Bearer ${KEY}`, 'X-Team': 'docks' } },
      later: { url: 'https://later.example/mcp', disabled: true },
      mail: { command: 'npx', args: ['-y', 'moor-mcp', KEY] },
      hub: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-github'], env: { TOKEN: KEY } },
    },
  })

test('what another client is set up with becomes forms, and its keys are kept nowhere', async () => {
  await using server = await startSecretServer('Bearer open-sesame')
  await using world = await worldWith([server.host], { model: [wishes('gossip__tell', {}), says('It told me.')] })
  const member = world.as('member')
  await member.command('import')
  await modalLike(member, /Keys in it are not kept/)
  expect(await member.submit({ text: configurationFor(server.url) })).toMatchObject({ ok: true })
  const found = await modalLike(member, /I found 4 servers, 3 of which I can connect/)
  expect(found).toContain('Switched off there')
  expect(found).toContain('*hub* connects as *GitHub*')
  expect(found).toContain('*mail*: It starts moor-mcp with npx on your own computer, and')
  expect(found).not.toContain(KEY)
  expect(await everythingKeptIn(world)).not.toContain(KEY)

  const connect = /command_run:~\w+\/gossip/.exec(found)?.[0] ?? ''
  await member.pressInModal(connect)
  expect(await modalLike(member, /From your configuration/)).toContain(server.host)
  expect(await member.submit({ value1: 'open-sesame' })).toMatchObject({ ok: true })
  await modalLike(member, /Connected! 1 Gossip tool now available.*Save as a run card/)
  await member.close()
  await member.command('cards')
  const left = await eventually(async () => {
    const said = lookOf((await member.messages('dm')).at(-1) ?? expect.fail('nothing was said'))
    expect(said).toContain('Imported, not connected yet')
    return said
  })
  expect(left).toContain('*later* at later.example')
  expect(left).not.toContain('Gossip')
  const where = await member.dm('what do you know?')
  await member.decide(where, 'Approve')
  await member.see(where, /It told me/)
})

test.each([
  ['nothing of it can be read', `{ "mcpServers": { "fen": "${KEY}`, /I cannot read this/],
  ['it holds no server', JSON.stringify({ secret: KEY }), /no MCP server in it/],
  ['it is empty', '', /Paste a configuration here/],
])('what was typed stays in its field where %s', async (_why, text, problem) => {
  await using world = await worldWith([])
  const member = world.as('member')
  await member.command('import')
  await modalLike(member, /Configuration/)
  const answer = await member.submit({ text })
  expect(JSON.stringify(answer)).toMatch(problem)
  expect(JSON.stringify(answer)).not.toContain(KEY)
  await modalLike(member, /Read it/)
  expect(await everythingKeptIn(world)).not.toContain(KEY)
})

/** Uploads a file as the file field of a modal does. */
async function attach(world: World, name: string, text: string): Promise<string> {
  const query = new URLSearchParams({ as: 'member', name })
  const answer = await fetch(`${world.slackUrl}/local/attach?${query}`, { method: 'POST', body: text })
  return String(Object(await answer.json()).file)
}

test('a file is read after its modal is acknowledged', async () => {
  await using world = await worldWith([])
  const member = world.as('member')
  const submitFile = async (text: string) => {
    await member.command('import')
    await modalLike(member, /Or its file/)
    await member.submit({ file: [await attach(world, 'config.toml', text)] })
  }
  await submitFile(`# mine\n[mcp_servers.fen]\nurl = "https://fen.example/mcp"\nbearer_token_env_var = "FEN"\n`)
  await modalLike(member, /I found 1 server.*fen.*at fen.example/)
  await member.close()
  await submitFile(`[mcp_servers\nkey = "${KEY}"`)
  expect(await modalLike(member, /"alert".*I cannot read this/)).not.toContain(KEY)
  expect(await everythingKeptIn(world)).not.toContain(KEY)
})
