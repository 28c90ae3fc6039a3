import { beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf, type Seat } from '../../support/person.ts'
import { requestOf, slackPayloads } from '../../support/slack-payloads.ts'
import { startWorld, type World } from '../../support/world.ts'

const OLD = /older version of Patchbay/

const things = new AsyncDisposableStack()
let world: World
let member: Seat
beforeAll(async () => {
  world = things.use(await startWorld())
  member = world.as('member')
  // The welcome comes by itself, and is no answer to what follows.
  await eventually(async () => expect(await member.messages('dm')).not.toEqual([]))
  return () => things.disposeAsync()
}, 120_000)

const all = Object.values(slackPayloads()).flat()

/** What Slack is answered to the payload of that name; its message stands in the channel and not in a thread. */
async function answerTo(name: string): Promise<unknown> {
  const payload = all.find((one) => one.name === name)
  if (payload === undefined) throw new Error(`no payload ${name}`)
  const text = JSON.stringify(requestOf(payload, name))
    .replaceAll(/"thread_ts":"[\d.]+",?/g, '')
    .replaceAll(',}', '}')
  return (await member.post('interact', JSON.parse(text))).answer
}

const seenIn = async (channel: string): Promise<string[]> => (await member.messages(channel)).map(lookOf)

test.each([
  'button',
  'static_select',
  'datepicker',
  'checkboxes, none',
  'in an ephemeral message',
  'interactive_message: menu',
])('who uses an element of an older version (%s) reads so, and nobody else does', async (name) => {
  const before = [await seenIn('general'), await seenIn('dm')].flat().length
  expect(await answerTo(name)).toBeUndefined()
  const seen = [await seenIn('general'), await seenIn('dm')].flat()
  expect(seen).toHaveLength(before + 1)
  expect(seen.filter((text) => OLD.test(text)).length).toBeGreaterThan(0)
  expect(await world.as('owner').messages('general')).toEqual([])
})

test.each(['button in a modal', 'button in Home', 'static_select in Home'])('%s: a modal says so', async (name) => {
  if (name.endsWith('modal')) await member.command('connect')
  expect(await answerTo(name)).toBeUndefined()
  expect(JSON.stringify(await member.modal())).toMatch(OLD)
  await member.post('close', { all: true })
})

test('a form of an older version says so in its place', async () => {
  expect(JSON.stringify(await answerTo('view_submission of a form from an older version'))).toMatch(OLD)
})

test.each(['button with a link', 'view_closed of a form from an older version'])('%s: nobody is told', async (name) => {
  const before = [await seenIn('general'), await seenIn('dm')].flat()
  expect(await answerTo(name)).toBeUndefined()
  expect([await seenIn('general'), await seenIn('dm')].flat()).toEqual(before)
})

test.each(['shortcut of an older version', 'message_action of an older version', 'dialog_submission'])(
  '%s: a direct message says so',
  async (name) => {
    const before = (await seenIn('dm')).length
    expect(await answerTo(name)).toBeUndefined()
    const seen = (await seenIn('dm')).slice(before)
    expect(seen).toEqual([expect.stringMatching(OLD)])
  },
)

test.each(['block_suggestion of a menu from an older version', 'dialog_suggestion'])('%s: no options', async (name) => {
  expect(await answerTo(name)).toEqual({ options: [] })
})

test('a command that the app does not have says which it has', async () => {
  expect(await answerTo('that the app does not have')).toMatchObject({
    response_type: 'ephemeral',
    text: expect.stringMatching(/no command \/older.*\/mcp help/),
  })
})
