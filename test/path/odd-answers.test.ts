import { expect, test } from 'vitest'
import { startRawServer } from '../support/raw-server.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const promised = { outputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } }
const done = [{ type: 'text', text: 'It is done.' }]
const nested = (depth: number): unknown => Array.from({ length: depth }).reduce((inner: unknown) => [inner], 'end')

test.each<[string, object, RegExp]>([
  [
    'of another kind',
    { content: done, structuredContent: { n: 'three' } },
    /It is done\.\\n\[The structured part of this answer is not as the tool promises: n: must be number\. The call was made; do not repeat it/,
  ],
  ['that is missing', { content: done }, /not as the tool promises: it is missing\. The call was made/],
  [
    'nested beyond all bounds',
    { content: done, structuredContent: { n: 1, more: nested(3_000) } },
    /It is done\.\\n\[The structured part of this answer is nested too deeply, so it was left out\.\]/,
  ],
])('a structured answer %s is told with the answer, and the call is not made again', async (_name, answers, told) => {
  await using server = await startRawServer({ count: { definition: promised, answers } })
  await using world = await startWorld({
    model: [wishes('custom__count'), says('Counted.')],
    change: (settings) => ({ ...settings, egressAllow: [server.host] }),
  })
  const member = world.as('member')
  await member.connect('custom', { url: server.url })
  const where = await member.dm('count')
  await member.decide(where, 'Approve')
  await member.see(where, /Counted\./)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toMatch(told)
  expect(server.calls).toEqual(['count'])
})
