import { expect, test } from 'vitest'
import { newConnectionId } from '../../src/ids.ts'
import type { JsonObject } from '../../src/run/events.ts'
import { fillToolbox } from '../../src/run/toolbox.ts'

const tool = (name: string, inputSchema: JsonObject = { type: 'object' }) => ({
  name,
  description: `does ${name}`,
  inputSchema,
})
const source = (name: string, ...tools: ReturnType<typeof tool>[]) => ({
  id: newConnectionId(),
  name,
  card: 'custom',
  tools,
})

test('plain names are connection__tool', () => {
  const box = fillToolbox([source('files', tool('read'))])
  expect(box.offered.map((one) => one.name)).toEqual(['files__read'])
  expect(box.find('files__read')?.tool.name).toBe('read')
})

test('long and odd names fit the API, differ, and are the same every time', () => {
  const long = 'x'.repeat(200)
  const sources = [
    source('files', tool(`${long}a`), tool(`${long}b`), tool('page.delete'), tool('page_delete'), tool('größe')),
  ]
  const names = fillToolbox(sources).offered.map((one) => one.name)
  expect(new Set(names).size).toBe(5)
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
  expect(fillToolbox(sources).offered.map((one) => one.name)).toEqual(names)
})

test('two connections whose names run together do not collide', () => {
  const box = fillToolbox([source('a', tool('b__c')), source('a__b', tool('c'))])
  expect(box.offered).toHaveLength(2)
  expect(new Set(box.offered.map((one) => one.name)).size).toBe(2)
  expect(box.offered.map((one) => box.find(one.name)?.tool.name)).toEqual(['b__c', 'c'])
})

test('a tool the API refuses is left out and named, and does not take the others with it', () => {
  const bad = tool('bad', { type: 'object', properties: { 'größe!': { type: 'string' } }, required: ['größe!'] })
  const box = fillToolbox([source('files', tool('good'), bad)])
  expect(box.offered.map((one) => one.name)).toEqual(['files__good'])
  expect(box.leftOut).toEqual([{ tool: 'files: bad', why: expect.stringContaining('größe!') }])
})
