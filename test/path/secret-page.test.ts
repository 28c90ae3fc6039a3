import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { everyRow } from '../support/every-row.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { rowsIn } from '../support/rows.ts'
import { startSecretServer } from '../support/secret-server.ts'
import { startWorld, type World } from '../support/world.ts'

const KEY = 'key-typed-on-a-page-91d4'

async function worldWithPages() {
  await using starting = new AsyncDisposableStack()
  const server = starting.use(await startSecretServer(`Bearer ${KEY}`))
  const world = starting.use(
    await startWorld({
      change: (settings) => ({ ...settings, egressAllow: [server.host], credentialEntry: 'page' }),
    }),
  )
  const things = starting.move()
  return { server, world, [Symbol.asyncDispose]: () => things.disposeAsync() }
}

const modalLike = (seat: Seat, what: RegExp) =>
  eventually(async () => {
    const view = JSON.stringify(await seat.modal())
    expect(view).toMatch(what)
    return view
  }, 30_000)

/** The address of the page that the form leads to. */
async function pageOf(seat: Seat): Promise<string> {
  await seat.command('connect custom')
  expect(await modalLike(seat, /Enter it/)).not.toMatch(/"block_id":"value"/)
  await seat.pressInModal('Enter it')
  return /"url":"(http[^"]+\/secret\/[\w-]+)"/.exec(await modalLike(seat, /Open the page/))?.[1] ?? ''
}

const enter = (page: string, fields: Record<string, string>) =>
  fetch(page, { method: 'POST', body: new URLSearchParams(fields) })

const entries = (world: World) => rowsIn(world, 'select id from patchbay.secret_entries')

test('a key is entered on a page of ours, once, and Slack never sees it', async () => {
  await using house = await worldWithPages()
  const { world, server } = house
  const member = world.as('member')
  const page = await pageOf(member)
  await member.pressInModal('Open the page')
  const opened = await fetch(page)
  const html = await opened.text()
  expect(html).toMatch(/Morgan Member, in Slack.+<label for="f-value">Key<\/label><input type="password"/s)
  expect(html).not.toMatch(/<script|clientSecret/)
  expect((await enter(page, { value: '  ' })).status).toBe(400)
  expect((await enter(page, { value: 'x'.repeat(70_000) })).status).toBe(413)
  expect(await (await enter(page, { value: KEY, url: 'https://evil.example', other: 'x' })).text()).toMatch(/Saved/)
  for (const again of [await fetch(page), await enter(page, { value: 'planted' })]) expect(again.status).toBe(404)
  await modalLike(member, /\*Key\* is entered. Was it not you\?/)
  await member.submit({ url: server.url })
  await modalLike(member, /Connected! 1 /)
  expect(await entries(world)).toEqual([])
  const [rows, seen] = [await everyRow(world.databaseUrl), (await member.messages('dm')).map(lookOf).join()]
  const all = [rows, seen, world.log(), JSON.stringify(await member.modal())]
  for (const secret of [KEY, page.split('/').at(-1) ?? ''])
    expect(all.map((text) => text.includes(secret))).not.toContain(true)
})

test('a form that was closed meanwhile goes on from a message, which also tells who did not enter anything', async () => {
  await using house = await worldWithPages()
  const { world, server } = house
  const [member, owner] = [world.as('member'), world.as('owner')]
  const page = await pageOf(member)
  await member.close()
  await enter(page, { value: KEY })
  const told = await eventually(async () => {
    const found = (await member.messages('dm')).findLast((one) =>
      /was entered on its page.+Was it not you/s.test(lookOf(one)),
    )
    expect(found).toBeDefined()
    return found?.ts ?? ''
  })
  expect((await owner.messages('dm')).map(lookOf).join()).not.toContain('entered on its page')
  await member.press({ channel: 'dm' }, told, 'Go on connecting')
  await modalLike(member, /\*Key\* is entered/)
  await member.submit({ url: server.url })
  await modalLike(member, /Connected! 1 /)
  await member.close()
  await member.press({ channel: 'dm' }, told, 'Go on connecting')
  await eventually(async () =>
    expect((await member.messages('dm')).map(lookOf).join()).toContain('I deleted what was entered'),
  )
})
