import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { query } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import type { Seat } from '../../support/person.ts'
import { type Script, says, wishes } from '../../support/scripted-model.ts'
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

test.concurrent.for([
  { button: 'Approve', shown: /approved:/, table: 'approvals' },
  { button: 'Approve', shown: /approved:/, table: 'run_events' },
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

const outcomeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'acknowledged',
    () => 'failed',
  )

type Change = {
  what: string
  table: string
  model?: Script[]
  prepare(member: Seat): Promise<() => Promise<unknown>>
  stored: string
  /** What is said of it in the direct messages, once. */
  said?: RegExp
}

const WRITE = [wishes('filesystem__write_file', { path: 'a', content: 'x' }), says('All right.')]

async function askToWrite(owner: Seat) {
  await owner.connect('filesystem')
  const here = await owner.dm('write')
  return { here, card: await owner.see(here, /"Approve"/) }
}

const seesModal = (owner: Seat, what: string) =>
  eventually(async () => expect(JSON.stringify(await owner.modal())).toContain(what))

const CHANGES: Change[] = [
  {
    what: 'a command',
    table: 'workspaces',
    prepare: async (owner) => () => owner.command('approvers @approver'),
    stored: `select 1 from workspaces where settings -> 'approvers' <> '[]'`,
  },
  {
    what: 'a button that runs a command',
    table: 'workspaces',
    prepare: async (owner) => {
      await owner.command('approver @approver')
      const offer = await eventually(async () => {
        const found = (await owner.messages('dm')).find((message) => /Did you mean/.test(message.text))
        expect(found).toBeDefined()
        return found
      })
      const button = /Yes, approvers[^"]*/.exec(JSON.stringify(offer))?.[0] ?? ''
      return () => owner.press({ channel: 'dm' }, offer?.ts ?? '', button)
    },
    stored: `select 1 from workspaces where settings -> 'approvers' <> '[]'`,
  },
  {
    what: 'a question about a message',
    table: 'runs',
    prepare: async (owner) => {
      const { thread } = await owner.say('general', 'The deploy failed.')
      await owner.post('shortcut', { callback_id: 'ask_about_message', channel: 'general', ts: thread })
      return () => owner.submit({ question: 'Why did it fail?' })
    },
    stored: `select 1 from run_events where type = 'started' and body ->> 'text' = 'Why did it fail?'`,
  },
  {
    what: 'a connect form',
    table: 'connect_submissions',
    prepare: async (owner) => {
      await owner.command('connect filesystem')
      await eventually(async () => expect(await owner.modal()).not.toBeNull())
      return () => owner.submit()
    },
    stored: 'select 1 from mcp_connections',
  },
  {
    what: 'a watch of a resource',
    table: 'resource_subscriptions',
    prepare: async (owner) => {
      await owner.connect('everything')
      await owner.command('resources everything')
      const inModal = (what: RegExp) =>
        eventually(async () => expect(JSON.stringify(await owner.modal())).toMatch(what))
      await inModal(/9 resources/)
      const value = /"value":"(\{(?:[^"\\]|\\.)*\})"/.exec(JSON.stringify(await owner.modal()))?.[1] ?? ''
      await owner.pressInModal('Open', value.replaceAll('\\"', '"'))
      await inModal(/Tell me when it changes/)
      return () => owner.pressInModal('Tell me when it changes')
    },
    stored: 'select 1 from resource_subscriptions',
  },
  {
    what: 'a disconnect',
    table: 'mcp_connections',
    prepare: async (owner) => {
      await owner.connect('filesystem')
      await owner.command('disconnect filesystem')
      const asked = await eventually(async () => {
        const found = (await owner.messages('dm')).find((message) => /Disconnect filesystem/.test(message.text))
        expect(found).toBeDefined()
        return found
      })
      return () => owner.press({ channel: 'dm' }, asked?.ts ?? '', 'Disconnect')
    },
    stored: `select 1 where not exists (select 1 from mcp_connections)`,
  },
  {
    what: 'a setting in Home',
    table: 'workspaces',
    prepare: async (owner) => {
      await eventually(async () => expect(JSON.stringify(await owner.home())).toContain('setting_approvers'))
      return () => owner.pressInHome('setting_approvers', 'member')
    },
    stored: `select 1 from workspaces where settings -> 'approvers' <> '[]'`,
  },
  {
    what: 'a budget in Home',
    table: 'workspaces',
    prepare: async (owner) => {
      await eventually(async () => expect(JSON.stringify(await owner.home())).toContain('setting_budget'))
      await owner.pressInHome('setting_budget')
      await seesModal(owner, 'budget')
      return () => owner.submit({ budget: '12.5' })
    },
    stored: `select 1 from workspaces where settings ->> 'budget_usd' = '12.5'`,
  },
  {
    what: 'an approval with changes',
    table: 'approvals',
    model: WRITE,
    prepare: async (owner) => {
      const { here, card } = await askToWrite(owner)
      await owner.press(here, card.ts, 'Edit')
      await seesModal(owner, 'Edit and approve')
      return () => owner.submit({ path: 'b' })
    },
    stored: `select 1 from run_events where type = 'answered' and body -> 'arguments' ->> 'path' = 'b'`,
  },
  {
    what: 'a denial with words',
    table: 'approvals',
    model: WRITE,
    prepare: async (owner) => {
      const { here, card } = await askToWrite(owner)
      await owner.press(here, card.ts, 'Deny')
      await seesModal(owner, 'What should I do instead?')
      return () => owner.submit({ reason: 'Not on a Friday.' })
    },
    stored: `select 1 from approvals where status = 'denied' and reason = 'Not on a Friday.'`,
  },
  {
    what: 'a starter question',
    table: 'runs',
    prepare: async (owner) => {
      await owner.command('connect filesystem')
      await eventually(async () => expect(await owner.modal()).not.toBeNull())
      await owner.submit()
      await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('starter_ask:0'), 60_000)
      return () => owner.pressInModal('starter_ask:0')
    },
    stored: `select 1 from run_events where type = 'started'`,
  },
]

test.concurrent.for(CHANGES)(
  '$what is not acknowledged before it is stored, and once again is harmless',
  async (change) => {
    await using world = await startWorld({ model: change.model ?? [says('Because.'), says('Because.')] })
    const owner = world.as('owner')
    const act = await change.prepare(owner)
    const unlock = await lockTable(world.databaseUrl, change.table)
    const first = outcomeOf(act())
    await unlock()
    expect(await first).toBe('failed')
    await outcomeOf(act())
    await eventually(async () => expect(await query(world.databaseUrl, change.stored)).toHaveLength(1), 60_000)
    const { said } = change
    if (said === undefined) return
    const threads = (await owner.messages('dm')).map(({ ts }) => owner.messages('dm', ts))
    const texts = (await Promise.all(threads)).flat().map(({ text }) => text)
    expect(texts.filter((text) => said.test(text))).toHaveLength(1)
  },
)
