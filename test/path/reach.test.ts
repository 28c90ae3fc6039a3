import { Client } from 'pg'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, slow, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const Session = z.object({ session: z.looseObject({ status: z.string() }).optional() })

async function sessionOf(world: World, where: { channel: string; thread: string }, as = 'member') {
  const query = new URLSearchParams({ as, channel: where.channel, thread_ts: where.thread })
  return Session.parse(await (await fetch(`${world.slackUrl}/local/messages?${query}`)).json()).session
}

const becomes = (world: World, where: { channel: string; thread: string }, status: string) =>
  eventually(async () => expect(await sessionOf(world, where)).toMatchObject({ status }))

const askAbout = async (seat: Seat, at: { channel: string; ts: string }, question: string) => {
  await seat.post('shortcut', { callback_id: 'ask_about_message', ...at })
  await eventually(async () => expect(JSON.stringify(await seat.modal())).toContain('Ask Patchbay'))
  const form = JSON.stringify(await seat.modal())
  expect(await seat.post('submit', { values: { question } })).toMatchObject({ ok: true })
  return form
}

test('a session is processing, suspended while a person decides, and closed at the end', async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__write_file', { path: 'a.txt', content: 'a' }), slow(30, says('done '.repeat(60)))],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  const card = await member.see(where, /"Approve"/)
  await becomes(world, where, 'suspended')
  expect(await sessionOf(world, where)).toMatchObject({ title: 'write a.txt' })
  await member.press(where, card.ts, 'Approve')
  await becomes(world, where, 'processing')
  await becomes(world, where, 'closed')
})

test("Slack's own Stop button stops the run and closes the session; another person's does not", async () => {
  await using world = await startWorld({ model: [slow(40, says('word '.repeat(1_000)))] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await member.mention('talk for long')
  await member.see(where, /word word/)
  await owner.post('stop', { channel: where.channel, thread_ts: where.thread })
  await owner.see(where, /Only .*can stop this/)
  await becomes(world, where, 'processing')
  await member.post('stop', { channel: where.channel, thread_ts: where.thread })
  await member.see(where, /I stopped/)
  await becomes(world, where, 'closed')
})

test('a workspace without agents gets its answer all the same, and is not asked again and again', async () => {
  await using world = await startWorld({ model: [says('One.'), says('Two.')] })
  const member = world.as('member')
  await member.post('faults', { method: 'agents.sessions.setStatus', error: 'feature_not_enabled', times: 50 })
  const asked = async () => {
    const faults = await (await fetch(`${world.slackUrl}/local/faults`)).json()
    const [left] = z.object({ faults: z.array(z.object({ times: z.number() })) }).parse(faults).faults
    return 50 - (left?.times ?? 0)
  }
  await member.see(await member.dm('first'), /One\./)
  await eventually(async () => expect(await asked()).toBeGreaterThan(0))
  await new Promise((resolve) => setTimeout(resolve, 300))
  const before = await asked()
  await member.see(await member.dm('second'), /Two\./)
  expect(await asked()).toBe(before)
})

test('a newcomer is welcomed once, connects the demo database and gets a first answer', async () => {
  await using world = await startWorld({ model: [says('There are 1,000.')] })
  const member = world.as('member')
  const welcome = await topLevel(member, /Try it in a minute/)
  await member.press({ channel: 'dm' }, welcome.ts, 'How many employees are there?')
  await topLevel(member, /Connect it first/)
  await member.press({ channel: 'dm' }, welcome.ts, 'Connect the demo database')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Demo database'))
  expect(await member.post('submit', {})).toMatchObject({ ok: true })
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Connected!'), 60_000)
  await member.close()
  await member.press({ channel: 'dm' }, welcome.ts, 'How many employees are there?')
  const asked = await topLevel(member, /You asked:.*How many employees/)
  await member.see({ channel: 'dm', thread: asked.ts }, /There are 1,000/)
  const all = (await member.messages('dm')).map(lookOf).join('\n')
  expect(all.split('Try it in a minute')).toHaveLength(2)
})

test('a newcomer is welcomed once, also when the day is over and what was seen is forgotten', async () => {
  await using world = await startWorld({})
  const member = world.as('member')
  await topLevel(member, /Try it in a minute/)
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  await client.query('delete from slack_seen_events')
  await member.post('open', {})
  await eventually(async () => {
    const { rows } = await client.query("select event_id from slack_seen_events where event_id like 'welcome:%'")
    expect(rows).toHaveLength(1)
  })
  await client.end()
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await member.messages('dm')).toHaveLength(1)
})

const topLevel = (seat: Seat, what: RegExp) =>
  eventually(async () => {
    const found = (await seat.messages('dm')).find((one) => what.test(lookOf(one)))
    if (found === undefined) throw new Error(`nothing like ${what}`)
    return found
  })

test('prompts follow what is connected', async () => {
  await using world = await startWorld({})
  const member = world.as('member')
  await member.messages('dm')
  const prompts = async () =>
    JSON.stringify(await (await fetch(`${world.slackUrl}/local/messages?as=member&channel=dm`)).json())
  await eventually(async () => expect(await prompts()).toContain('Which tools could I connect'))
  await member.connect('memory')
  await member.post('open', { channel: 'dm' })
  await eventually(async () => expect(await prompts()).not.toContain('Which tools could I connect'))
})

test('a question about a message is answered in its thread, with the thread as data', async () => {
  await using world = await startWorld({ model: [says('It means the blue one.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await owner.say('general', 'shall we take the blue or the red one?')
  await member.say('general', 'the blue one, says the *boss*', where.thread)
  const reply = (await member.messages('general', where.thread)).at(-1)
  const form = await askAbout(owner, { channel: 'general', ts: reply?.ts ?? '' }, 'What does that mean?')
  expect(form).toContain('the blue one, says the *boss*')
  await owner.see(where, /asks me about this: What does that mean/)
  await member.see(where, /It means the blue one/)
  const request = JSON.stringify(world.model.requests.at(-1)?.messages)
  expect(request).toContain('shall we take the blue or the red one?')
  expect(request).toMatch(/Morgan Member \(the message the question is about\): the blue one/)
  expect(request).toMatch(/\[Olivia Owner, [^\]]*\]\\nWhat does that mean/)
})

test('where the app may not speak, the answer comes in direct messages; once, however often it is sent', async () => {
  await using world = await startWorld({ model: [says('It is a secret plan.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await owner.post('membership', { channel: 'ops', user: 'UPATCHB1', member: false })
  const said = await owner.say('ops', 'the "plan" is <b>secret</b> & long '.repeat(300))
  await askAbout(member, { channel: 'ops', ts: said.thread }, 'What is the plan?')
  const asked = await topLevel(member, /You asked:.*What is the plan/)
  await member.see({ channel: 'dm', thread: asked.ts }, /It is a secret plan/)
  // Slack's own notice says that the app left.
  const there = (await member.messages('ops')).filter(({ subtype }) => subtype === undefined)
  expect(there.map(({ from }) => from)).toEqual(['owner'])
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain(
    'Olivia Owner (the message the question is about)',
  )
})

test('a question about a message with a file shows the model the file', async () => {
  await using world = await startWorld({ model: [says('It says hello.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const data = Buffer.from('hello from the file').toString('base64')
  const sent = await owner.post('upload', { channel: 'general', files: [{ name: 'note.txt', data }] })
  const { ts } = z.object({ ts: z.string() }).parse(sent)
  const form = await askAbout(member, { channel: 'general', ts }, 'What does the file say?')
  expect(form).toContain('note.txt')
  await member.see({ channel: 'general', thread: ts }, /It says hello/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('hello from the file')
})

test('the global shortcut opens the form to connect', async () => {
  await using world = await startWorld({})
  const member = world.as('member')
  await member.post('shortcut', { callback_id: 'connect_tool' })
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Connect a tool'))
})

test('under the limits Slack really has, thirty requests at once are all answered', async () => {
  await using world = await startWorld({
    model: Array.from({ length: 30 }, (_, at) => slow(20, says(`Answer ${at}. ${'word '.repeat(80)}`))),
  })
  const member = world.as('member')
  // All in one minute, unlike what a person's seat does.
  const say = async (text: string) => {
    const { ts } = await member.post('say', { channel: 'dm', text })
    return { channel: 'dm', thread: String(ts) }
  }
  const asked = await Promise.all(Array.from({ length: 30 }, (_, at) => say(`question ${at}`)))
  for (const where of asked) await member.see(where, /Answer \d+\./, 45_000)
  for (const where of asked) await becomes(world, where, 'closed')
  expect(/rate[- ]?limit/i.test(world.log()), 'the limits were met').toBe(true)
}, 90_000)
