import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf, type Seat } from '../../support/person.ts'
import { rowsIn } from '../../support/rows.ts'
import { says, wishes } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

const write = wishes('filesystem__write_file', { path: 'secret.txt', content: 'a secret' })
const drop = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })

const atTop = async (person: Seat, channel: string) => (await person.messages(channel)).map(lookOf).join()

const closed = (world: World) =>
  eventually(async () => {
    expect(await rowsIn(world, 'select status from runs')).toEqual([{ status: 'closed' }])
  }, 30_000)

test.each(['Approve', 'Deny'])(
  '%s in Home, after the card was deleted, is shown in the thread of its run',
  async (button) => {
    await using world = await startWorld({ model: [write, says('All right.')] })
    const [member, owner] = [world.as('member'), world.as('owner')]
    await member.connect('filesystem')
    const where = await member.mention('write a secret')
    const card = await member.see(where, /"Approve"/)
    await owner.post('delete', { channel: 'general', ts: card.ts })
    await member.home()
    await member.pressInHome(button)
    if (button === 'Deny') await member.sendDenial()
    await member.see(where, /All right\./)
    await member.see(where, button === 'Approve' ? /<@UMEMBER1> approved:/ : /<@UMEMBER1> denied:/)
    expect(await atTop(owner, 'general')).not.toMatch(/wants to|approved:|denied:/)
  },
)

test('where the whole thread went with the card, the decision stands nowhere else', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('All right.')] })
  const [member, owner, approver] = [world.as('member'), world.as('owner'), world.as('approver')]
  await world.as('owner').post('membership', { channel: 'ops', user: 'approver', member: false })
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001', 'ops')
  const note = await member.see(where, /Waiting for/)
  await owner.post('delete', { channel: 'ops', ts: note.ts })
  const card = await eventually(async () => {
    const found = (await approver.messages('dm')).find((one) => /"Approve"/.test(lookOf(one)))
    if (!found) throw new Error('no card')
    return found
  })
  await approver.deny({ channel: 'dm' }, card.ts)
  await closed(world)
  await member.see(where, /<@UAPPROV1> denied:/)
  expect(await atTop(owner, 'ops')).not.toMatch(/denied|DELETE/)
})

test('a card deleted in the channel for approvals is not posted there again once it is decided', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('All right.')] })
  const [member, owner, approver] = [world.as('member'), world.as('owner'), world.as('approver')]
  await owner.home()
  await owner.pressInHome('setting_channel', 'ops')
  await eventually(async () => expect(await atTop(owner, 'ops')).toContain('chose this channel'))
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001')
  const card = await eventually(async () => {
    const found = (await approver.messages('ops')).find((one) => /"Approve"/.test(lookOf(one)))
    if (!found) throw new Error('no card')
    return found
  })
  await owner.post('delete', { channel: 'ops', ts: card.ts })
  await approver.home()
  await approver.pressInHome('Deny')
  await approver.sendDenial()
  await closed(world)
  await member.see(where, /<@UAPPROV1> denied:/)
  expect(await atTop(owner, 'ops')).not.toMatch(/denied|DELETE/)
})
