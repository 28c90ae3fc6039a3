import { expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { startServerProcess } from '../support/mcp-house.ts'
import { local, modalOf, seenIn } from '../support/offering.ts'
import { says, together, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const odd = (word: string) => `${word}\u202e\u200btxt`
const spelled = (word: string) => new RegExp(`${word}\\\\+u\\{202e\\}\\\\+u\\{200b\\}txt`)

const Exchange = z.object({ way: z.string(), name: z.string(), request: z.unknown() })

/** Fields that nobody reads: they come back as they are, or a person edits them. */
const UNREAD = /^(?:value|private_metadata|metadata|block_id|action_id|initial_value|callback_id|external_id)$/

function textsIn(value: unknown, key = ''): string[] {
  if (UNREAD.test(key)) return []
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => textsIn(one, name))
}

/** All that the app sent to Slack with one of those signs in it. */
async function raw(world: World): Promise<string[]> {
  const answer = await fetch(`${world.slackUrl}/local/traffic`)
  const { exchanges } = z.object({ exchanges: z.array(Exchange) }).parse(await answer.json())
  const sent = exchanges.filter(({ way }) => way === 'to_slack')
  expect(sent.length).toBeGreaterThan(3)
  return sent.flatMap(({ name, request }) =>
    textsIn(request)
      .filter((text) => /[\u202e\u200b]/.test(text))
      .map((text) => `${name}: ${text}`),
  )
}

async function connectOdd(world: World) {
  const member = world.as('member')
  const server = await startServerProcess('odd-letters.ts', ['0'])
  await member.connect('custom', { url: `http://127.0.0.1:${server.port}/mcp` })
  return { member, server }
}

test('a call with odd letters is shown spelled out, from its card to its result and details', async () => {
  const args = { path: odd('invoice'), words: odd('a line\r\n') }
  await using world = await startWorld({
    ...local,
    model: [together(says(odd('I send it.')), wishes('custom__send', args)), says(odd('Sent.'))],
  })
  const { member, server } = await connectOdd(world)
  await using _server = server
  const where = await member.dm(odd('send the invoice'))
  const card = await member.see(where, /"Approve"/)
  const shown = JSON.stringify(card)
  expect(shown).toMatch(spelled('[Ss]end invoice'))
  expect(shown).toMatch(spelled('path: ."invoice'))
  await member.decide(where, 'Approve')
  await member.see(where, spelled('Sent\\.'))
  await member.see(where, spelled('cell 1'))
  await member.see(where, spelled('column'))
  await member.see(where, spelled('link'))
  const last = await member.see(where, /"Details"/)
  await member.press(where, last.ts, 'Details')
  expect(await modalOf(member, /Step/i)).toMatch(spelled('send the invoice'))
  await member.home()
  expect(await raw(world)).toEqual([])
})

test('an error, a step under way and a question about a file are spelled out', async () => {
  await using world = await startWorld({
    ...local,
    model: [wishes('custom__fail', { path: odd('a') }), says('It failed.')],
  })
  const { member, server } = await connectOdd(world)
  await using _server = server
  const file = { name: `${odd('song')}.mp3`, mimeType: 'audio/mpeg', data: Buffer.from('x').toString('base64') }
  const { ts } = z
    .object({ ts: z.string() })
    .parse(await member.post('upload', { channel: 'dm', text: odd('try it'), files: [file] }))
  const where = { channel: 'dm', thread: ts }
  await member.decide(where, 'Approve')
  await member.see(where, spelled('it broke'))
  await member.see(where, /It failed\./)
  await member.see(where, spelled('song'))
  expect(await raw(world)).toEqual([])
})

test('lists, forms and menus of a server spell its texts out', async () => {
  await using world = await startWorld(local)
  const { member, server } = await connectOdd(world)
  await using _server = server
  await member.command('tools', 'ops')
  await seenIn(member, 'ops', spelled('Sends'))
  await member.command('resources', 'ops')
  expect(await modalOf(member, /1 resource/)).toMatch(spelled('Notes'))
  const [, value = ''] = /"value":"((?:[^"\\]|\\.)*note:(?:[^"\\]|\\.)*)"/.exec(await modalOf(member, /Open/)) ?? []
  await member.pressInModal('Open', z.string().parse(JSON.parse(`"${value}"`)))
  await modalOf(member, /Read here/)
  await member.pressInModal('Read here')
  await modalOf(member, /Go there/)
  await member.close()
  await member.command('prompts', 'ops')
  expect(await modalOf(member, /1 prompt/)).toMatch(spelled('Greets'))
  await member.command(`find ${odd('word')}`, 'ops')
  await member.command(`connect ${odd('service')}`, 'ops')
  await member.command(`disconnect ${odd('connection')}`, 'ops')
  await member.command(`allow ${odd('thing')}`, 'ops')
  await member.command('list', 'ops')
  await member.home()
  await eventually(async () => {
    const all = JSON.stringify(await member.messages('ops'))
    for (const word of ['service', 'connection']) expect(all).toMatch(spelled(word))
  })
  expect(await raw(world)).toEqual([])
})
