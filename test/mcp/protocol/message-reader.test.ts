import { specTypeSchemas } from '@modelcontextprotocol/client'
import { expect, it } from 'vitest'
import { createMessageReader } from '../../../src/mcp/protocol/message-reader.ts'

function readAnswer(method: string, answer: object): unknown {
  const reader = createMessageReader()
  reader.note({ jsonrpc: '2.0', id: 1, method })
  return reader.read({ id: 1, ...answer })
}

it.each([
  ['a bare text', 'no such user', -32603, 'no such user'],
  ['no code', { message: 'no such user' }, -32603, 'no such user'],
  ['a code as a text', { code: '-32602', message: 'no such user' }, -32602, 'no such user'],
  ['a code with a fraction', { code: 1.5, message: 'no such user' }, -32603, 'no such user'],
  ['a word as the code', { code: 'E_USER', error: 'no such user' }, -32603, 'no such user'],
  ['an object as the message', { code: -32000, message: { why: 'no such user' } }, -32000, '{"why":"no such user"}'],
  ['null for the data', { code: -32000, message: 'no such user', data: null }, -32000, 'no such user'],
])('an error with %s keeps its words', (_, error, code, message) => {
  expect(readAnswer('tools/call', { error, result: null })).toMatchObject({
    jsonrpc: '2.0',
    id: 1,
    error: { code, message },
  })
})

const SOUND = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } }

it.each([
  ['null instructions', { ...SOUND, instructions: null }],
  ['instructions as a list', { ...SOUND, instructions: ['a'] }],
  ['null capabilities', { ...SOUND, capabilities: null }],
  ['a capability that is true', { ...SOUND, capabilities: { tools: true, prompts: null, logging: false } }],
  ['a null flag', { ...SOUND, capabilities: { tools: { listChanged: null } } }],
  ['an odd flag', { ...SOUND, capabilities: { resources: { subscribe: 'yes' } } }],
  ['null in experimental', { ...SOUND, capabilities: { experimental: { a: null, b: true } } }],
  ['capabilities as PHP writes nothing', { ...SOUND, capabilities: [] }],
  ['a capability as PHP writes it', { ...SOUND, capabilities: { tools: [], prompts: [] } }],
  ['no server info', { ...SOUND, serverInfo: null }],
  ['a number as version', { ...SOUND, serverInfo: { name: 'x', version: 1, title: null } }],
  ['null _meta', { ...SOUND, _meta: null }],
])('initialize with %s is read', (_, result) => {
  const read = readAnswer('initialize', { result, error: null })
  expect(specTypeSchemas.InitializeResult['~standard'].validate(Object(read).result)).not.toHaveProperty('issues')
})

it.each([
  ['true', true],
  ['an empty list, as PHP writes it', []],
  ['an empty object', {}],
])('a capability that is %s is there', (_, prompts) => {
  expect(readAnswer('initialize', { result: { ...SOUND, capabilities: { prompts } } })).toMatchObject({
    result: { capabilities: { prompts: {} } },
  })
})
