import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCards } from '../../../src/cards/read.ts'
import { createEntryCard } from '../../../src/connect/catalog/connectable-cards.ts'
import { addKeyScheme } from '../../../src/connect/connections/key-scheme.ts'
import { ROOT } from '../../support/paths.ts'

const cards = new Map(readCards(join(ROOT, 'run-cards')).map((card) => [card.name, card]))
const entryWith = (headers: Record<string, string>) =>
  createEntryCard({
    name: 'com.example/tools',
    version: '1.0.0',
    title: 'Example',
    description: '',
    url: 'https://example.com/mcp',
    headers,
    inputs: [{ name: 'value1', label: 'Key', hint: '', secret: true, required: true }],
  })

const sent = (card: ReturnType<typeof entryWith> | undefined, name: string, value: string, values = {}) => {
  const input = card?.inputs.find((one) => one.name === name)
  if (card === undefined || input === undefined) throw new Error(`there is no ${name}`)
  return addKeyScheme(card, input, value, values)
}

test.each([
  ['a bare key', 'abc', {}, 'Bearer abc'],
  ['a typed scheme', 'Token abc', {}, 'Token abc'],
  ['another header', 'abc', { header: 'X-Api-Key' }, 'abc'],
  ['the same header in small letters', 'abc', { header: 'authorization' }, 'Bearer abc'],
  ['a header left empty', 'abc', { header: ' ' }, 'Bearer abc'],
  ['nothing', '', {}, ''],
])('a custom server, %s', (_, value, values, expected) => {
  expect(sent(cards.get('custom'), 'value', value, values)).toBe(expected)
})

test('a second header is sent as it is typed', () => {
  expect(sent(cards.get('custom'), 'value2', 'abc', { header2: 'X-Team' })).toBe('abc')
})

test.each([
  ['whole', { Authorization: '{value1}' }, 'abc', 'Bearer abc'],
  ['whole, typed with its scheme', { Authorization: '{value1}' }, 'Basic abc', 'Basic abc'],
  ['with a scheme', { Authorization: 'Bearer {value1}' }, 'bearer abc', 'abc'],
  ['with a scheme, typed without', { Authorization: 'Bearer {value1}' }, 'abc', 'abc'],
  ['with another scheme', { Authorization: 'Token {value1}' }, 'Bearer abc', 'Bearer abc'],
  ['of its own', { 'X-Api-Key': '{value1}' }, 'abc', 'abc'],
])('a registry entry whose header is %s', (_, headers, value, expected) => {
  expect(sent(entryWith(headers), 'value1', value)).toBe(expected)
})

test('a pasted GitHub token loses the scheme that the card has', () => {
  expect(sent(cards.get('github'), 'token', 'Bearer github_pat_0123456789')).toBe('github_pat_0123456789')
})
