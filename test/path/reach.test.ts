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
  const deletes = 'DELETE FROM employee WHERE emp_no = 10001'
  await using world = await startWorld({
    model: [
      wishes('demo-database__search_objects', { object_type: 'table' }),
      says('There are 1,000.'),
      wishes('demo-database__execute_sql', { sql: deletes }),
      says('Gone.'),
    ],
  })
  const member = world.as('member')
  const welcome = await topLevel(member, /Try it in a minute/)
  expect(buttonsIn(welcome)).toEqual(['Connect the demo database', 'Connect a tool'])
  expect(await promptsOf(world)).toEqual([])
  await member.press({ channel: 'dm' }, welcome.ts, 'Connect the demo database')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Demo database'))
  expect(await member.post('submit', {})).toMatchObject({ ok: true })
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Connected!'), 60_000)
  await member.close()

  await topLevel(member, /is connected\. Ask me to use it/)
  await eventually(async () => expect(await promptsOf(world)).toContain('How many employees are there?'))
  await member.press({ channel: 'dm' }, welcome.ts, 'How many employees are there?')
  const asked = await topLevel(member, /You asked:.*How many employees/)
  await member.see({ channel: 'dm', thread: asked.ts }, /There are 1,000/)

  await topLevel(member, /waits for approval\* before it happens/)
  await eventually(async () => expect(await promptsOf(world)).toContain('Delete employee 10001'))
  await member.press({ channel: 'dm' }, welcome.ts, 'Delete employee 10001')
  await topLevel(member, /nothing happens before somebody presses \*Approve\*/)
  const deleting = await topLevel(member, /You asked:.*Delete employee 10001/)
  await member.decide({ channel: 'dm', thread: deleting.ts }, 'Approve')
  await topLevel(member, /You have seen how it works/)
  expect(buttonsIn(await topLevel(member, /You have seen how it works/))).toEqual(['Help', 'Connect a tool'])
  await eventually(async () => expect(await promptsOf(world)).toContain('What can you do with my connections?'))
  const all = (await member.messages('dm')).map(lookOf).join('\n')
  expect(all.split('I work with the *tools you connect*')).toHaveLength(2)
  expect(all, 'the question is to be seen there').not.toContain('Asked. The answer comes')

  await member.command('connect demo-database')
  const told = await topLevel(member, /\*demo-database\* is connected already/)
  expect(buttonsIn(told)).toContain('Which tables are there?')
  expect(await member.modal()).toBeNull()
})

test('a welcome follows back when everything is disconnected, and its old question asks to connect', async () => {
  await using world = await startWorld({})
  const member = world.as('member')
  const welcome = await topLevel(member, /Try it in a minute/)
  await member.connect('memory')
  const connected = await topLevel(member, /\*memory\* is connected/)
  const [question = ''] = buttonsIn(connected)
  await world.as('member').command('disconnect memory')
  await member.press({ channel: 'dm' }, (await topLevel(member, /You lose its/)).ts, 'Disconnect')
  await topLevel(member, /Try it in a minute/)
  expect(welcome.ts).toBe(connected.ts)
  expect(question).not.toBe('')
})

test.each(['dm', 'general'] as const)(
  'who has no tools is offered some under an answer in %s, once in a thread',
  async (channel) => {
    await using world = await startWorld({
      model: [says('I have no tool for that.'), says('Not for that either.'), says('Nor so.')],
    })
    const [member, owner] = [world.as('member'), world.as('owner')]
    const where = channel === 'dm' ? await member.dm('which tables are there?') : await member.mention('which tables?')
    const offer = await member.see(where, /You have no tools connected yet/)
    expect(buttonsIn(offer)).toEqual(['Connect the demo database', 'Connect a tool'])
    expect(offer.ephemeral ?? false).toBe(channel === 'general')
    await member.say(where.channel, 'and which views?', where.thread)
    await member.see(where, /Not for that either/)
    await member.say(where.channel, 'please', where.thread)
    await member.see(where, /Nor so/)
    const offers = async () =>
      (await member.messages(where.channel, where.thread)).filter((one) => /You have no tools/.test(one.text))
    expect(await offers()).toHaveLength(1)
    expect((await owner.messages('general', where.thread)).map(lookOf).join()).not.toContain(
      'You have no tools connected',
    )
    await member.press({ channel: where.channel }, offer.ts, 'Connect the demo database')
    await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Demo database'))
    expect(await member.post('submit', {})).toMatchObject({ ok: true })
    await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Connected!'), 60_000)
    await member.close()
    if (channel === 'general') return
    const taken = await member.see(where, /\*demo-database\* is connected/)
    world.model.script(says('There are six.'))
    await member.press({ channel: 'dm' }, taken.ts, 'Ask again')
    await member.see(where, /There are six/)
    const all = (await member.messages('dm', where.thread)).map(lookOf).join()
    expect(all).not.toContain('You have no tools connected')
  },
)

const buttonsIn = ({ blocks = [] }: { blocks?: unknown }): string[] =>
  [...JSON.stringify(blocks).matchAll(/"type":"button","text":\{"type":"plain_text","text":"([^"]+)"/g)].map(
    ([, text = '']) => text,
  )

const Prompted = z.object({
  session: z.looseObject({ prompts: z.array(z.object({ message: z.string() })).default([]) }).nullish(),
})

async function promptsOf(world: World, as = 'member'): Promise<string[]> {
  const answer = await (await fetch(`${world.slackUrl}/local/messages?as=${as}&channel=dm`)).json()
  return Prompted.parse(answer).session?.prompts.map(({ message }) => message) ?? []
}

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

test('prompts follow what is connected; who needs no welcome gets all of them', async () => {
  await using world = await startWorld({})
  const member = world.as('member')
  await member.messages('dm')
  expect(await promptsOf(world)).toEqual([])
  await member.connect('memory')
  await member.post('open', { channel: 'dm' })
  await eventually(async () => expect(await promptsOf(world)).not.toEqual([]))
  expect(await promptsOf(world)).not.toContain('What can you do with my connections?')
  const approver = world.as('approver')
  // In direct messages they would be welcomed first.
  await approver.command('connect memory', 'general')
  await eventually(async () => expect(await approver.modal()).not.toBeNull())
  expect(await approver.post('submit', {})).toMatchObject({ ok: true })
  await eventually(async () => expect(JSON.stringify(await approver.modal())).toContain('Connected!'), 60_000)
  await approver.post('open', { channel: 'dm' })
  await eventually(async () =>
    expect(await promptsOf(world, 'approver')).toContain('What can you do with my connections?'),
  )
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
  expect(request).toMatch(/Morgan Member \(UMEMBER1\) \(the message the question is about\): the blue one/)
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
