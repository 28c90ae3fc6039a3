import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Protected, startProtected } from '../fixtures/authorization-server.ts'
import { type Provider, startIdentityProvider } from '../fixtures/identity-provider.ts'
import { goThere, signInUrlInModal } from '../support/browser-sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { everyRow } from '../support/every-row.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { type Script, says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const OURS = { client_id: 'patchbay-there', client_secret: 'shh-there' }

/** A service that trusts the organization's identity provider, which lets people use it. */
async function startManaged(idp: Provider): Promise<Protected> {
  const server = await startProtected({ registration: false, trusts: idp })
  server.register({ id: OURS.client_id, secret: OURS.client_secret, redirects: [] })
  idp.allow({ audience: server.issuer, resource: server.url, clientId: OURS.client_id })
  return server
}

/** The operator has set the identity provider, and a client at the first of the services. */
async function worldOf(idp: Provider, servers: Protected[], model: Script[] = []): Promise<World> {
  const world = await startWorld({
    model,
    change: (settings) => ({
      ...settings,
      egressAllow: [idp.host, ...servers.flatMap(({ hosts }) => hosts)],
      identityProvider: idp.settings,
      prefills: { custom: { ...OURS, issuer: servers[0]?.issuer ?? '' } },
    }),
  })
  idp.letBack(`http://127.0.0.1:${world.port}/oauth/callback`)
  return world
}

async function connect(seat: Seat, values: Record<string, unknown>): Promise<void> {
  await seat.command('connect custom')
  await eventually(async () => expect(await seat.modal()).not.toBeNull())
  if ('clientId' in values) {
    await seat.pressInModal('More')
    await modalLike(seat, /Client secret/)
  }
  expect(await seat.submit(values)).toMatchObject({ ok: true })
}

const typed = { clientId: OURS.client_id, clientSecret: OURS.client_secret }

const modalLike = (seat: Seat, what: RegExp) =>
  eventually(async () => expect(JSON.stringify(await seat.modal())).toMatch(what), 30_000)

const dmLike = (seat: Seat, what: RegExp) =>
  eventually(async () => expect((await seat.messages('dm')).map(lookOf).join()).toMatch(what), 30_000)

async function connectFirst(seat: Seat, url: string) {
  await connect(seat, { url })
  const came = await goThere(await signInUrlInModal(seat))
  await modalLike(seat, /Connected! 2 custom tools/)
  await seat.close()
  return came
}

async function disconnect(seat: Seat, name: string): Promise<void> {
  await seat.command(`disconnect ${name}`)
  const asked = await eventually(async () => {
    const found = (await seat.messages('dm')).filter((one) => one.text.startsWith(`Disconnect ${name}?`)).at(-1)
    expect(found).toBeDefined()
    return String(found?.ts)
  })
  await seat.press({ channel: 'dm' }, asked, 'Disconnect')
  await dmLike(seat, new RegExp(`Disconnected ${name}\\.`))
}

/** The secrets in the store, its own check left out. */
const secretsKept = (world: World): number => globSync('**/*.sealed', { cwd: world.dataDir }).length - 1

test('one sign-in with the organization; the next service needs no page, and says why', async () => {
  await using idp = await startIdentityProvider()
  await using first = await startManaged(idp)
  await using second = await startManaged(idp)
  await using world = await worldOf(idp, [first, second], [wishes('custom-2__whoami', {}), says('It knows you.')])
  const member = world.as('member')
  await connect(member, { url: first.url })
  const url = await signInUrlInModal(member)
  const modal = JSON.stringify(await member.modal())
  expect(modal).toContain('Sign in with your organization')
  expect(modal).toContain(idp.host)
  const query = new URL(url).searchParams
  expect(new URL(url).host).toBe(idp.host)
  expect(query.get('nonce')).toMatch(/^[\w-]{40,}$/)
  expect(query.get('code_challenge_method')).toBe('S256')
  expect(query.get('scope')).toBe('openid offline_access')
  expect(query.get('prompt')).toBeNull()
  const { status, page } = await goThere(url)
  expect(page).toMatch(/go back to Slack/)
  expect(status).toBe(200)
  await modalLike(member, /Connected! 2 custom tools now available/)
  await member.close()
  await connect(member, { url: second.url, ...typed })
  await modalLike(member, new RegExp(`You are signed in through \\*${idp.host}\\*; no further sign-in needed`))
  await member.close()
  expect(idp.signIns()).toBe(1)
  for (const server of [first, second]) {
    expect(server.requests.filter(({ path }) => path === '/authorize' || path === '/register')).toEqual([])
    expect(server.grants('urn:ietf:params:oauth:grant-type:jwt-bearer')).toBe(1)
  }
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  await member.see(where, /It knows you/)
})

test('what the organization does not allow is said in plain words, and nothing is left behind', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  await using world = await worldOf(idp, [server])
  const member = world.as('member')
  idp.forbid(server.url)
  await connect(member, { url: server.url })
  const { page, status } = await goThere(await signInUrlInModal(member))
  expect(status).toBe(400)
  expect(page).toMatch(/Your organization does not allow you to use Custom server here.+Ask its admin/)
  await modalLike(member, /Not signed in.+Your organization does not allow you to use Custom server here/)
  expect(secretsKept(world)).toBe(0)
  expect(idp.revoked).toHaveLength(1)
  expect(server.live()).toBe(0)
})

test('an organization that takes its word back ends the access when the tokens end', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  await using world = await worldOf(idp, [server], [wishes('custom__whoami', {}), says('It does not let me.')])
  const member = world.as('member')
  await connectFirst(member, server.url)
  idp.does.refusal = 'invalid_grant'
  server.expireAccess()
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  await member.see(where, /It does not let me/)
  expect(JSON.stringify(world.model.requests.at(-1))).toMatch(
    /Your organization does not allow you to use Custom server/,
  )
  await member.command('test custom')
  await dmLike(member, /does not work. Your organization does not allow you to use Custom server here.+Ask its admin/)
})

test('a sign-in with the organization that has ended in the middle of runs: a button, and they go on', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  const again = says('It knows you again.')
  const script = [wishes('custom__whoami', {}), wishes('custom-2__whoami', {}), again, again]
  await using world = await worldOf(idp, [server], script)
  const member = world.as('member')
  idp.does.idTokenSeconds = 5
  await connectFirst(member, server.url)
  await connect(member, { url: server.url })
  await modalLike(member, /no further sign-in needed/)
  await member.close()
  idp.endSessions()
  server.endAll()
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  const card = await member.see(where, /Your organization’s sign-in has ended, and Custom server needs it/)
  const other = await member.dm('and there?')
  await member.decide(other, 'Approve')
  await member.see(other, /Your organization’s sign-in has ended/)
  await member.command('test')
  await dmLike(member, /does not work. Your organization’s sign-in has ended.+Sign in for custom-2/s)
  await member.command('list')
  await dmLike(member, /Your 2 connections.+needs sign-in.+Sign in.+sign-in custom-2/s)
  await world.restart()
  await member.press(where, card.ts, 'Sign in')
  const url = await signInUrlInModal(member)
  expect(new URL(url).host).toBe(idp.host)
  idp.does.idTokenSeconds = 3_600
  expect((await goThere(url)).page).toMatch(/go back to Slack/)
  for (const place of [where, other]) await member.see(place, /It knows you again/, 30_000)
  expect(idp.signIns()).toBe(2)
})

test('more permission is got without a page, once the person says so', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  const script = [wishes('custom__write', {}), says('It is written.')]
  await using world = await worldOf(idp, [server], script)
  const member = world.as('member')
  await connectFirst(member, server.url)
  const where = await member.dm('write it')
  await member.decide(where, 'Approve')
  const card = await member.see(where, /wants more permission for this: write/)
  expect(server.writes()).toBe(0)
  await member.press(where, card.ts, 'Sign in')
  await member.see(where, /It is written/, 30_000)
  expect(server.writes()).toBe(1)
  expect(idp.signIns()).toBe(1)
})

test("nobody comes in by another person's sign-in", async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  await using world = await worldOf(idp, [server])
  const [member, owner] = [world.as('member'), world.as('owner')]
  const theirs = async (seat: Seat, change: (back: URL) => URL) => {
    await connect(seat, { url: server.url })
    const came = await goThere(await signInUrlInModal(seat), change)
    await seat.close()
    return came
  }
  let code = ''
  const notUsed = (back: URL) => {
    code = back.searchParams.get('code') ?? ''
    return new URL('/healthz', back)
  }
  const withTheirCode = (back: URL) => {
    back.searchParams.set('code', code)
    return back
  }
  await theirs(owner, notUsed)
  expect((await theirs(member, withTheirCode)).page).toMatch(/did not complete the sign-in/)
  // Even where the identity provider does not look at the verifier.
  idp.does.pkce = false
  await theirs(owner, notUsed)
  expect((await theirs(member, withTheirCode)).page).toMatch(/did not say who you are in a way I can trust/)
  idp.does.pkce = true
  const ways: [Partial<typeof idp.does>, (back: URL) => URL, RegExp][] = [
    [{ iss: 'wrong' }, (back) => back, /did not come from the sign-in service of your organization/],
    [{ iss: 'own', nonce: 'another' }, (back) => back, /did not say who you are/],
    [{ nonce: undefined, audience: 'another-app' }, (back) => back, /did not say who you are/],
    [{ audience: undefined, idTokenSeconds: -1 }, (back) => back, /did not say who you are/],
    [{ idTokenSeconds: 3_600, deny: true }, (back) => back, /did not let you in/],
  ]
  for (const [does, change, words] of ways) {
    Object.assign(idp.does, does)
    const { page, status } = await theirs(member, change)
    expect(status).toBe(400)
    expect(page).toMatch(words)
  }
  idp.does.deny = false
  expect(secretsKept(world)).toBe(2)
  const { back } = await connectFirst(member, server.url)
  expect(await (await fetch(back)).text()).toMatch(/used already/)
  await connect(owner, { url: server.url })
  expect(JSON.stringify(await signInUrlInModal(owner))).toContain(idp.host)
  expect(idp.grants('token-exchange')).toBe(1)
})

test("the sign-in goes with the person's last managed connection, and with the app", async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  await using world = await worldOf(idp, [server])
  const member = world.as('member')
  await connectFirst(member, server.url)
  await connect(member, { url: server.url })
  await modalLike(member, /no further sign-in needed/)
  await member.close()
  await disconnect(member, 'custom')
  expect(idp.revoked).toEqual([])
  expect(secretsKept(world)).toBe(2)
  await disconnect(member, 'custom-2')
  expect(idp.revoked).toHaveLength(1)
  expect(secretsKept(world)).toBe(0)
  expect(server.revoked).toHaveLength(2)
  await connectFirst(member, server.url)
  expect(secretsKept(world)).toBe(2)
  await world.as('owner').post('uninstall', {})
  await eventually(async () => expect(secretsKept(world)).toBe(0))
  expect(idp.revoked, 'an app that is gone asks nobody').toHaveLength(1)
})

test('what was given for all of it is nowhere but in the credential store', async () => {
  await using idp = await startIdentityProvider({ idTokenSeconds: 16 })
  await using server = await startManaged(idp)
  await using world = await worldOf(idp, [server], [wishes('custom__whoami', {}), says('Done.')])
  const member = world.as('member')
  const { back } = await connectFirst(member, server.url)
  idp.does.idTokenSeconds = 3_600
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  server.expireAccess()
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  await member.see(where, /Done\./)
  expect(idp.grants('refresh_token')).toBeGreaterThan(0)
  idp.does.refusal = 'access_denied'
  server.expireAccess()
  await member.command('test custom')
  await dmLike(member, /does not allow you/)
  const secrets = [...idp.secrets(), ...server.secrets(), String(new URL(back).searchParams.get('state'))]
  expect(secrets.length).toBeGreaterThan(8)
  const rows = await everyRow(world.databaseUrl)
  const seen = (await member.messages('dm', where.thread)).map(lookOf).join('\n')
  const files = globSync('**/*', { cwd: world.dataDir })
    .map((name) => join(world.dataDir, name))
    .filter((path) => statSync(path).isFile())
  for (const secret of secrets) {
    for (const text of [rows, world.log(), seen, JSON.stringify(world.model.requests)])
      expect(text.includes(secret)).toBe(false)
    for (const path of files) expect(readFileSync(path).includes(secret), path).toBe(false)
  }
})
