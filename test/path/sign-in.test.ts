import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startProtected } from '../fixtures/authorization-server.ts'
import { goThere, signInUrlInModal } from '../support/browser-sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { everyRow } from '../support/every-row.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const worldFor = (hosts: string[], model: Parameters<typeof startWorld>[0] = {}): Promise<World> =>
  startWorld({ ...model, change: (settings) => ({ ...settings, egressAllow: hosts }) })

/** Fills the modal in, as far as the Sign in button. */
async function begin(seat: Seat, values: Record<string, unknown>, here?: (url: string) => string): Promise<string> {
  await seat.command('connect custom')
  await eventually(async () => expect(await seat.modal()).not.toBeNull())
  expect(await seat.submit(values)).toMatchObject({ ok: true })
  return signInUrlInModal(seat, here)
}

const modalLike = (seat: Seat, what: RegExp): Promise<string> =>
  eventually(async () => {
    const view = JSON.stringify(await seat.modal())
    expect(view).toMatch(what)
    return view
  }, 30_000)

test('a server that wants a sign-in: a button, a browser, the page, and the tools are there', async () => {
  await using server = await startProtected()
  await using world = await worldFor(server.hosts, { model: [wishes('custom__whoami', {}), says('It knows you.')] })
  const member = world.as('member')
  const url = await begin(member, { url: server.url })
  expect(JSON.stringify(await member.modal())).toContain(new URL(server.issuer).host)
  expect(new URL(url).searchParams.get('resource')).toBe(server.url)
  const { status, page } = await goThere(url)
  expect(page).toMatch(/go back to Slack/)
  expect(status).toBe(200)
  await modalLike(member, /Connected! 2 custom tools now available/)
  expect((await member.messages('dm')).map(lookOf).join(), 'what the modal says is said once').not.toContain(
    'Connected!',
  )
  await member.close()
  const registered = server.requests.find(({ path }) => path === '/register')
  expect(registered?.body.application_type).toBe('web')
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  await member.see(where, /It knows you/)
  expect(JSON.stringify(world.model.requests.at(-1))).toContain('[secret]')
})

test('a client registered by the operator is used where the person types it in; its secret is asked for', async () => {
  await using server = await startProtected({ registration: false })
  await using world = await worldFor(server.hosts)
  const member = world.as('member')
  await member.command('connect custom')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  await member.submit({ url: server.url })
  await modalLike(member, /only lets apps sign people in that were registered.+\/oauth\/callback.+Client id/)
  server.register({
    id: 'registered-1',
    secret: 'shh-registered',
    redirects: [`http://127.0.0.1:${world.port}/oauth/callback`],
  })
  await member.submit({ url: server.url, clientId: 'registered-1', clientSecret: 'shh-registered' })
  expect((await goThere(await signInUrlInModal(member))).page).toMatch(/go back to Slack/)
  await modalLike(member, /Connected! 2 custom tools/)
  expect(server.requests.filter(({ path }) => path === '/register')).toEqual([])
})

test('a client id metadata document is used where both sides can', async () => {
  await using server = await startProtected({ cimd: true, registration: false })
  const publicUrl = 'https://patchbay.acme.dev'
  await using world = await startWorld({
    change: (settings) => ({ ...settings, egressAllow: server.hosts, http: { ...settings.http, publicUrl } }),
  })
  const here = (url: string | URL) => String(url).replace(publicUrl, `http://127.0.0.1:${world.port}`)
  server.documents.set(`${publicUrl}/oauth/client.json`, () => fetch(here(`${publicUrl}/oauth/client.json`)))
  const member = world.as('member')
  const url = await begin(member, { url: server.url }, here)
  expect(new URL(url).searchParams.get('client_id')).toBe(`${publicUrl}/oauth/client.json`)
  expect((await goThere(url, (back) => new URL(here(back)))).page).toMatch(/go back to Slack/)
  await modalLike(member, /Connected! 2 custom tools/)
})

test('who says no, and answers that cannot be trusted, are told on the page and in Slack; nothing is kept', async () => {
  await using server = await startProtected({ deny: true })
  await using world = await worldFor(server.hosts)
  const member = world.as('member')
  const denied = await goThere(await begin(member, { url: server.url }))
  expect(denied.status).toBe(400)
  expect(denied.page).toMatch(/said no/)
  expect(denied.page).not.toContain('<b>said')
  expect(await modalLike(member, /Not signed in: .+said no/), 'what was typed stays').toContain(server.url)
  await member.close()
  server.does.deny = false
  const ways: [Partial<typeof server.does>, (back: URL) => URL, RegExp][] = [
    [{ iss: 'wrong' }, (back) => back, /did not come from the sign-in service/],
    [{ iss: 'none' }, (back) => back, /did not come from the sign-in service/],
    [{ iss: 'own' }, (back) => with_(back, { state: 'made-up' }), /do not know this sign-in/],
    [{ iss: 'wrong', deny: true }, (back) => back, /did not come from the sign-in service/],
    [{ iss: 'own', deny: false }, (back) => with_(back, { code: 'another' }), /did not complete the sign-in/],
  ]
  for (const [does, change, says_] of ways) {
    Object.assign(server.does, does)
    const { page, status } = await goThere(await begin(member, { url: server.url }), change)
    expect(status).toBe(400)
    expect(page).toMatch(says_)
    await member.close().catch(() => undefined)
  }
  await member.command('list')
  await eventually(async () =>
    expect((await member.messages('dm')).map(lookOf).join()).toMatch(/no tools connected yet/),
  )
  expect(server.live()).toBe(0)
})

const with_ = (url: URL, change: Record<string, string>): URL => {
  for (const [name, value] of Object.entries(change)) url.searchParams.set(name, value)
  return url
}

test('the way back works once', async () => {
  await using server = await startProtected()
  await using world = await worldFor(server.hosts)
  const member = world.as('member')
  const url = await begin(member, { url: server.url })
  await member.pressInModal('Sign in to Custom server')
  const { back } = await goThere(url)
  await modalLike(member, /Connected!/)
  const again = await fetch(back)
  expect(again.status).toBe(400)
  expect(await again.text()).toMatch(/used already/)
})

test('a server that cannot protect its codes, or sends people to an odd address, gets nobody', async () => {
  await using server = await startProtected({ pkce: false })
  await using world = await worldFor(server.hosts)
  const member = world.as('member')
  await member.command('connect custom')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  await member.submit({ url: server.url })
  await modalLike(member, /does not protect its codes/)
  Object.assign(server.does, { pkce: true, authorizationEndpoint: 'http://10.0.0.7/authorize' })
  await member.submit({ url: server.url })
  await modalLike(member, /not safe to open/)
  Object.assign(server.does, { authorizationEndpoint: 'javascript:alert(1)' })
  await member.submit({ url: server.url })
  await modalLike(member, /cannot read|in a way I can read|not safe to open/)
})

test('a sign-in that has ended in the middle of a run: a button in the thread, and the run goes on after it', async () => {
  await using server = await startProtected()
  await using world = await worldFor(server.hosts, {
    model: [wishes('custom__whoami', {}), says('It knows you again.')],
  })
  const member = world.as('member')
  await goThere(await begin(member, { url: server.url }))
  await modalLike(member, /Connected!/)
  await member.close()
  server.endAll()
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  const card = await member.see(where, /needs you to sign in/)
  await member.command('list')
  await eventually(async () =>
    expect((await member.messages('dm')).map(lookOf).join()).toMatch(/needs sign-in.+Sign in/s),
  )
  await world.restart()
  await member.press(where, card.ts, 'Sign in')
  const url = await signInUrlInModal(member)
  expect((await goThere(url)).page).toMatch(/go back to Slack/)
  await modalLike(member, /Signed in to/)
  await member.see(where, /It knows you again/, 30_000)
  await member.see(where, /Signed in by/)
})

test('a sign-in whose modal was closed meanwhile asks for its code where it was asked for', async () => {
  await using server = await startProtected()
  await using world = await worldFor(server.hosts)
  const member = world.as('member')
  const url = await begin(member, { url: server.url })
  await member.close()
  await goThere(url)
  expect((await member.messages('dm')).map(lookOf).join()).toMatch(/One step left for Custom server/)
  await modalLike(member, /Connected! 2 custom/)
})

test('a sign-in is tried as often as one likes, in one modal', async () => {
  await using server = await startProtected()
  await using world = await worldFor(server.hosts)
  const member = world.as('member')
  await goThere(await begin(member, { url: server.url }))
  await modalLike(member, /Connected!/)
  await member.close()
  server.endAll()
  server.does.deny = true
  await member.command('sign-in custom')
  for (let at = 0; at < 4; at++) {
    await goThere(await signInUrlInModal(member))
    await modalLike(member, /Not signed in.+said no/)
    if (at === 3) server.does.deny = false
    await member.pressInModal('Try again')
  }
  await goThere(await signInUrlInModal(member))
  await modalLike(member, /Signed in to/)
  await member.close()
  expect(await member.modal()).toBeNull()
})

test('more permission is asked for in plain words, and the call goes on with it', async () => {
  await using server = await startProtected()
  await using world = await worldFor(server.hosts, { model: [wishes('custom__write', {}), says('It is written.')] })
  const member = world.as('member')
  await goThere(await begin(member, { url: server.url }))
  await modalLike(member, /Connected!/)
  await member.close()
  const where = await member.dm('write it')
  await member.decide(where, 'Approve')
  const card = await member.see(where, /wants more permission for this: write/)
  expect(server.writes()).toBe(0)
  await member.press(where, card.ts, 'Sign in')
  server.does.iss = 'wrong'
  await goThere(await signInUrlInModal(member))
  await modalLike(member, /Not signed in.+did not come from the sign-in service/)
  server.does.iss = 'own'
  await member.pressInModal('Try again')
  const url = await signInUrlInModal(member)
  expect(new URL(url).searchParams.get('scope')).toBe('read write')
  await goThere(url)
  await member.see(where, /It is written/, 30_000)
  expect(server.writes()).toBe(1)
})

test('disconnect takes the tokens back, and says where that did not work', async () => {
  await using server = await startProtected()
  await using world = await worldFor(server.hosts)
  const member = world.as('member')
  for (const revocation of [true, false]) {
    server.does.revocation = revocation
    await goThere(await begin(member, { url: server.url }))
    await modalLike(member, /Connected!/)
    await member.close()
    await member.command('disconnect custom')
    const asked = await eventually(async () => {
      const found = (await member.messages('dm')).filter((one) => /Disconnect custom\?/.test(one.text)).at(-1)
      expect(found).toBeDefined()
      return String(found?.ts)
    })
    await member.press({ channel: 'dm' }, asked, 'Disconnect')
    const words = revocation ? /Your sign-in at the service has ended/ : /cannot end your sign-in/
    await eventually(async () => expect((await member.messages('dm')).map(lookOf).join()).toMatch(words))
  }
  expect(server.revoked).toHaveLength(2)
})

test('after all of it no token, code or client secret is anywhere but in the credential store', async () => {
  await using server = await startProtected({ expiresIn: 3_600 })
  await using world = await worldFor(server.hosts, { model: [wishes('custom__whoami', {}), says('Done.')] })
  const member = world.as('member')
  const { back } = await goThere(await begin(member, { url: server.url }))
  await modalLike(member, /Connected!/)
  await member.close()
  server.expireAccess()
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  await member.see(where, /Done\./)
  expect(server.grants('refresh_token')).toBe(1)
  const query = new URL(back).searchParams
  const secrets = [...server.secrets(), String(query.get('code')), String(query.get('state'))]
  expect(secrets.length).toBeGreaterThan(4)
  const rows = await everyRow(world.databaseUrl)
  const seen = (await member.messages('dm', where.thread)).map(lookOf).join('\n')
  const files = globSync('**/*', { cwd: world.dataDir })
    .map((name) => join(world.dataDir, name))
    .filter((path) => statSync(path).isFile())
  for (const secret of secrets) {
    expect(rows).not.toContain(secret)
    expect(world.log()).not.toContain(secret)
    expect(seen).not.toContain(secret)
    expect(JSON.stringify(world.model.requests)).not.toContain(secret)
    for (const path of files) expect(readFileSync(path).includes(secret), path).toBe(false)
  }
})
