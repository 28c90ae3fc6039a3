import { createHash, createHmac } from 'node:crypto'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import { openLocalStore } from '../../src/credentials/local.ts'
import { stateSecretOf } from '../../src/slack/app/install.ts'
import { query } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/log.ts'
import { lookOf, personIn } from '../support/person.ts'
import { fails, says, slow, wishes } from '../support/scripted-model.ts'
import { startSecretServer } from '../support/secret-server.ts'
import { startTown } from '../support/town.ts'
import { ALPHA, BETA, browserAt, CLIENT, GRID, manifestAt } from '../support/two-workspaces.ts'
import { startWorld } from '../support/world.ts'

const SECRET = 'planted-in-alpha-4711'

const runsIn = (workspace: string) =>
  ['select status, outcome from runs where workspace_id = $1 order by number', workspace] as const

test('people add the app on its page; its token is in the credential store and nowhere else', async () => {
  await using town = await startTown({ model: [says('Hello Alpha.')] })
  const { browser } = town
  const page = await browser.get(`${town.url}/slack/install`)
  expect(page.status).toBe(200)
  expect(page.text).toContain('Add to Slack')
  expect(page.text).toMatch(/Approve/)
  const [, style = ''] = /<style>(.*)<\/style>/s.exec(page.text) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  expect(page.headers.get('content-security-policy')).toContain(`default-src 'none'; style-src 'sha256-${hash}'`)
  const asks = new URL(browser.linkOn(page.text))
  expect(asks.searchParams.get('redirect_uri')).toBe(`${town.url}/slack/oauth_redirect`)
  expect(asks.searchParams.get('scope')).toContain('chat:write')

  const done = await browser.get(await browser.decide(asks.href, ALPHA.id, {}))
  expect(done.status).toBe(200)
  expect(done.text).toContain('Patchbay is in Alpha')
  expect(browser.linkOn(done.text)).toContain(ALPHA.id)
  const where = await town.in('alpha').dm('hello')
  await town.in('alpha').see(where, /Hello Alpha/)

  const [row] = await town.rows<{ credential_reference: string }>('select * from installations')
  expect(row).toMatchObject({ workspace_id: ALPHA.id, name: 'Alpha', enterprise: false, installed_by: 'UOWNER01' })
  const store = await openLocalStore({ folder: join(town.dataDir, 'credentials'), key: undefined })
  const token = await store.get(row?.credential_reference ?? '')
  expect(token).toMatch(/^xoxb-TALPHA01-/)
  const tables = await town.rows<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'patchbay'::regnamespace and relkind = 'r'",
  )
  for (const { name } of tables) {
    const found = await town.rows<{ row: string }>(`select t::text as row from ${name} t`)
    expect(
      found.filter((one) => /xoxb-|client-secret/.test(one.row)),
      name,
    ).toEqual([])
  }
  expect(town.log()).not.toContain(token)
  expect(town.log()).not.toContain(CLIENT.secret)
})

test.each([false, true])('an app is installed with the scopes of its manifest: without agent %s', async (noAgent) => {
  await using town = await startTown({ noAgent, model: [says('Hello there.')] })
  expect(await town.browser.install(ALPHA.id)).toMatchObject({ status: 200 })
  const member = town.in('alpha')
  await member.see(await member.dm('hello'), /Hello there\./)
})

test('only the workspaces that are allowed add the app, each with a budget at first', async () => {
  await using town = await startTown({ allowed: [ALPHA.id], budgetUsd: 10 })
  const before = town.secretsKept()
  const refused = await town.browser.install(BETA.id)
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('Patchbay is not open to your workspace')
  expect(town.secretsKept()).toBe(before)
  expect(await town.rows('select * from installations')).toEqual([])
  expect(await town.browser.install(ALPHA.id)).toMatchObject({ status: 200 })
  const settings = () => town.rows<{ settings: object }>('select settings from workspaces')
  expect(await settings()).toMatchObject([{ settings: { budget_usd: 10 } }])
  await town.in('alpha', 'owner').home()
  await town.in('alpha', 'owner').pressInHome('setting_budget')
  await eventually(async () => expect(await town.in('alpha', 'owner').modal()).not.toBeNull())
  await town.in('alpha', 'owner').submit({ budget: '50' })
  await eventually(async () => expect(await settings()).toMatchObject([{ settings: { budget_usd: 50 } }]))
  expect(await town.browser.install(ALPHA.id)).toMatchObject({ status: 200 })
  expect(await settings()).toMatchObject([{ settings: { budget_usd: 50 } }])
})

test('what goes wrong on the way is said, with what to do next', async () => {
  await using town = await startTown()
  const { browser } = town
  const install = `${town.url}/slack/install`
  const start = async () => browser.linkOn((await browser.get(install)).text)
  const said = async (url: string, title: string, status: number) => {
    const page = await browser.get(url)
    expect(page.text).toContain(`<h1>${title}</h1>`)
    expect(page.status).toBe(status)
    expect(browser.linkOn(page.text)).toBe(install)
    expect(page.text).not.toMatch(/slack_oauth|Error|[{}]"/)
  }
  await said(await browser.decide(await start(), ALPHA.id, { decision: 'cancel' }), 'Nothing was added', 200)

  const stateless = new URL(await browser.decide(await start(), ALPHA.id, {}))
  stateless.searchParams.delete('state')
  await said(stateless.href, 'Start on this page, please', 400)

  const elsewhere = await browser.decide(await start(), ALPHA.id, {})
  browser.forget()
  await said(elsewhere, 'That took too long', 400)

  const old = state(new Date(Date.now() - 11 * 60_000))
  const late = await fetch(`${town.url}/slack/oauth_redirect?code=x&state=${old}`, {
    headers: { cookie: `slack-app-oauth-state=${old}` },
  })
  expect(await late.text()).toContain('<h1>That took too long</h1>')

  const asks = await start()
  const back = await browser.decide(asks, ALPHA.id, {})
  expect((await browser.get(back)).text).toContain('Patchbay is in Alpha')
  await browser.get(install)
  const again = new URL(browser.linkOn((await browser.get(install)).text)).searchParams.get('state') ?? ''
  const used = new URL(back)
  used.searchParams.set('state', again)
  await said(used.href, 'That link was used already', 400)
  expect(await town.rows('select 1 from installations')).toHaveLength(1)
})

/** A state as the app signed it at that moment: a JWT, which is what Bolt's state store makes. */
function state(now: Date): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ installOptions: {}, now: now.toJSON() })}`
  return `${text}.${createHmac('sha256', stateSecretOf(CLIENT.secret)).update(text).digest('base64url')}`
}

test('one app does the main job in two workspaces, and neither sees the other', { timeout: 120_000 }, async () => {
  await using town = await startTown({
    model: [
      wishes('filesystem__write_file', { path: 'a.txt', content: 'from alpha' }),
      says('Beta has no tools.'),
      says('Alpha is done.'),
      wishes('filesystem__write_file', { path: 'b.txt', content: 'from beta' }),
      says('Beta is done.'),
    ],
  })
  await town.browser.install(ALPHA.id)
  await town.browser.install(BETA.id)
  const [alpha, beta] = [town.in('alpha'), town.in('beta')]
  await alpha.connect('filesystem')
  const first = await alpha.mention('write a.txt')
  const card = await alpha.see(first, /"Approve"/)

  // The same person by id, the same channel: and yet nothing of Alpha is here.
  const idle = await beta.dm('what can you do?')
  await beta.see(idle, /Beta has no tools/)
  expect(town.model.requests.at(-1)?.tools ?? []).toEqual([])
  expect(JSON.stringify(town.model.requests.at(-1)?.messages)).not.toContain('a.txt')
  const homes = await Promise.all([alpha.home(), beta.home()].map(async (home) => JSON.stringify(await home)))
  expect(homes[0]).toMatch(/filesystem/i)
  expect(homes[1]).not.toMatch(/a\.txt|write_file/)
  for (const channel of ['general', 'dm']) {
    for (const message of await beta.messages(channel)) expect(lookOf(message)).not.toMatch(/a\.txt|Approve/)
  }

  await alpha.press(first, card.ts, 'Approve')
  await alpha.see(first, /Alpha is done/)
  await beta.connect('filesystem')
  const second = await beta.mention('write b.txt')
  await beta.decide(second, 'Approve')
  await beta.see(second, /Beta is done/)
  expect(globSync('files/**/*.txt', { cwd: town.dataDir })).toHaveLength(2)
  const folders = globSync('files/**/*.txt', { cwd: town.dataDir }).map((file) => join(file, '..'))
  expect(new Set(folders).size, 'each in the folder of its own connection').toBe(2)
})

test('a removed app stops, forgets and keeps the record; added again it works', { timeout: 120_000 }, async () => {
  await using server = await startSecretServer(`Bearer ${SECRET}`)
  await using town = await startTown({
    egressAllow: [server.host],
    model: [wishes('custom__tell', {}), { kind: 'hangs' }],
  })
  await town.browser.install(ALPHA.id)
  await town.browser.install(BETA.id)
  const alpha = town.in('alpha')
  await town.in('alpha', 'owner').command('approvers @approver')
  const before = town.secretsKept()
  await alpha.connect('custom', { url: server.url, value: `Bearer ${SECRET}` })
  expect(town.secretsKept()).toBe(before + 1)
  const waiting = await alpha.dm('ask the server')
  await alpha.see(waiting, /"Approve"/)
  await alpha.dm('and think about it for ever')
  await eventually(() => expect(town.model.requests).toHaveLength(2))

  await town.uninstall('alpha')
  await eventually(async () => {
    expect(await town.rows(...runsIn(ALPHA.id))).toEqual([
      { status: 'closed', outcome: 'stopped' },
      { status: 'closed', outcome: 'stopped' },
    ])
    expect(await town.rows('select workspace_id from installations')).toEqual([{ workspace_id: BETA.id }])
  }, 20_000)
  expect(await town.rows('select 1 from mcp_connections')).toEqual([])
  expect(town.secretsKept(), "Alpha's token and secret are gone, Beta's token is there").toBe(before - 1)
  const acts = await town.rows<{ action: string }>('select action from audit_events where workspace_id = $1', ALPHA.id)
  expect(acts.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['app_installed', 'connection_added', 'connections_removed', 'app_uninstalled']),
  )
  expect(await town.rows("select audit_check($1, 0, 1000) -> 'broken' as at", ALPHA.id)).toEqual([{ at: null }])

  town.model.script(says('Beta goes on.'), says('Alpha is back.'))
  const there = await town.in('beta').dm('still there?')
  await town.in('beta').see(there, /Beta goes on/)
  await town.browser.install(ALPHA.id)
  const again = await alpha.dm('hello again')
  await alpha.see(again, /Alpha is back/)
  expect(await town.rows('select settings from workspaces where workspace_id = $1', ALPHA.id)).toEqual([
    { settings: { approvers: ['UAPPROV1'] } },
  ])
})

test('a run ends plainly when its app was removed unheard, and a late word of it does no harm', async () => {
  await using town = await startTown({ model: [slow(40, says('word '.repeat(60))), says('Back again.')] })
  await town.browser.install(ALPHA.id)
  const alpha = town.in('alpha')
  const where = await alpha.dm('talk')
  await alpha.see(where, /word/)
  town.teams.of('alpha').setAppUrls([])
  await town.uninstall('alpha')
  await eventually(
    async () => expect(await town.rows(...runsIn(ALPHA.id))).toEqual([{ status: 'closed', outcome: 'finished' }]),
    20_000,
  )
  // Installed anew before the app hears of the removal.
  await town.browser.install(ALPHA.id)
  town.teams.of('alpha').setAppUrls([`${town.url}/slack/events`])
  const again = await alpha.dm('hello')
  await alpha.see(again, /Back again/)
  await eventually(() => expect(town.log()).toContain('told of a removal, but the token works'))
  expect(await town.rows('select 1 from installations')).toHaveLength(1)
})

test('an organization installs once for its workspaces', { timeout: 60_000 }, async () => {
  await using town = await startTown({
    model: [wishes('filesystem__write_file', { path: 'g.txt', content: 'x' }), says('Grid is done.')],
  })
  const done = await town.browser.install(GRID.id, { org: 'on' })
  expect(done.text).toContain('Patchbay is in Grid')
  expect(town.browser.linkOn(done.text)).toContain('workspaces/add')
  expect(await town.rows('select workspace_id, enterprise from installations')).toEqual([
    { workspace_id: GRID.enterprise.id, enterprise: true },
  ])
  const grid = town.in('grid')
  await grid.connect('filesystem')
  const where = await grid.mention('write g.txt')
  await grid.decide(where, 'Approve')
  await grid.see(where, /Grid is done/)
  expect(await town.rows('select distinct workspace_id from mcp_connections')).toEqual([
    { workspace_id: GRID.enterprise.id },
  ])
  await town.uninstall('grid')
  await eventually(async () => expect(await town.rows('select 1 from installations')).toEqual([]))
})

test('taken from one workspace of an organization, its runs there stop; what is the people’s stays', {
  timeout: 60_000,
}, async () => {
  const write = wishes('filesystem__write_file', { path: 'g.txt', content: 'x' })
  await using town = await startTown({ model: [write, { kind: 'hangs' }, write, says('Back at work.')] })
  await expect(town.uninstall('alpha', { here_only: true })).rejects.toThrow(/not installed/)
  await town.browser.install(GRID.id, { org: 'on' })
  const grid = town.in('grid')
  await grid.connect('filesystem')
  await grid.see(await grid.dm('write g.txt'), /"Approve"/)
  await grid.mention('and think about it for ever')
  await eventually(() => expect(town.model.requests).toHaveLength(2))
  // One of another workspace of the same organization.
  await town.rows(`update run_events set body = jsonb_set(body, '{origin,teamId}', '"TGRID002"') where run_id =
    (select id from runs order by number limit 1) and seq = 1`)

  const ends = async () =>
    (await town.rows<{ outcome: string }>(...runsIn(GRID.enterprise.id))).map((run) => run.outcome)
  await town.uninstall('grid', { here_only: true })
  await eventually(async () => expect(await ends()).toEqual([null, 'stopped']), 20_000)
  await eventually(() => expect(town.log()).toContain('left workspaces of an organization'))
  expect(await town.rows('select 1 from installations')).toHaveLength(1)
  expect(await town.rows('select 1 from mcp_connections')).toHaveLength(1)

  // Given back before the next word of a removal is heard, nothing is stopped.
  await town.browser.install(GRID.id, { org: 'on' })
  const again = await grid.mention('write g.txt')
  await grid.see(again, /"Approve"/)
  town.teams.of('grid').setAppUrls([])
  await town.uninstall('grid', { here_only: true })
  await town.browser.install(GRID.id, { org: 'on' })
  town.teams.of('grid').setAppUrls([`${town.url}/slack/events`])
  await eventually(() => expect(town.log().match(/left workspaces of an organization/g)).toHaveLength(2), 20_000)
  await grid.decide(again, 'Approve')
  await grid.see(again, /Back at work/)
})

test('a press from another company counts for the workspace whose message it is', { timeout: 60_000 }, async () => {
  await using town = await startTown({
    model: [wishes('filesystem__write_file', { path: 'shared.txt', content: 'x' }), says('Written for Alpha.')],
  })
  await town.browser.install(ALPHA.id)
  await town.browser.install(BETA.id)
  const alpha = town.in('alpha')
  await alpha.connect('filesystem')
  const where = await alpha.mention('write shared.txt')
  const card = await alpha.see(where, /"Approve"/)
  await alpha.post('press', { channel: where.channel, ts: card.ts, button: 'Approve', team: BETA.id })
  await alpha.see(where, /Written for Alpha/)
})

test('a workspace that has not installed the app is turned away', async () => {
  await using town = await startTown()
  const alpha = town.in('alpha')
  await alpha.command('list')
  await eventually(async () =>
    expect((await alpha.messages('dm')).map(lookOf).join()).toContain('not installed here any more'),
  )
  expect(await town.rows('select 1 from runs')).toEqual([])
})

test('in Socket Mode the pages are served all the same', { timeout: 60_000 }, async () => {
  const app = { signingSecret: 'unused', client: CLIENT }
  const { log } = memoryLog()
  await using slack = await startSlackEmulator({
    port: 0,
    mode: 'socket',
    appUrls: [],
    log,
    team: ALPHA,
    app,
    installed: false,
  })
  const oauth = { clientId: CLIENT.id, clientSecret: CLIENT.secret, agent: true }
  const reach = { appToken: slack.appToken, signingSecret: undefined, apiUrl: slack.apiUrl }
  await using world = await startWorld({
    mode: 'socket',
    model: [says('Over the socket.')],
    change: (settings) => ({ ...settings, slack: { ...reach, oauth } }),
  })
  const url = `http://127.0.0.1:${world.port}`
  slack.setManifest(manifestAt(url))
  expect((await browserAt(url).install(ALPHA.id)).text).toContain('Patchbay is in Alpha')
  expect((await fetch(`${url}/slack/events`, { method: 'POST', body: '{}' })).status).toBe(404)
  const alpha = personIn(slack.url, 'member')
  const where = await alpha.dm('hello')
  await alpha.see(where, /Over the socket/)
})

test('with the one token of .env a removal cleans up as well, and there is no install page', {
  timeout: 60_000,
}, async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__write_file', { path: 'x.txt', content: 'x' })],
  })
  expect((await fetch(`http://127.0.0.1:${world.port}/slack/install`)).status).toBe(404)
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write x.txt')
  await member.see(where, /"Approve"/)
  await world.as('owner').post('uninstall', {})
  const rows = (sql: string) => query(world.databaseUrl, sql, [])
  await eventually(async () => {
    expect(await rows('select status, outcome from runs')).toEqual([{ status: 'closed', outcome: 'stopped' }])
    expect(await rows('select 1 from mcp_connections')).toEqual([])
    expect(world.log()).toContain('set SLACK_BOT_TOKEN to its new token')
  })
})

test('a request of another workspace cannot be asked again by its id', async () => {
  await using world = await startWorld({ model: [fails(401)] })
  const member = world.as('member')
  const where = await member.dm('do it')
  const failed = await member.see(where, /"Try again"/)
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    await client.query("update runs set workspace_id = 'TELSEWHERE'")
    await member.press(where, failed.ts, 'Try again')
    await member.see(where, /I no longer have this request/)
    expect((await client.query('select count(*)::int as n from runs')).rows).toEqual([{ n: 1 }])
  } finally {
    await client.end()
  }
})
