import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { local, modalOf, offering, seenIn } from '../support/offering.ts'

import { says, together, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const NOTES = JSON.stringify({ uri: 'note://today', name: 'Notes', kind: 'text/markdown' })
const DOT = JSON.stringify({ uri: 'picture://dot', name: 'Dot', kind: 'image/png' })
const DAY = 'note://day/{day}'

const lastRequest = (world: World) => JSON.stringify(world.model.requests.at(-1)?.messages)
const toolsOffered = (world: World) => (world.model.requests.at(-1)?.tools ?? []).map(({ name }) => name)

async function rows(world: World, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

test('resources are listed, searched and read where the command was given', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('everything')
  await member.command('resources everything', 'ops')
  await modalOf(member, /9 resources of everything/)
  await member.submit({ words: 'startup' })
  const found = await modalOf(member, /1 resource of everything/)
  const [, value = ''] = /"value":"((?:[^"\\]|\\.)*startup(?:[^"\\]|\\.)*)"/.exec(found) ?? []
  await member.pressInModal('Open', JSON.parse(`"${value}"`))
  expect(await modalOf(member, /Read here/)).toContain('<#')
  await member.pressInModal('Read here')
  await modalOf(member, /Go there/)
  const root = await seenIn(member, 'ops', /read \*startup/)
  await member.see({ channel: 'ops', thread: root.ts }, /file startup\.md/)
})

test('a picture is shown as one and a short text as text; several connections are chosen from', async () => {
  await using world = await startWorld(local)
  const member = world.as('member')
  await using _server = await offering(member)
  await member.connect('everything')
  await member.command('resources')
  await modalOf(member, /Which connection’s resources/)
  await member.pressInModal('look_of', 'custom')
  await modalOf(member, /4 resources of custom/)
  await member.pressInModal('Open', DOT)
  await modalOf(member, /Read here/)
  await member.pressInModal('Read here')
  await modalOf(member, /Go there/)
  await eventually(async () => {
    const all = await member.messages('dm')
    const root = all.find(({ text }) => text.includes('read Dot'))
    const inThread = await member.messages('dm', root?.ts ?? '')
    expect(inThread.flatMap(({ files = [] }) => files.map(({ name }) => name))).toEqual(['dot.png'])
  })
})

test('a template is filled in with what the server proposes, or with what is typed', async () => {
  await using world = await startWorld(local)
  const member = world.as('member')
  await using _server = await offering(member)
  await member.command('resources custom')
  await modalOf(member, /4 resources/)
  await member.pressInModal('Fill in', DAY)
  await modalOf(member, /external_select/)
  const asked = new URLSearchParams({ as: 'member', action_id: 'field_value', value: 'mon' })
  const offered = await (await fetch(`${world.slackUrl}/local/suggest?${asked}`)).text()
  expect(offered).toMatch(/"monday".*"mon"/)
  expect(await member.submit({ day: 'monday' })).toMatchObject({ ok: true })
  await modalOf(member, /note:\/\/day\/monday/)
  await member.pressInModal('Read here')
  await modalOf(member, /Go there/)
  const root = await seenIn(member, 'dm', /read note:\/\/day\/monday/)
  await member.see({ channel: 'dm', thread: root.ts }, /Notes of monday/)
  await member.close()
  await member.pressInModal('Fill in', DAY)
  await modalOf(member, /external_select/)
  await member.pressInModal('Type it all instead')
  await modalOf(member, /field_typed/)
  expect(await member.submit({ day: '  ' })).toMatchObject({ ok: false })
  expect(await member.submit({ day: 'a day/off' })).toMatchObject({ ok: true })
  await modalOf(member, /note:\/\/day\/a%20day%2Foff/)
})

test('a question about a resource is asked with the resource attached', async () => {
  await using world = await startWorld({ ...local, model: [says('It was touched zero times.')] })
  const member = world.as('member')
  await using _server = await offering(member)
  await member.command('resources custom')
  await modalOf(member, /4 resources/)
  await member.pressInModal('Open', NOTES)
  await modalOf(member, /Ask about it/)
  expect(await member.submit({})).toMatchObject({ ok: false })
  await member.submit({ question: 'how often was it touched?' })
  await modalOf(member, /Asked/)
  const root = (await member.messages('dm')).find(({ text }) => text.includes('asked about Notes'))
  await member.see({ channel: 'dm', thread: root?.ts ?? '' }, /touched zero times/)
  expect(lastRequest(world)).toMatch(/\[Morgan Member, [^\]]*\]\\nhow often was it touched/)
  expect(lastRequest(world)).toContain('touched 0 times\\n</file>')
})

test('the agent lists and reads resources as tools, of that connection alone, and what follows is told', async () => {
  await using world = await startWorld({
    ...local,
    model: [
      wishes('custom__list_resources', { words: 'today' }),
      wishes('custom__read_resource', { uri: 'note://today' }),
      wishes('custom__read_resource', { uri: 'file:///etc/passwd' }),
      // That the refusal named it makes it no resource.
      wishes('custom__read_resource', { uri: 'file:///etc/passwd' }),
      wishes('custom__touch'),
      says('Done.'),
    ],
  })
  const member = world.as('member')
  await using _server = await offering(member)
  await member.connect('filesystem')
  const where = await member.dm('read my notes and touch them')
  // Nobody is asked about an address that the server never listed: the first card is for the last call.
  const card = await member.see(where, /"Approve"/)
  expect(JSON.stringify(card.blocks)).toContain('read text from custom')
  await member.deny(where, card.ts)
  await member.see(where, /Done\./)
  const request = lastRequest(world)
  expect(request).toContain('note://today \\"Notes\\" (text/markdown)')
  expect(request).toContain('# Notes\\ntouched 0 times')
  expect(request).toContain('file:///etc/passwd is not a resource of custom')
  expect(toolsOffered(world)).toContain('custom__read_resource')
  expect(toolsOffered(world).some((name) => name.startsWith('filesystem__') && name.includes('resource'))).toBe(false)
  const used = await rows(world, 'select tool_name, success from mcp_tool_usage order by id')
  expect(used).toEqual([
    { tool_name: 'list_resources', success: true },
    { tool_name: 'read_resource', success: true },
  ])
  const times = await rows(world, 'select execution_time_ms as ms from mcp_tool_usage')
  expect(
    times.some(({ ms }) => Number(ms) % 1 !== 0),
    'times are not rounded',
  ).toBe(true)
  expect(request.match(/is not a resource of custom/g)).toHaveLength(2)
})

test('changes are told in the thread, also after a restart, until somebody says stop', async () => {
  await using world = await startWorld({ ...local, model: [wishes('custom__touch'), says('Touched.')] })
  const member = world.as('member')
  await using _server = await offering(member)
  await member.command('resources custom')
  await modalOf(member, /4 resources/)
  await member.pressInModal('Open', NOTES)
  await modalOf(member, /Tell me when it changes/)
  await member.pressInModal('Tell me when it changes')
  await modalOf(member, /I will tell you/)
  await member.close()
  await modalOf(member, /4 resources/)
  await member.pressInModal('Open', NOTES)
  await modalOf(member, /Tell me when it changes/)
  await member.pressInModal('Tell me when it changes')
  await modalOf(member, /I will tell you/)
  expect(await rows(world, 'select 1 from resource_subscriptions'), 'the same once more').toHaveLength(1)
  const offers = (await member.messages('dm')).filter(({ text }) => /when \*?Notes/.test(text))
  expect(offers).toHaveLength(1)
  const root = (await member.messages('dm')).find(({ text }) => text.includes('I will say so here when Notes'))
  const thread = { channel: 'dm', thread: root?.ts ?? '' }
  const watching = () => world.log().split('watching resources').length
  await eventually(() => expect(watching()).toBe(2), 30_000)
  await world.restart()
  await eventually(() => expect(watching()).toBe(3), 30_000)
  const asked = await member.dm('touch it')
  await member.decide(asked, 'Approve')
  await member.see(asked, /Touched\./)
  const told = await member.see(thread, /\*Notes\* of custom changed/)
  await member.press(thread, told.ts, 'Read it')
  await member.see(thread, /touched 1 times/)
  await member.press(thread, told.ts, 'Stop telling me')
  await member.see(thread, /I will not tell you about changes to/)
  expect(await rows(world, 'select id from resource_subscriptions')).toEqual([])
})

test('a watch ends with its connection, and five are the most', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('everything')
  await member.command('resources everything')
  await modalOf(member, /9 resources/)
  const list = JSON.stringify(await member.modal())
  const picks = [...list.matchAll(/"value":"((?:[^"\\]|\\.)*)"/g)].flatMap(([, value = '']) => {
    const text: unknown = JSON.parse(`"${value}"`)
    return typeof text === 'string' && text.startsWith('{') ? [text] : []
  })
  expect(picks).toHaveLength(7)
  for (const [at, pick] of picks.slice(0, 6).entries()) {
    await member.pressInModal('Open', pick)
    await modalOf(member, /Tell me when it changes/)
    await member.pressInModal('Tell me when it changes')
    await modalOf(member, at < 5 ? /I will tell you/ : /which is the most/)
    await member.close()
  }
  expect(await rows(world, 'select id from resource_subscriptions')).toHaveLength(5)
  await member.command('disconnect everything')
  const question = await seenIn(member, 'dm', /^Disconnect everything/)
  await member.press({ channel: 'dm' }, question.ts, 'Disconnect')
  await eventually(async () => expect(await rows(world, 'select id from resource_subscriptions')).toEqual([]))
})

test('typos get the nearest, servers without resources are said, and Home has the buttons', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('filesystem')
  await member.command('resources')
  await seenIn(member, 'dm', /None of your connections has resources. Try their tools instead/)
  await member.connect('everything')
  await member.command('resources everthing')
  await member.command('resorces everything')
  await eventually(async () => {
    const all = JSON.stringify(await member.messages('dm'))
    expect(all).toContain('Did you mean everything?')
    expect(all).toContain('Did you mean /mcp resources everything?')
  })
  await eventually(async () =>
    expect(JSON.stringify(await member.home())).toContain('command_run:resources everything'),
  )
  await member.pressInHome('Resources')
  await modalOf(member, /9 resources of everything/)
})

test('long lists are turned page by page, and Enter searches', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('everything')
  const gzip = { name: 'a.txt', data: 'data:text/plain;base64,SGVsbG8=', outputType: 'resource' }
  world.model.script(
    together(...[1, 2, 3, 4].map((at) => wishes('everything__gzip-file-as-resource', { ...gzip, name: `zip${at}` }))),
    says('Zipped.'),
  )
  const where = await member.dm('zip four files')
  await member.decide(where, 'Approve all 4')
  await member.see(where, /Zipped\./)
  await member.command('resources everything')
  await modalOf(member, /13 resources of everything\*, page 1 of 2/)
  await member.pressInModal('Next')
  await modalOf(member, /page 2 of 2/)
  await member.pressInModal('Previous')
  await modalOf(member, /page 1 of 2/)
  await member.pressInModal('look_words', 'zip')
  await modalOf(member, /4 resources of everything/)
})
