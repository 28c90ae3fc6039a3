import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const drop = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })

test('who may decide now may edit and look now, whatever the card showed', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [owner, approver, member] = [world.as('owner'), world.as('approver'), world.as('member')]
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001', 'ops')
  const card = await member.see(where, /"Approve"/)
  await owner.command('approvers @owner')
  await eventually(async () => expect(JSON.stringify(await owner.messages('dm'))).toMatch(/Done\. [^"]*<@UOWNER01>/))
  const live = await member.see(where, /run_details/)
  await approver.press({ channel: 'ops' }, live.ts, 'Details')
  await approver.see(where, /Only <@UMEMBER1> and who was asked to approve a step can look/)
  await owner.press({ channel: 'ops' }, live.ts, 'Details')
  await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('xecute SQL'))
  await owner.close()
  await approver.press({ channel: 'ops' }, card.ts, 'Edit')
  await approver.see(where, /Only <@UOWNER01> can decide this/)
  await owner.press({ channel: 'ops' }, card.ts, 'Edit')
  await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('emp_no = 10001'))
  expect(await owner.submit({ sql: 'DELETE FROM employee WHERE emp_no = 10002' })).toMatchObject({ ok: true })
  const changed = await member.see(where, /"approval_confirm"/)
  await member.press(where, changed.ts, 'Approve')
  await member.see(where, /Gone\./)
})
