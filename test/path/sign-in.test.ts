import { expect, test } from 'vitest'
import { startProtected } from '../fixtures/authorization-server.ts'
import { goThere, signInUrlInModal } from '../support/browser-sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const worldFor = (hosts: string[], model: Parameters<typeof startWorld>[0] = {}): Promise<World> =>
  startWorld({ ...model, change: (settings) => ({ ...settings, egressAllow: hosts }) })

/** Fills the modal in, as far as the Sign in button. */
async function begin(seat: Seat, values: Record<string, unknown>): Promise<string> {
  await seat.command('connect custom')
  await eventually(async () => expect(await seat.modal()).not.toBeNull())
  expect(await seat.submit(values)).toMatchObject({ ok: true })
  return signInUrlInModal(seat)
}

const modalLike = (seat: Seat, what: RegExp) =>
  eventually(async () => expect(JSON.stringify(await seat.modal())).toMatch(what), 30_000)

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
  await eventually(async () =>
    expect((await member.messages('dm')).map(lookOf).join()).toMatch(/Connected! 2 custom tools/),
  )
  await member.close()
  const registered = server.requests.find(({ path }) => path === '/register')
  expect(registered?.body.application_type).toBe('web')
  const where = await member.dm('who am I?')
  await member.decide(where, 'Approve')
  await member.see(where, /It knows you/)
  expect(JSON.stringify(world.model.requests.at(-1))).toContain('[secret]')
})
