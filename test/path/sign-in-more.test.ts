import { expect, test } from 'vitest'
import { startProtected } from '../fixtures/authorization-server.ts'
import { listed, remoteAt, startRegistry } from '../fixtures/registry-server.ts'
import {
  codeOn,
  comeBack,
  goThere,
  openSignInPage,
  signInPageInModal,
  signInUrlInModal,
} from '../support/browser-sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type WorldOptions } from '../support/world.ts'

async function protectedWorld(
  o: { model?: WorldOptions['model']; change?: Parameters<typeof startProtected>[0] } = {},
) {
  await using starting = new AsyncDisposableStack()
  const server = starting.use(await startProtected(o.change))
  const world = starting.use(
    await startWorld({
      ...(o.model && { model: o.model }),
      change: (settings) => ({ ...settings, egressAllow: server.hosts }),
    }),
  )
  const things = starting.move()
  return { server, world, [Symbol.asyncDispose]: () => things.disposeAsync() }
}

/** As far as the Sign in button. */
async function begin(seat: Seat, url: string): Promise<string> {
  await seat.command('connect custom')
  await eventually(async () => expect(await seat.modal()).not.toBeNull())
  expect(await seat.submit({ url })).toMatchObject({ ok: true })
  return signInUrlInModal(seat)
}

async function connected(seat: Seat, url: string): Promise<void> {
  await goThere(await begin(seat, url))
  await modalLike(seat, /Connected! 2 custom tools/)
  await seat.close()
}

const modalLike = (seat: Seat, what: RegExp) =>
  eventually(async () => expect(JSON.stringify(await seat.modal())).toMatch(what), 30_000)
const dmLike = (seat: Seat, what: RegExp) =>
  eventually(async () => {
    const found = (await seat.messages('dm')).findLast((one) => what.test(lookOf(one)))
    expect(found, String(what)).toBeDefined()
    return found?.ts ?? ''
  }, 30_000)

test('a link passed on to somebody else connects nobody to their account, though they go through to the end', async () => {
  await using house = await protectedWorld()
  const { world, server } = house
  const member = world.as('member')
  await begin(member, server.url)
  const passedOn = await openSignInPage(await signInPageInModal(member))
  expect(passedOn.page).toMatch(/Morgan Member, in Slack.+Access goes to.+close this page/s)
  expect(JSON.stringify(await member.modal())).toContain(`goes to *${new URL(server.url).host}*`)
  const { page, status } = await comeBack(passedOn.url, passedOn.cookie)
  expect([status, codeOn(page)]).toEqual([200, expect.stringMatching(/^\w{4}-\w{4}$/)])
  await modalLike(member, /sign_in_code/)
  expect(server.live()).toBe(1)
  for (const left of ['4 more times', '3 more times', '2 more times', 'once more'])
    expect(JSON.stringify(await member.submit({ code: 'BCDF-GHJK' }))).toContain(left)
  await member.submit({ code: 'BCDF-GHJK' })
  await modalLike(member, /The code was wrong 5 times, so I dropped the sign-in/)
  expect(server.live()).toBe(0)
  await member.close()
  await member.command('list')
  await dmLike(member, /no tools connected yet/)
})

test('the address behind our page, passed on past it, is of no use in another browser', async () => {
  await using house = await protectedWorld()
  const { world, server } = house
  const member = world.as('member')
  const url = await begin(member, server.url)
  const without = await comeBack(url, undefined)
  expect([without.status, without.page]).toEqual([400, expect.stringContaining('had not opened its first page')])
  await modalLike(member, /Not signed in.+had not opened its first page/)
  await member.close()
  await begin(member, server.url)
  const { cookie } = await openSignInPage(await signInPageInModal(member))
  await member.close()
  expect((await comeBack(await begin(member, server.url), cookie)).status, "another sign-in's cookie").toBe(400)
  expect(server.requests.filter(({ path }) => path === '/token')).toEqual([])
})

test('a code is entered once, on whichever instance; a closed modal is no end', async () => {
  await using house = await protectedWorld()
  const { world, server } = house
  const member = world.as('member')
  await begin(member, server.url)
  const { url, cookie } = await openSignInPage(await signInPageInModal(member))
  const code = codeOn((await comeBack(url, cookie)).page) ?? ''
  await modalLike(member, /sign_in_code/)
  await world.restart()
  await member.close()
  const ts = await dmLike(member, /One step left/)
  await member.press({ channel: 'dm' }, ts, 'Enter the code')
  await modalLike(member, /sign_in_code/)
  await member.submit({ code: code.toLowerCase().replace('-', ' ') })
  await modalLike(member, /Connected! 2 custom tools/)
  await member.close()
  await member.press({ channel: 'dm' }, ts, 'Enter the code')
  await modalLike(member, /sign_in_code/)
  expect(JSON.stringify(await member.submit({ code }))).toContain('This sign-in is over')
})

test('a browser is sent on by itself where the code was spent on a request that named the resource', async () => {
  const error = { error: 'invalid_target' }
  await using house = await protectedWorld({ change: { resourceRefusal: { at: 'token', error, spends: true } } })
  const { world, server } = house
  await connected(world.as('member'), server.url)
  const asked = server.requests.filter(({ path }) => path === '/token')
  expect(asked.map(({ body }) => body.resource !== undefined)).toEqual([true, false, false])
})

test('only who asked can sign in for a call that waits in a channel', async () => {
  await using house = await protectedWorld({ model: [wishes('custom__whoami'), says('It knows you.')] })
  const { world, server } = house
  const [member, owner] = [world.as('member'), world.as('owner')]
  await connected(member, server.url)
  server.endAll()
  const where = await member.mention('who am I?')
  await member.decide(where, 'Approve')
  const card = await member.see(where, /needs you to sign in/)
  await owner.press(where, card.ts, 'Sign in')
  const refusal = await owner.see(where, /Only <@UMEMBER1>, who asked for this, can sign in for it/)
  expect(refusal.ephemeral).toBe(true)
  await member.press(where, card.ts, 'Sign in')
  const url = await signInUrlInModal(member)
  expect((await owner.messages(where.channel, where.thread)).map(lookOf).join()).not.toContain(url)
  await goThere(url)
  await member.see(where, /It knows you\./, 30_000)
})

test.each<[string, (seat: Seat) => Promise<string>]>([
  [
    'Home',
    async (seat) => {
      await eventually(async () => expect(JSON.stringify(await seat.home())).toMatch(/"Sign in".*sign-in custom/))
      await seat.pressInHome('Sign in')
      return signInUrlInModal(seat)
    },
  ],
  [
    '/mcp test',
    async (seat) => {
      await seat.command('test custom')
      const ts = await dmLike(seat, /does not work.*Sign in for custom/s)
      await seat.press({ channel: 'dm' }, ts, 'Sign in for custom')
      return signInUrlInModal(seat)
    },
  ],
])('a sign-in that has ended is made anew from %s', async (_where, signIn) => {
  await using house = await protectedWorld()
  const { world, server } = house
  const member = world.as('member')
  await connected(member, server.url)
  server.endAll()
  await member.command('test custom')
  await dmLike(member, /Sign in for custom/)
  const { page } = await goThere(await signIn(member))
  expect(page).toMatch(/go back to Slack/)
  await eventually(async () => expect(JSON.stringify(await member.home())).not.toContain('sign-in custom'), 30_000)
  await member.close().catch(() => undefined)
  await member.command('test custom')
  await dmLike(member, /\*custom\* works/)
})

test('a sign-in that cannot be taken back is disconnected all the same, and the person knows what is left to do', async () => {
  await using house = await protectedWorld({ change: { revocationStatus: 503 } })
  const { world, server } = house
  const member = world.as('member')
  await connected(member, server.url)
  await member.command('disconnect custom')
  await member.press({ channel: 'dm' }, await dmLike(member, /Disconnect custom\?/), 'Disconnect')
  await dmLike(member, /Its secret and its tools are gone\. But I could not end your sign-in at the service/)
  expect(server.requests.filter(({ path }) => path === '/revoke').length).toBeGreaterThan(0)
  await member.command('list')
  await dmLike(member, /no tools connected yet/)
})

test('who says no at the service in the middle of a run: the model is told, and the run goes on without', async () => {
  await using house = await protectedWorld({ model: [wishes('custom__whoami'), says('Then I cannot say.')] })
  const { world, server } = house
  const member = world.as('member')
  await connected(member, server.url)
  server.endAll()
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  const card = await member.see(where, /needs you to sign in/)
  await member.press(where, card.ts, 'Sign in')
  const url = await signInUrlInModal(member)
  // Trouble of the service's own is no answer of the person.
  server.does.iss = 'wrong'
  expect((await goThere(url)).status).toBe(400)
  await modalLike(member, /Not signed in/)
  expect(world.model.left()).toBe(1)
  Object.assign(server.does, { iss: 'own', deny: true })
  await member.pressInModal('Try again')
  expect((await goThere(await signInUrlInModal(member))).page).toMatch(/said no/)
  await modalLike(member, /said no\. I go on without it/)
  await member.see(where, /Then I cannot say\./, 30_000)
  await member.see(where, /Declined by <@UMEMBER1>/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('The person chose not to sign in')
})

test('reading that finds the sign-in ended waits for another, and goes on', async () => {
  await using house = await protectedWorld({
    model: [wishes('custom__read_resource', { uri: 'note://notes' }), says('Brief, it says.')],
    change: { notes: true },
  })
  const { world, server } = house
  const member = world.as('member')
  await connected(member, server.url)
  server.endAll()
  const where = await member.dm('what do the notes say?')
  const card = await member.see(where, /needs you to sign in/)
  await member.press(where, card.ts, 'Sign in')
  await goThere(await signInUrlInModal(member))
  await member.see(where, /Brief, it says\./, 30_000)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('Be brief.')
})

test('a registry entry that wants a sign-in is found, signed in to and used', async () => {
  await using server = await startProtected()
  await using registry = await startRegistry([
    listed({ name: 'io.github.acme/passport', title: 'Passport', remotes: remoteAt(server.url) }),
  ])
  await using world = await startWorld({
    model: [wishes('passport__whoami'), says('It knows you.')],
    change: (settings) => ({
      ...settings,
      egressAllow: [...server.hosts, registry.host],
      mcp: { ...settings.mcp, registryUrl: registry.url },
    }),
  })
  const member = world.as('member')
  const found = await eventually(async () => {
    await member.command('search passport')
    return dmLikeNow(member, /Passport/)
  }, 20_000)
  await member.press({ channel: 'dm' }, found, 'Connect')
  await modalLike(member, /What you fill in and ask goes to/)
  expect(await member.submit({})).toMatchObject({ ok: true })
  const url = await signInUrlInModal(member)
  expect(new URL(url).searchParams.get('resource')).toBe(server.url)
  expect((await goThere(url)).page).toMatch(/go back to Slack/)
  await modalLike(member, /Connected! 2 Passport tools now available/)
  await member.close()
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  await member.see(where, /It knows you\./)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('you came with [secret]')
})

async function dmLikeNow(seat: Seat, what: RegExp): Promise<string> {
  const found = (await seat.messages('dm')).findLast((one) => what.test(lookOf(one)))
  if (found === undefined) throw new Error(`nothing like ${what}`)
  return found.ts
}
