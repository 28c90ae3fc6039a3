import { expect, it } from 'vitest'
import { remote, startMcpHouse } from '../../support/mcp-house.ts'
import { startRawServer } from '../../support/raw-server.ts'

const NOTHING = { type: 'object' }
const OPEN = { a: { type: 'string' } }

it.each([
  ['null', null, NOTHING],
  ['true', true, NOTHING],
  ['an empty list, as PHP writes it', [], NOTHING],
  ['properties as an empty list', { type: 'object', properties: [] }, { type: 'object', properties: {} }],
  ['null for its parts', { type: 'object', properties: null, required: null }, NOTHING],
  ['a null property', { type: 'object', properties: { ...OPEN, b: null } }, { type: 'object', properties: OPEN }],
])('a tool whose schema is or has %s can be used', async (_, inputSchema, wanted) => {
  await using server = await startRawServer({ work: { definition: { inputSchema }, answers: { content: 'done' } } })
  await using house = await startMcpHouse({ allow: ['127.0.0.1'] })
  const connection = await house.connected(remote(server.url))
  const tools = await house.mcp.refresh(connection, AbortSignal.timeout(20_000))
  expect(tools).toMatchObject([{ name: 'work' }])
  expect(tools[0]?.inputSchema).toEqual(wanted)
})
