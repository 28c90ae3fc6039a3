import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import { schemaRefusalFor, toAcceptableSchema } from '../../src/model/tool-schema.ts'
import { offeredTools } from '../support/tool-lists.ts'

const text = { type: 'string' }
const tool = (schema: JsonObject, name = 'demo__tool') => ({ name, description: 'Does it.', schema })
const nested = (depth: number): JsonObject =>
  depth === 0 ? { type: 'string' } : { type: 'object', properties: { inner: nested(depth - 1) } }

test('takes every tool of the servers that come along, and leaves them nearly as they are', () => {
  for (const offered of offeredTools('everything', 'filesystem', 'memory', 'demo-database')) {
    const { $schema: _, ...rest } = offered.schema
    const schema = toAcceptableSchema(offered.schema)
    expect(schema, offered.name).toEqual(rest)
    expect(schemaRefusalFor({ ...offered, schema: schema ?? {} }), offered.name).toBeUndefined()
  }
})

test.each<[string, JsonObject, string]>([
  ['no type', { properties: { a: text } }, 'not an object'],
  ['an array', { type: 'array', items: text }, 'not an object'],
  ['anyOf at the root', { type: 'object', anyOf: [{ required: ['a'] }] }, 'anyOf at the top level'],
  ['a property name with brackets', { type: 'object', properties: { 'filter[id]': text } }, 'filter[id]'],
  [
    'a property name of 65 letters',
    { type: 'object', properties: { ['a'.repeat(65)]: text } },
    'name the model cannot use',
  ],
  ['a type of no draft', { type: 'object', properties: { a: { type: 'any' } } }, '2020-12'],
  ['a tuple of draft 7', { type: 'object', properties: { a: { type: 'array', items: [text] } } }, '2020-12'],
  [
    'a bound of draft 4',
    { type: 'object', properties: { a: { type: 'number', minimum: 0, exclusiveMinimum: true } } },
    '2020-12',
  ],
  ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }, 'other than 2020-12'],
  ['a reference to nothing', { type: 'object', properties: { a: { $ref: '#/$defs/none' } } }, '#/$defs/none'],
  ['too deep', nested(40), 'nested'],
  ['too large', { type: 'object', description: 'x'.repeat(70_000) }, 'too long'],
])('refuses %s', (_what, schema, why) => {
  expect(schemaRefusalFor(tool(schema))).toContain(why)
})

test.each(['', 'a'.repeat(65), 'with.dot', 'with space', 'with/slash', 'ünï'])('refuses the name "%s"', (name) => {
  expect(schemaRefusalFor(tool({ type: 'object' }, name))).toContain('name')
})

test.each<[string, JsonObject, JsonObject | undefined]>([
  ['adds the type', { properties: { a: text } }, { properties: { a: text }, type: 'object' }],
  ['an empty schema', {}, { type: 'object' }],
  ['an object that may be null', { type: ['object', 'null'], properties: {} }, { type: 'object', properties: {} }],
  ['never an array', { type: 'array', items: text }, undefined],
  ['drops the draft', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }, { type: 'object' }],
  [
    'drops "at least one of" beside properties',
    { type: 'object', properties: { a: text, b: text }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    { type: 'object', properties: { a: text, b: text } },
  ],
  [
    'alternatives become possible properties; what all require stays required',
    {
      oneOf: [
        { type: 'object', properties: { kind: { const: 'a' }, x: text }, required: ['kind', 'x'] },
        { type: 'object', properties: { kind: { const: 'b' }, y: text }, required: ['kind'] },
      ],
    },
    {
      type: 'object',
      properties: { kind: { anyOf: [{ const: 'a' }, { const: 'b' }] }, x: text, y: text },
      required: ['kind'],
    },
  ],
  [
    'all of several parts is their sum',
    {
      allOf: [{ properties: { a: text }, required: ['a'] }, { $ref: '#/$defs/more' }],
      $defs: { more: { properties: { b: text }, required: ['b'] } },
    },
    {
      $defs: { more: { properties: { b: text }, required: ['b'] } },
      type: 'object',
      properties: { a: text, b: text },
      required: ['a', 'b'],
    },
  ],
  [
    'a reference at the root is followed',
    { $ref: '#/definitions/input', definitions: { input: { type: 'object', properties: { a: text } } } },
    { type: 'object', properties: { a: text }, definitions: { input: { type: 'object', properties: { a: text } } } },
  ],
  ['a reference in a circle', { $ref: '#' }, undefined],
  [
    'gives properties with unusable names others',
    { type: 'object', properties: { 'filter[id]': text, limit: text }, required: ['filter[id]'] },
    { type: 'object', properties: { filter_id: text, limit: text }, required: ['filter_id'] },
  ],
  [
    'tuples, bounds, unknown types and lost references of older drafts',
    {
      type: 'object',
      properties: {
        pair: { type: 'array', items: [text, text], additionalItems: false },
        positive: { type: 'number', minimum: 0, exclusiveMinimum: true },
        any: { type: 'any', required: true },
        lost: { $ref: 'https://example.com/schema.json', description: 'kept' },
      },
    },
    {
      type: 'object',
      properties: {
        pair: { type: 'array', prefixItems: [text, text], items: false },
        positive: { type: 'number', exclusiveMinimum: 0 },
        any: {},
        lost: { description: 'kept' },
      },
    },
  ],
  ['too deep', nested(40), undefined],
])('makes acceptable: %s', (_what, schema, expected) => {
  const before = JSON.stringify(schema)
  const made = toAcceptableSchema(schema)
  expect(made).toEqual(expected)
  if (made) expect(schemaRefusalFor(tool(made))).toBeUndefined()
  expect(JSON.stringify(schema)).toBe(before)
})
