import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf, type Seat, type SeenMessage } from '../../support/person.ts'
import { fails, says } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

const inDm = (seat: Seat, what: RegExp): Promise<SeenMessage> =>
  eventually(async () => {
    const found = (await seat.messages('dm')).findLast((one) => what.test(lookOf(one)))
    if (found === undefined) throw new Error(`nothing like ${what}`)
    return found
  })
const inModal = (seat: Seat, what: RegExp) =>
  eventually(async () => expect(JSON.stringify(await seat.modal())).toMatch(what))

test('"Keep it" keeps the connection', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('filesystem')
  await member.command('disconnect filesystem')
  const asked = await inDm(member, /This cannot be undone/)
  await member.press({ channel: 'dm' }, asked.ts, 'Keep it')
  await inDm(member, /filesystem stays connected/)
  await member.command('list')
  await inDm(member, /:large_green_circle: connected/)
})

test('Enter in the search of tools searches', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('filesystem')
  await member.command('tools filesystem')
  const shown = await inDm(member, /page 1 of 2/)
  await member.press({ channel: 'dm' }, shown.ts, 'Search')
  await inModal(member, /Press Enter to search/)
  await member.pressInModal('tools_words', 'directory_tree')
  await inModal(member, /1 tool of filesystem matching/)
})

test('a request that failed is asked again, with its files, once however often it is pressed', async () => {
  await using world = await startWorld({ model: [fails(401), says('It says x.')] })
  const member = world.as('member')
  const data = Buffer.from('only x').toString('base64')
  const sent = await member.post('upload', { channel: 'dm', text: 'read it', files: [{ name: 'a.txt', data }] })
  const where = { channel: 'dm', thread: String(sent.ts) }
  const told = await member.see(where, /"Try again"/)
  await member.press({ channel: 'dm' }, told.ts, 'Try again')
  await member.press({ channel: 'dm' }, told.ts, 'Try again')
  await member.see(where, /I am on it already/)
  await member.see(where, /It says x\./)
  expect(world.model.requests).toHaveLength(2)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toMatch(
    /read it.*a\.txt.*only x|a\.txt.*only x.*read it/,
  )
})
