import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat, type SeenMessage } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const drop = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })

async function rows(world: World, ...statements: string[]): Promise<Record<string, unknown>[][]> {
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    const results: Record<string, unknown>[][] = []
    for (const sql of statements) results.push((await client.query<Record<string, unknown>>(sql)).rows)
    return results
  } finally {
    await client.end()
  }
}

const cardIn = (person: Seat, channel: string, what = /"Approve"/): Promise<SeenMessage> =>
  eventually(async () => {
    const found = (await person.messages(channel)).find((one) => what.test(lookOf(one)))
    if (!found) throw new Error(`${person.who} sees nothing like ${what} in ${channel}`)
    return found
  })

async function withChannel(world: World, channel: string): Promise<void> {
  const owner = world.as('owner')
  await owner.home()
  await owner.pressInHome('setting_channel', channel)
  await cardIn(owner, channel, /chose this channel/)
}

test('an approvals channel gets the card, the thread a line; both end with the decision, also after a restart', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await withChannel(world, 'ops')
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001')
  const card = await cardIn(approver, 'ops')
  expect(lookOf(card)).toMatch(/<@UMEMBER1> wants to delete rows of employee/)
  expect(lookOf(card)).toContain('What it does cannot always be undone.')
  expect(lookOf(card)).toContain('Asked in <#CGENERAL1> · <http')
  expect(lookOf(card)).toContain('> delete number 10001')
  const line = await member.see(where, /Waiting for <@UAPPROV1> to allow: `DELETE FROM employee WHERE emp_no = 10001`/)
  expect((await member.messages('general', where.thread)).map(lookOf).join()).not.toContain('"Approve"')
  await world.restart()
  await approver.press({ channel: 'ops' }, card.ts, 'Approve')
  await member.see(where, /Gone\./)
  expect(lookOf(await cardIn(member, 'ops', /<@UAPPROV1> approved: `DELETE/))).not.toContain('"Approve"')
  const after = (await member.messages('general', where.thread)).find(({ ts }) => ts === line.ts)
  expect(after && lookOf(after)).toMatch(/<@UAPPROV1> approved: `DELETE/)
})

test('an approvals channel the app was put out of loses no approval', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Not done.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await withChannel(world, 'ops')
  await world.as('owner').post('membership', { channel: 'ops', user: 'patchbay', member: false })
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001')
  const card = await approver.see(where, /"Approve"/)
  await approver.deny(where, card.ts)
  await member.see(where, /Not done\./)
})

test('a channel the app cannot write in is not taken as approvals channel, and says what to do', async () => {
  await using world = await startWorld({ approvers: ['approver'] })
  const owner = world.as('owner')
  await owner.post('membership', { channel: 'ops', user: 'patchbay', member: false })
  await owner.home()
  await owner.pressInHome('setting_channel', 'ops')
  await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('/invite @Patchbay'))
  const [settings] = await rows(world, 'select settings from workspaces')
  expect(settings).toEqual([{ settings: { approvers: ['UAPPROV1'] } }])
})

test('an approver who cannot see the thread is asked in a direct message', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await world.as('owner').post('membership', { channel: 'ops', user: 'approver', member: false })
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001', 'ops')
  const card = await cardIn(approver, 'dm')
  await member.see(where, /Waiting for <@UAPPROV1> to allow: `DELETE/)
  await approver.press({ channel: 'dm' }, card.ts, 'Approve')
  await member.see(where, /Gone\./)
})

test('those who may decide are reminded once before it expires', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await withChannel(world, 'ops')
  await member.connect('demo-database')
  await member.mention('delete number 10001')
  const card = await cardIn(approver, 'ops')
  const thread = { channel: 'ops', thread: card.ts }
  await rows(world, "update approvals set expires_at = now() + interval '50 minutes'")
  await approver.see(thread, /<@UAPPROV1>: the request above .* is still waiting for a decision/, 30_000)
  await world.restart()
  await new Promise((done) => setTimeout(done, 17_000))
  const reminders = (await approver.messages('ops', card.ts)).filter((one) => /still waiting/.test(one.text))
  expect(reminders).toHaveLength(1)
})

test('of many instances that look at once, one claims a reminder', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop] })
  const member = world.as('member')
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001')
  await member.see(where, /"Approve"/)
  const all = await Promise.all(
    Array.from({ length: 8 }, () =>
      rows(
        world,
        "update approvals set expires_at = now() + interval '50 minutes' where reminded_at is null",
        'select approval_reminders_claim(3600000) as ids',
      ),
    ),
  )
  expect(all.flatMap(([, claimed]) => claimed?.flatMap(({ ids }) => ids) ?? [])).toHaveLength(1)
})
