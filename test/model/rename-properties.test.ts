import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import {
  schemaRefusalFor,
  toAcceptableSchema,
  toModelArguments,
  toServerArguments,
} from '../../src/model/tool-schema.ts'

const text = { type: 'string' }
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more })

test.each<[string, JsonObject, JsonObject, JsonObject]>([
  ['brackets', object({ 'filter[id]': text }), { 'filter[id]': 'x' }, { filter_id: 'x' }],
  ['a dollar', object({ $top: text, top: text }), { $top: '1', top: '2' }, { top_8a7ce5: '1', top: '2' }],
  ['letters of a language', object({ größe: text }), { größe: 'x' }, { gr_e: 'x' }],
  [
    'two that would be one',
    object({ 'a b': text, 'a/b': text }),
    { 'a b': '1', 'a/b': '2' },
    { a_b: '1', a_b_ac3f5d: '2' },
  ],
  [
    'nested',
    object({ a: object({ 'b[]': { type: 'array', items: text } }) }),
    { a: { 'b[]': ['x'] } },
    { a: { b_000000: ['x'] } },
  ],
  [
    'in lists, references and alternatives',
    object(
      { all: { type: 'array', items: { $ref: '#/$defs/one' } } },
      { $defs: { one: { anyOf: [object({ 'x y': text }, { required: ['x y'] }), { type: 'null' }] } } },
    ),
    { all: [{ 'x y': '1' }, null] },
    { all: [{ x_y: '1' }, null] },
  ],
  [
    'not what is data',
    object({
      'a b': { type: 'object', additionalProperties: text },
      free: { type: 'object', patternProperties: { '.*': text } },
    }),
    { 'a b': { a_b: '1', 'a b': '2' }, free: { a_b: '3', 'a b': '4' } },
    { a_b: { a_b: '1', 'a b': '2' }, free: { a_b: '3', 'a b': '4' } },
  ],
  [
    'inside of what is free',
    object({ map: { type: 'object', additionalProperties: object({ 'k[v]': text }) } }),
    { map: { one: { 'k[v]': '1' } } },
    { map: { one: { k_v: '1' } } },
  ],
  [
    'by references through a property, and in dependencies',
    object({ 'a b': text, c: { $ref: '#/properties/a%20b' } }, { dependentRequired: { c: ['a b'] } }),
    { 'a b': '1', c: '2' },
    { a_b: '1', c: '2' },
  ],
  [
    'in a schema that holds itself',
    object({ 'n o': { $ref: '#' }, v: text }),
    { 'n o': { 'n o': { v: '1' } } },
    { n_o: { n_o: { v: '1' } } },
  ],
])('names are changed on the way out and back: %s', (_what, schema, server, model) => {
  const acceptable = toAcceptableSchema(schema)
  expect(schemaRefusalFor({ name: 'a', description: '', schema: acceptable ?? {} })).toBeUndefined()
  const sent = toModelArguments(schema, server)
  expect(toServerArguments(schema, sent)).toEqual(server)
  const stable = (value: JsonObject) => JSON.stringify(value).replace(/_[0-9a-f]{6}"/g, '_#"')
  expect(stable(sent)).toBe(stable(model))
})

test('names of more than 64 letters and of none the API knows stay apart', () => {
  const long = 'x'.repeat(70)
  const names = [long, `${long}y`, '日本', '中国', '!', '?', '']
  const schema = object(Object.fromEntries(names.map((name) => [name, text])), { required: names })
  const made = toAcceptableSchema(schema)
  const properties = Object.keys(Object(made?.properties))
  expect(new Set(properties).size).toBe(names.length)
  for (const name of properties) expect(name).toMatch(/^[a-zA-Z0-9_.-]{1,64}$/)
  expect(made?.required).toEqual(properties)
  const args = Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
  expect(toServerArguments(schema, toModelArguments(schema, args))).toEqual(args)
})
