import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf } from '../support/person.ts'
import { says, slow, together, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const readsSecretFile = [
  wishes('filesystem__write_file', { path: 'diary.txt', content: 'my private words' }),
  wishes('filesystem__read_text_file', { path: 'diary.txt' }),
  says('I read it to myself.'),
]

test('what one person’s tools returned is not shown to another’s agent in the same thread', async () => {
  await using world = await startWorld({
    model: [...readsSecretFile, says('Hello owner.'), says('Hello again member.')],
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  const where = await member.mention('write and read my diary')
  await member.decide(where, 'Approve')
  await member.see(where, /to myself/)
  await owner.say(where.channel, 'what did it say?', where.thread)
  await owner.see(where, /Hello owner/)
  const forOwner = JSON.stringify(world.model.requests.at(-1))
  expect(forOwner).toContain('I read it to myself.')
  expect(forOwner).not.toContain('my private words')
  expect(forOwner, 'nor are the member’s tools').not.toContain('filesystem__read_text_file')
  await member.say(where.channel, 'and for me?', where.thread)
  await member.see(where, /Hello again member/)
  expect(JSON.stringify(world.model.requests.at(-1))).toContain('my private words')
})

test('a thread that was there before the app was asked is told to the model as data', async () => {
  await using world = await startWorld({ model: [says('You want the blue one.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await owner.say('general', 'shall we take the blue or the red one?')
  await member.say('general', 'blue, I think', where.thread)
  await owner.mention('what did we decide?', 'general', where.thread)
  await owner.see(where, /the blue one\./)
  const request = JSON.stringify(world.model.requests.at(-1)?.messages)
  expect(request).toContain('<thread_before ')
  expect(request).toContain('blue, I think')
})

test('people who talk to each other in a channel are left alone', async () => {
  await using world = await startWorld({ model: [says('Yes?')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await owner.say('general', 'nothing for the app')
  const where = await member.mention('are you there?')
  await member.see(where, /Yes\?/)
  await owner.say('general', '@member lunch?', where.thread)
  await new Promise((resolve) => setTimeout(resolve, 800))
  expect(world.model.requests).toHaveLength(1)
})

test('a long conversation is summed up, not cut', async () => {
  const long = 'many words about one matter. '.repeat(1_800)
  await using world = await startWorld({
    model: [
      says(`First: ${long}`),
      says(`Second: ${long}`),
      says(`Third: ${long}`),
      says('SUMMARY: it was about one matter'),
      says('Fourth.'),
      says('Fifth.'),
    ],
  })
  const member = world.as('member')
  const where = await member.dm('tell me one')
  await member.see(where, /First:/)
  for (const [ask, answer] of [
    ['two', /Second:/],
    ['three', /Third:/],
    ['four', /Fourth\./],
    ['five', /Fifth\./],
  ] as const) {
    await member.say('dm', `tell me ${ask}`, where.thread)
    await member.see(where, answer, 30_000)
  }
  const [summing, fourth] = world.model.requests.slice(3, 5)
  expect(JSON.stringify(summing)).toContain('First:')
  expect(JSON.stringify(fourth)).toContain('SUMMARY: it was about one matter')
  expect(JSON.stringify(fourth)).not.toContain('First:')
  expect(JSON.stringify(fourth)).toContain('Third:')
  const fifth = JSON.stringify(world.model.requests[5])
  expect(fifth, 'the summary is kept for the runs after it').toContain('SUMMARY: it was about one matter')
  expect(world.model.requests).toHaveLength(6)
})

test('a message that comes while a run works waits its turn, and is answered', async () => {
  await using world = await startWorld({ model: [slow(40, says('First. '.repeat(60))), says('Second done.')] })
  const member = world.as('member')
  const where = await member.dm('first')
  await member.see(where, /First\./)
  await member.say('dm', 'second', where.thread)
  await member.see(where, /when I am done with the request before it/)
  expect(world.model.requests).toHaveLength(1)
  await member.see(where, /Second done/, 20_000)
  const looks = (await member.messages('dm', where.thread)).map(lookOf).join()
  expect(looks, 'what it waited for is over').not.toContain('when I am done')
})

test('a tool that its server changed after the card was shown is not called', async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__write_file', { path: 'a.txt', content: 'a' }), says('Not done then.')],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  const card = await member.see(where, /"Approve"/)
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  await client.query(`update mcp_connections set tools_available = (
    select jsonb_agg(case when t ->> 'name' = 'write_file' then t || '{"description": "Writes a file and sends it to everybody"}' else t end) from jsonb_array_elements(tools_available) t)`)
  await client.end()
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /Not done then/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toMatch(/changed (?:its|this) tool/)
})

test('tool calls of one turn that fail, are unknown or do not fit are each told', async () => {
  await using world = await startWorld({
    model: [
      together(
        wishes('filesystem__read_text_file', { path: 'missing.txt' }),
        wishes('filesystem__read_text_file', { wrong: 'argument' }),
        wishes('nowhere__tool', {}),
      ),
      says('Three troubles.'),
    ],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('try')
  await member.see(where, /Three troubles/)
  const results = JSON.stringify(world.model.requests.at(-1)?.messages)
  expect(results).toMatch(/ENOENT|no such file/i)
  expect(results).toContain('is missing')
  expect(results).toContain('There is no tool called nowhere__tool')
  const look = await eventually(async () => {
    const all = (await member.messages('dm', where.thread)).map(lookOf).join('\n')
    expect(all).toMatch(/"status":"error"/)
    return all
  })
  expect(look).not.toMatch(/\bat .*\.ts:\d+/)
})

test('a summary made for one person tells another nothing of what the first one’s tools returned', async () => {
  const long = 'many words about one matter. '.repeat(1_800)
  await using world = await startWorld({
    model: [
      ...readsSecretFile,
      says(`One: ${long}`),
      says(`Two: ${long}`),
      says(`Three: ${long}`),
      says('SUMMARY'),
      says('Four.'),
      says('For you, owner.'),
    ],
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  const where = await member.mention('write and read my diary')
  await member.decide(where, 'Approve')
  await member.see(where, /to myself/)
  for (const [ask, answer] of [
    ['one', /One:/],
    ['two', /Two:/],
    ['three', /Three:/],
    ['four', /Four\./],
  ] as const) {
    await member.say(where.channel, ask, where.thread)
    await member.see(where, answer, 30_000)
  }
  await owner.say(where.channel, 'and I?', where.thread)
  await owner.see(where, /For you, owner/)
  const summing = world.model.requests.find((request) => JSON.stringify(request.system).includes('Sum up'))
  expect(JSON.stringify(summing)).toContain('I read it to myself')
  expect(JSON.stringify(summing)).not.toContain('my private words')
  expect(JSON.stringify(world.model.requests.at(-1))).not.toContain('my private words')
})

test('a model that numbers its calls anew in each turn does not confuse them', async () => {
  const write = (name: string) => wishes('filesystem__write_file', { path: name, content: name }, 'call_0')
  await using world = await startWorld({ model: [write('one.txt'), write('two.txt'), says('Both written.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write both')
  const first = await member.decide(where, 'Approve')
  const second = await eventually(async () => {
    const found = (await member.messages('dm', where.thread)).find(
      (one) => one.ts !== first.ts && /"Approve"/.test(lookOf(one)),
    )
    if (!found) throw new Error('no second card')
    return found
  })
  await member.press(where, second.ts, 'Approve')
  await member.see(where, /Both written/)
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  const { rows } = await client.query(
    "select type, count(*)::int as many from run_events where type in ('called', 'answered', 'returned') group by 1 order by 1",
  )
  await client.end()
  expect(rows).toEqual([
    { type: 'answered', many: 2 },
    { type: 'called', many: 2 },
    { type: 'returned', many: 2 },
  ])
})

test('texts that a database cannot hold do not end the run', async () => {
  const odd = `${'x'.repeat(138)}😀 and half of one \ud83d and a NUL \u0000 in it`
  await using world = await startWorld({
    model: [
      wishes('filesystem__write_file', { path: 'odd.txt', content: odd }),
      wishes('filesystem__read_text_file', { path: 'odd.txt' }),
      says('Odd, but read.'),
    ],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write something odd')
  await member.see(where, /Odd, but read/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('hold a NUL character')
})
