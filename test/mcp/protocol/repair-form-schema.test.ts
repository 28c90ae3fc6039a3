import type { ServerResponse } from 'node:http'
import { specTypeSchemas } from '@modelcontextprotocol/client'
import { expect, it } from 'vitest'
import { createMessageReader } from '../../../src/mcp/protocol/message-reader.ts'
import { repairFormSchema } from '../../../src/mcp/protocol/repair-form-schema.ts'
import { remote, startMcpHouse, textOf } from '../../support/mcp-house.ts'
import { type RawMessage, startRawServer } from '../../support/raw-server.ts'

const text = { type: 'string' }
const colors = { type: 'string', enum: ['red', 'blue'], title: 'Color' }
const $defs = { Color: colors, Loop: { $ref: '#/$defs/Loop' } }

/** A field as servers write it, and as MCP has it. */
const WRITTEN: Record<string, { written: unknown; sound: unknown }> = {
  'an optional text of Python': {
    written: { anyOf: [text, { type: 'null' }], default: null, title: 'A' },
    sound: { ...text, title: 'A' },
  },
  'an optional number of Python': {
    written: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }], default: 3 },
    sound: { type: 'integer', minimum: 1, default: 3 },
  },
  'an optional choice': { written: { anyOf: [{ $ref: '#/$defs/Color' }, { type: 'null' }] }, sound: colors },
  'a type that may be null': { written: { type: ['string', 'null'] }, sound: text },
  'a reference': { written: { $ref: '#/$defs/Color', title: 'Of the car' }, sound: { ...colors, title: 'Of the car' } },
  'a reference with a default': {
    written: { allOf: [{ $ref: '#/$defs/Color' }], default: 'red' },
    sound: { ...colors, default: 'red' },
  },
  'choices without a type': { written: { enum: ['a', 'b'] }, sound: { type: 'string', enum: ['a', 'b'] } },
  'choices with null': {
    written: { type: ['string', 'null'], enum: ['a', null] },
    sound: { type: 'string', enum: ['a'] },
  },
  'one choice': { written: { const: 'a' }, sound: { type: 'string', enum: ['a'] } },
  'titled choices under anyOf': {
    written: { anyOf: [{ const: 'a', title: 'A' }, { const: null }] },
    sound: { type: 'string', oneOf: [{ const: 'a', title: 'A' }] },
  },
  'a default of another type': { written: { type: 'number', default: '5' }, sound: { type: 'number', default: 5 } },
  'a word as the default': { written: { type: 'boolean', default: 'True' }, sound: { type: 'boolean', default: true } },
  'a default that cannot be': { written: { type: 'integer', default: 'none' }, sound: { type: 'integer' } },
  'bounds as texts': { written: { ...text, minLength: '2', maxLength: 'x' }, sound: { ...text, minLength: 2 } },
  'a number as the title': { written: { ...text, title: 5 }, sound: { ...text, title: '5' } },
  'all in order': { written: { ...text, format: 'email' }, sound: { ...text, format: 'email' } },
}

it.each(Object.entries(WRITTEN))('a form with %s is one that can be shown', (_, { written, sound }) => {
  const reader = createMessageReader()
  const params = { message: 'Which?', requestedSchema: { type: 'object', properties: { it: written }, $defs } }
  const request = { id: 'e1', method: 'elicitation/create', params }
  const [read, inRound] = [
    reader.read({ jsonrpc: '2.0', ...request }),
    reader.read({ id: 1, result: { resultType: 'input_required', inputRequests: { q: request } } }),
  ]
  expect(read).toMatchObject({ params: { requestedSchema: { properties: { it: sound } } } })
  expect(inRound).toMatchObject({
    result: { inputRequests: { q: { params: { requestedSchema: { properties: { it: sound } } } } } },
  })
  expect(specTypeSchemas.ElicitRequest['~standard'].validate(read)).not.toHaveProperty('issues')
})

it.each([
  ['nothing', undefined, {}],
  ['no fields', { type: 'object' }, {}],
  ['null as the fields', { properties: null, required: null }, {}],
  ['a flag as the required ones', { properties: { a: text }, required: true }, { a: text }],
  ['a reference in a circle', { properties: { a: { $ref: '#/$defs/Loop' } }, $defs }, { a: {} }],
  ['a reference to nowhere', { properties: { a: { $ref: 'https://x.example/a' } } }, { a: {} }],
])('a schema of %s is read', (_, schema, properties) => {
  const { required, ...read } = Object(repairFormSchema(schema))
  expect(read).toMatchObject({ type: 'object', properties })
  expect(required).toBeUndefined()
})

it('a person is asked for an optional field, and the answer goes back', async () => {
  await using server = await startRawServer({}, asking())
  await using house = await startMcpHouse({ allow: ['127.0.0.1'], toolTimeoutSeconds: 5 })
  const asked: unknown[] = []
  const outcome = await house.callWith(
    await house.connected(remote(server.url)),
    'work',
    {},
    {
      onInput: async (request) => {
        asked.push(request)
        return { action: 'accept', content: { it: 'x' } }
      },
    },
  )
  expect(asked).toMatchObject([{ kind: 'form', fields: [{ name: 'it', kind: 'text' }] }])
  expect(textOf(outcome)).toBe('{"action":"accept","content":{"it":"x"}}')
})

/** Asks with an optional field of Python in the middle of a call, whose result is what it hears. */
function asking() {
  let call: { response: ServerResponse; id: RawMessage['id'] } | undefined
  const requestedSchema = { type: 'object', properties: { it: { anyOf: [text, { type: 'null' }], default: null } } }
  const ask = { jsonrpc: '2.0', id: 'e1', method: 'elicitation/create', params: { message: 'Which?', requestedSchema } }
  return {
    'tools/call': (response: ServerResponse, { id }: RawMessage) => {
      call = { response, id }
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${JSON.stringify(ask)}\n\n`)
    },
    '': (response: ServerResponse, { result }: RawMessage) => {
      response.writeHead(202).end()
      const answer = { jsonrpc: '2.0', id: call?.id, result: { content: JSON.stringify(result) } }
      call?.response.end(`data: ${JSON.stringify(answer)}\n\n`)
    },
  }
}
