import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf } from '../../support/person.ts'
import { says } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
  world.model.always(says('Read.'))
  await world.as('owner').post('limits', { rate_limits: 'generous' })
}, 60_000)

afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

const owner = () => world.as('owner')

/** What the model is told when the app is mentioned in the thread. */
async function toldIn(thread: string, text = 'what is this about?'): Promise<string> {
  const before = world.model.requests.length
  await owner().post('say', { channel: 'general', thread_ts: thread, text: `@Patchbay ${text}` })
  return toldSince(before)
}

const toldSince = (before: number) =>
  eventually(async () => {
    expect(world.model.requests.length).toBeGreaterThan(before)
    return JSON.stringify(world.model.requests[before]?.messages)
  }, 60_000)

async function post(message: object): Promise<string> {
  return String((await owner().post('app-post', { app: 'pager', channel: 'general', ...message })).ts)
}

test.each([
  ['in attachments', { attachments: [{ title: 'Disk is full', fields: [{ title: 'Host', value: 'db-7' }] }] }],
  ['beside a word', { text: 'Alert', attachments: [{ text: 'Disk is full\nHost: db-7' }] }],
  [
    'in blocks',
    { text: 'Alert', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'Disk is full\nHost: db-7' } }] },
  ],
])(
  'a thread under an alert whose words are %s is told',
  async (_where, message) => {
    const told = await toldIn(await post(message))
    expect(told).toContain('(app): ')
    expect(told).toContain('Disk is full')
    expect(told).toContain('Host: db-7')
  },
  90_000,
)

test('who said what is told: people by name, other apps, the app itself', async () => {
  const { thread } = await owner().say('general', '@Patchbay')
  await owner().see({ channel: 'general', thread }, /Tell me what/)
  await world.as('approver').say('general', 'it is red', thread)
  await post({ thread_ts: thread, text: 'it is green' })
  const told = await toldIn(thread)
  expect(told).toContain('Patchbay (you): ')
  expect(told).toContain('Avery Approver (UAPPROV1): it is red')
  expect(told).toMatch(/pager[^:]*\(app\): it is green/i)
}, 90_000)

test('of a long thread the newest messages are told, within a limit of characters, and the answer says so', async () => {
  const root = await post({ text: 'the root' })
  for (let at = 0; at < 40; at += 1) await post({ thread_ts: root, text: `number ${at} ${'x'.repeat(3_000)}` })
  const told = await toldIn(root)
  expect(told).toContain('number 39 ')
  expect(told).not.toContain('number 2 ')
  expect(told.length).toBeLessThan(80_000)
  await owner().see({ channel: 'general', thread: root }, /I read only the last \d+ messages of this thread/, 30_000)
}, 120_000)

test.each([
  ['slow', { delay: 4_000 }, /the-root-word/, undefined],
  ['refused once', { error: 'ratelimited', status: 429, retry_after: 2 }, /the-root-word/, undefined],
  ['refused', { error: 'missing_scope' }, undefined, /I could not read what was said before in this thread/],
])(
  'a thread that Slack is %s to give is read by the run, or the answer says so',
  async (_how, fault, told, seen) => {
    const root = await post({ text: 'the-root-word' })
    await owner().post('faults', { method: 'conversations.replies', times: 1, ...fault })
    const words = await toldIn(root)
    if (told) expect(words).toMatch(told)
    if (seen) await owner().see({ channel: 'general', thread: root }, seen, 30_000)
    await owner().post('clear-faults', {})
  },
  90_000,
)

test('the shortcut shows and tells a message of an app, and a forward', async () => {
  const alert = await post({ attachments: [{ title: 'Disk is full', text: 'on db-9' }] })
  const forward = await owner().post('forward', { channel: 'general', ts: alert, to: 'general', text: 'look' })
  for (const [ts, quote] of [
    [alert, /posted:.*Disk is full/],
    [String(forward.ts), /look.*\[Forwarded from .*#general\].*Disk is full/],
  ] as const) {
    await owner().post('shortcut', { callback_id: 'ask_about_message', channel: 'general', ts })
    await eventually(async () => expect(JSON.stringify(await owner().modal())).toMatch(quote), 20_000)
    const before = world.model.requests.length
    await owner().submit({ question: 'what now?' })
    const told = await toldSince(before)
    expect(told).toContain('(the message the question is about)')
    expect(told).toContain('on db-9')
    await eventually(async () => expect((await owner().messages('general', ts)).map(lookOf).join()).toContain('Read.'))
  }
}, 120_000)
