import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { says, wishes } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

/** Slack waits 3 s for an acknowledgement. */
const LOCKED_MS = 4_000

/** Nobody can write to a table for a while. */
async function lockTable(url: string, table: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(`begin; lock table ${table} in exclusive mode`)
  return async () => {
    await sleep(LOCKED_MS)
    await client.query('commit')
    await client.end()
  }
}

test.for([
  { button: 'Approve', shown: /Approved/, table: 'approvals' },
  { button: 'Deny', shown: /Denied/, table: 'approvals' },
  { button: 'Approve', shown: /Approved/, table: 'run_events' },
])('$button is not acknowledged before $table can be written', async ({ button, shown, table }) => {
  const write = wishes('filesystem__write_file', { path: 'a', content: 'x' })
  await using world = await startWorld({ model: [write, says('All right.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const here = await member.dm('write')
  const card = await member.see(here, /"Approve"/)
  const unlock = await lockTable(world.databaseUrl, table)
  const pressed = member.press(here, card.ts, button).then(
    () => 'acknowledged',
    () => 'failed',
  )
  await unlock()
  expect(await pressed).toBe('failed')
  const settled = () => member.see(here, shown, 3_000)
  await settled().catch(() => member.press(here, card.ts, button))
  await settled()
})
