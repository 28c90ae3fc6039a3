import { expect, test } from 'vitest'
import { startRawServer } from '../support/raw-server.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const inputSchema = {
  type: 'object',
  properties: {
    'filter[id]': { type: 'string' },
    page: { type: 'object', properties: { 'max size': { type: 'number' } } },
  },
  required: ['filter[id]'],
}

test('the model uses names it can, the card and the server see the server’s', async () => {
  await using server = await startRawServer({
    find: { definition: { inputSchema }, answers: { content: [{ type: 'text', text: 'found' }] } },
  })
  await using world = await startWorld({
    model: [wishes('custom__find', { filter_id: 'seven', page: { max_size: 3 } }), says('Found.')],
    change: (settings) => ({ ...settings, egressAllow: [server.host] }),
  })
  const member = world.as('member')
  await member.connect('custom', { url: server.url })
  const where = await member.dm('find')
  await member.see(where, /filter\[id\]|Filter/i)
  await member.decide(where, 'Approve')
  await member.see(where, /Found\./)
  expect(server.received).toEqual([{ 'filter[id]': 'seven', page: { 'max size': 3 } }])
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('"filter_id":"seven"')
})
