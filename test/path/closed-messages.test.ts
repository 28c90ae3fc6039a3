import { randomUUID } from 'node:crypto'
import { WebClient } from '@slack/web-api'
import { expect, test } from 'vitest'
import { query } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

/** A workspace, and Slack as the app calls it: for messages that stayed when an answer of Slack was lost. */
async function startWorldWithClient(model: Parameters<typeof startWorld>[0]) {
  let client = new WebClient('')
  const world = await startWorld({
    ...model,
    change(settings) {
      client = new WebClient(settings.slack?.botToken ?? '', { slackApiUrl: settings.slack?.apiUrl ?? '' })
      return settings
    },
  })
  return { world, client }
}

const stopBlock = (run: string, key: string) => ({
  type: 'actions',
  block_id: `stop ${run} ${key}`,
  elements: [{ type: 'button', action_id: 'run_stop', value: run, text: { type: 'plain_text', text: 'Stop' } }],
})

const runOf = async (world: World) => String((await query(world.databaseUrl, 'select id from runs'))[0]?.id)

const shownIn = async (world: World, thread: string) => {
  const shown = await world.as('member').messages('dm', thread)
  return shown.map((one) => ({ ts: one.ts, ephemeral: one.ephemeral === true, look: JSON.stringify(one) }))
}

test.for([
  { what: 'a copy is removed', ours: false, known: true },
  { what: 'a message that missed the end shows it', ours: true, known: true },
  {
    what: 'one of another page that has no record yet stays',
    ours: false,
    known: true,
    key: 'answer:9:0',
    stays: true,
  },
  { what: 'one that names no page stays', ours: false, known: true, key: '', stays: true },
  { what: 'of a run that is no longer kept only the words stay', ours: false, known: false, stays: true },
  {
    what: 'of a run that is no longer kept all but the buttons stays',
    ours: false,
    known: false,
    stays: true,
    also: [{ type: 'section', text: { type: 'mrkdwn', text: `Half of it, ${'long '.repeat(500)}*whole*` } }],
  },
])(
  'Stop of a run that is over: $what, and that is said once',
  async ({ ours, known, stays, key = 'answer:0:0', also = [] }) => {
    const { world, client } = await startWorldWithClient({ model: [says('All done.')] })
    await using _ = world
    const member = world.as('member')
    const where = await member.dm('hello')
    const answer = await member.see(where, /All done/)
    const run = await runOf(world)
    await eventually(async () =>
      expect(
        await query(world.databaseUrl, `select 1 from runs where status = 'closed' or status = 'finished'`),
      ).toHaveLength(1),
    )
    const [shown] = await query(world.databaseUrl, 'select channel from slack_messages')
    const channel = String(shown?.channel)
    const content = { channel, text: 'Half of it', blocks: [...also, stopBlock(known ? run : randomUUID(), key)] }
    const stuck = ours
      ? await client.chat.update({ ...content, ts: answer.ts })
      : await client.chat.postMessage({ ...content, thread_ts: where.thread })
    await member.press(where, stuck.ts ?? '', 'Stop')
    const left = await eventually(async () => {
      const found = await shownIn(world, where.thread)
      expect(JSON.stringify(found)).not.toContain('run_stop')
      expect(found.filter(({ ephemeral }) => ephemeral)).toHaveLength(1)
      return found
    })
    expect(left.filter(({ look }) => look.includes('All done.'))).toHaveLength(1)
    expect(left.filter(({ look }) => look.includes('Half of it'))).toHaveLength(stays ? 1 : 0)
    expect(left.filter(({ look }) => look.includes('*whole*'))).toHaveLength(also.length)
  },
)

test.for([
  { what: 'pressed after the decision, is removed', first: 'card', left: 1 },
  { what: 'pressed first, shows the decision as well', first: 'copy', left: 2 },
])('a copy of an approval card, $what', async ({ first, left }) => {
  const write = wishes('filesystem__write_file', { path: 'a', content: 'x' })
  const { world, client } = await startWorldWithClient({ model: [write, says('All right.')] })
  await using _ = world
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write')
  const card = await member.see(where, /"Approve"/)
  const [shown] = await query(world.databaseUrl, `select channel from slack_messages where key like 'approval:%'`)
  const place = { channel: String(shown?.channel), thread_ts: where.thread }
  const { ts: copy = '' } = await client.chat.postMessage({ ...place, text: card.text, blocks: card.blocks ?? [] })
  await member.deny(where, first === 'copy' ? copy : card.ts)
  await member.see(where, /All right/)
  if (first === 'card') await member.press(where, copy, 'Approve')
  await eventually(async () => {
    const found = (await shownIn(world, where.thread)).filter(({ ephemeral }) => !ephemeral)
    expect(JSON.stringify(found)).not.toContain('approval_approve')
    expect(found.filter(({ look }) => / denied: /.test(look))).toHaveLength(left)
  })
})

test('a decided card that has no record yet is kept when it is pressed again', async () => {
  const write = wishes('filesystem__write_file', { path: 'a', content: 'x' })
  const { world, client } = await startWorldWithClient({ model: [write, says('All right.')] })
  await using _ = world
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write')
  const card = await member.see(where, /"Approve"/)
  const [shown] = await query(world.databaseUrl, `select channel from slack_messages where key like 'approval:%'`)
  const channel = String(shown?.channel)
  await member.deny(where, card.ts)
  await member.see(where, /All right/)
  await query(world.databaseUrl, `delete from slack_messages where key like 'approval:%'`)
  await client.chat.update({ channel, ts: card.ts, text: card.text, blocks: card.blocks ?? [] })
  await member.press(where, card.ts, 'Deny')
  await eventually(async () => {
    const found = (await shownIn(world, where.thread)).filter(({ ts }) => ts === card.ts)
    expect(found).toHaveLength(1)
    expect(JSON.stringify(found)).not.toContain('approval_approve')
    expect(JSON.stringify(found)).toContain(' denied: ')
  })
})
