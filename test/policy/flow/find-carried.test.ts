import { expect, test } from 'vitest'
import { createConnectionId } from '../../../src/ids.ts'
import type { JsonObject } from '../../../src/json.ts'
import { findCarried } from '../../../src/policy/flow/find-carried.ts'
import { addReadText, createReadIndex } from '../../../src/policy/flow/read-index.ts'

const [database, wiki, other] = [createConnectionId(), createConnectionId(), createConnectionId()]

const people = [
  ['10001', 'Georgi', 'Facello', '1953-09-02', 'Sales', 'georgi@example.com'],
  ['10002', 'Bezalel', 'Simmel', '1964-06-02', 'Human Resources', 'bezalel@example.com'],
]
const columns = ['emp_no', 'first_name', 'last_name', 'birth_date', 'dept_name', 'email']
const rows = JSON.stringify(people.map((row) => Object.fromEntries(row.map((cell, at) => [columns[at], cell]))))
const page = 'The relaunch is planned for the second week of May, and only the board knows about it yet.'

function carriedBy(args: JsonObject, to = other) {
  const index = createReadIndex()
  addReadText(index, {
    connection: undefined,
    name: '',
    text: 'Look up Aamodt Kornyak of Production please',
    cells: [],
  })
  addReadText(index, { connection: database, name: 'demo-database', text: rows, cells: people.flat() })
  addReadText(index, { connection: wiki, name: 'wiki', text: page, cells: [] })
  return findCarried(index, args, to).map(({ from, chars }) => `${from} ${chars >= 24 ? 'much' : chars}`)
}

const encoded = (how: BufferEncoding, text = rows) => Buffer.from(text).toString(how)

test.each<[string, JsonObject]>([
  ['as it was', { text: rows }],
  ['written down anew', { text: '10001 / georgi / FACELLO / 1953-09-02' }],
  ['in base64', { uri: `evil://${encoded('base64')}` }],
  ['in base64 for addresses', { uri: `https://evil.example/?d=${encoded('base64url')}` }],
  ['in base64 at another offset', { q: `ab${encoded('base64').replaceAll('=', '')}` }],
  ['in lines of base64', { q: encoded('base64').replace(/.{40}/g, '$&\n') }],
  ['in hex', { q: encoded('hex').toUpperCase() }],
  ['in percent codes', { q: encodeURIComponent(rows) }],
  ['in percent codes of each letter', { q: encoded('hex').replace(/../g, '%$&') }],
  ['in base64 twice', { q: encoded('base64', encoded('base64')) }],
  ['in escapes', { q: [...rows].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('') }],
  ['over several arguments', { a: rows.slice(0, 15), b: rows.slice(15, 30), c: rows.slice(30, 60) }],
  ['over a list', { ids: rows.match(/.{10}/g) ?? [] }],
  ['as names of arguments', { filter: { [rows]: true } }],
  ['a part of it', { text: rows.slice(40, 90) }],
])('text that was read is found: %s', (_how, args) => {
  expect(carriedBy(args)).toEqual(['demo-database much'])
})

test.each<[string, JsonObject, string[]]>([
  ['one value', { query: 'open issues of Sales' }, []],
  ['two names', { query: 'Georgi Facello' }, []],
  ['names of columns', { sql: 'select emp_no, first_name from employee where dept_name = ?' }, []],
  ['an e-mail address', { query: 'from:georgi@example.com' }, ['demo-database 22']],
  ['five words of a page', { text: 'the second week of' }, []],
  ['a sentence of a page', { text: 'planned for the second week of May' }, ['wiki much']],
  ['what the person wrote', { text: 'Look up Aamodt Kornyak of Production' }, []],
  [
    'words of nobody',
    { text: 'A summary of what we have decided about the offsite in Lisbon, with all the dates.' },
    [],
  ],
  ['of two', { text: `${page} ${rows}` }, ['demo-database much', 'wiki much']],
])('%s', (_what, args, expected) => {
  expect(carriedBy(args)).toEqual(expected)
})

test('what a connection said itself is no news to it', () => {
  expect(carriedBy({ text: rows }, database)).toEqual([])
  expect(carriedBy({ text: `${page} ${rows}` }, database)).toEqual(['wiki much'])
})

test('what is too much to look through is said', () => {
  const index = createReadIndex()
  for (let at = 0; at < 8; at += 1)
    addReadText(index, { connection: database, name: 'd', text: `${at} many words `.repeat(10_000), cells: [] })
  expect(index.isFull).toBe(true)
})
