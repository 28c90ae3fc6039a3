import { expect, test } from 'vitest'
import { createConnectionId } from '../../../src/ids.ts'
import type { JsonObject } from '../../../src/json.ts'
import { createToolSchemaCache, nameTools } from '../../../src/run/tools/offered-tools.ts'

const tool = (name: string, inputSchema: JsonObject = { type: 'object' }) => ({
  name,
  description: `does ${name}`,
  inputSchema,
})
const source = (name: string, ...tools: ReturnType<typeof tool>[]) => ({
  id: createConnectionId(),
  name,
  card: 'custom',
  tools,
})

test('plain names are connection__tool', () => {
  const tools = nameTools([source('files', tool('read'))])
  expect([...tools.keys()]).toEqual(['files__read'])
  expect(tools.get('files__read')?.tool.name).toBe('read')
})

test('long and odd names fit the API, differ, and are the same every time', () => {
  const long = 'x'.repeat(200)
  const sources = [
    source('files', tool(`${long}a`), tool(`${long}b`), tool('page.delete'), tool('page_delete'), tool('größe')),
  ]
  const names = [...nameTools(sources).keys()]
  expect(names).toHaveLength(5)
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
  expect([...nameTools(sources).keys()]).toEqual(names)
})

test('two connections whose names run together do not collide', () => {
  const tools = nameTools([source('a', tool('b__c')), source('a__b', tool('c'))])
  expect([...tools.values()].map((found) => found.tool.name)).toEqual(['b__c', 'c'])
})

test('a tool the API refuses is left out and named, and does not take the others with it', () => {
  const bad = tool('bad', { type: 'array', items: { type: 'string' } })
  const files = source('files', tool('good'), bad)
  const fitting = createToolSchemaCache()
  for (const round of ['first', 'from memory']) {
    expect(
      fitting.offered(nameTools([files])).map((one) => one.name),
      round,
    ).toEqual(['files__good'])
    expect(fitting.leftOut(files.tools.map((one) => ({ connection: 'files', tool: one }))), round).toEqual([
      { tool: 'bad', why: expect.stringContaining('not an object') },
    ])
  }
})
