import { expect, test } from 'vitest'
import { createConnectionId } from '../../../src/ids.ts'
import type { JsonObject } from '../../../src/json.ts'
import { findConnectionsLike } from '../../../src/run/tools/same-tool.ts'
import { connection } from '../start-worker.ts'

const read: { name: string; description: string; inputSchema: JsonObject } = {
  name: 'query',
  description: '',
  inputSchema: { type: 'object', properties: { sql: {} } },
}
const other = { ...read, inputSchema: { type: 'object' } }
const named = (name: string, card: string, tools = [read]) => ({
  ...connection,
  id: createConnectionId(),
  name,
  card,
  tools,
})

test('other connections with the same tool are found, and only these', () => {
  const orders = named('orders', 'postgres')
  const replica = named('replica', 'postgres', [other])
  const alike = named('alike', 'custom')
  const all = [orders, replica, alike, named('different', 'custom', [other]), named('bare', 'postgres', [])]
  expect(findConnectionsLike({ source: orders, tool: read }, all)).toEqual(['replica', 'alike'])
  expect(findConnectionsLike({ source: orders, tool: read }, [orders])).toEqual([])
})
