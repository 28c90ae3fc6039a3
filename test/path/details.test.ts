import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startServerProcess } from '../support/mcp-house.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const shows = (person: Seat, ...what: RegExp[]): Promise<string> =>
  eventually(async () => {
    const modal = JSON.stringify(await person.modal())
    for (const one of what) expect(modal).toMatch(one)
    return modal
  })

test('who asked looks at each step and at the lines its server wrote, page by page', async () => {
  await using server = await startServerProcess('talkative.ts', ['0'])
  await using world = await startWorld({
    model: [wishes('custom__chatter'), says('It talked.')],
    change: (settings) => ({ ...settings, egressAllow: ['127.0.0.1'] }),
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('custom', { url: `http://127.0.0.1:${server.port}/mcp` })
  const where = await member.mention('let it talk')
  const card = await member.see(where, /approval_approve/)
  await member.press(where, (await member.see(where, /run_stop/)).ts, 'Details')
  await shows(member, /let it talk/, /Nobody has decided yet/, /not done yet/, /claude-sonnet-5-5 · 100 tokens read/)
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /It talked\./)
  await member.pressInModal('Look again')
  await shows(member, /done after/, /`chatter` of custom · [\d.]+ m?s · said it all/, /Approved by you/)
  await member.pressInModal('Server log (20)')
  const first = await shows(member, /Page 1 of 2/, /info mouth: <!channel> \*line\* 1\\\\u\{202e\}\\n {4}and on/)
  expect(first).not.toMatch(/line\* 13/)
  await member.pressInModal('Next')
  await shows(member, /Page 2 of 2/, /line\* 20/)
  await member.close()

  const answer = await owner.see(where, /run_details/)
  await owner.press(where, answer.ts, 'Details')
  const told = await owner.see(where, /Only <@UMEMBER1> and who was asked to approve a step can look/)
  expect(told.ephemeral).toBe(true)
  expect(await owner.modal()).toBeNull()
})

test('an approver of a request in direct messages sees their step alone, and its person finds all of it in Home', async () => {
  const sql = 'DELETE FROM employee WHERE emp_no = 10001'
  await using world = await startWorld({
    approvers: ['approver'],
    model: [
      wishes('demo-database__execute_sql', { sql: 'SELECT 42 AS secret_of_mine' }),
      wishes('demo-database__execute_sql', { sql }),
      says('Gone.'),
    ],
  })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  const where = await member.dm('tidy up for me')
  const card = await eventually(async () => {
    const found = (await approver.messages('dm')).find((one) => lookOf(one).includes('approval_approve'))
    expect(found).toBeDefined()
    return found?.ts ?? ''
  })
  await approver.press({ channel: 'dm' }, card, 'Approve')
  await member.see(where, /Gone\./)
  await approver.press({ channel: 'dm' }, card, 'Details')
  const seen = await shows(approver, /<@UMEMBER1> asked for this/, /\*2\. /, /Approved by you/)
  expect(seen).not.toMatch(/tidy up|secret_of_mine|\*1\. |tokens|1 row/)

  await eventually(async () => expect(JSON.stringify(await member.home())).toMatch(/run_details/))
  await member.pressInHome('Details')
  await shows(member, /tidy up for me/, /\*1\. .*No approval was needed\. /, /\*2\. .*Approved by/)
})
