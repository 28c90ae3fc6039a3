import { expect, test } from 'vitest'
import type { JsonValue } from '../../../src/json.ts'
import { endTextOf } from '../../../src/run/state/workflow-end.ts'
import { snapshotOf } from '../workflow/workflow-run.ts'

const snapshot = snapshotOf('  - id: look\n    tool: files/list')
const said = (output: JsonValue) => endTextOf({ snapshot }, { outcome: 'done', output }).split('\n').slice(1)

const people = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `Person ${at}`, age: at }))

test.each<[string, JsonValue, string[]]>([
  ['nothing', null, []],
  ['a number', 1000, ['1000']],
  ['a text of its own', { text: 'All is well.\nReally.' }, ['All is well.', 'Really.']],
  [
    'what a database gave, without the lists around it',
    { statements: [{ sql: 'SELECT 1', rows: [{ count: '1000' }], count: 1 }] },
    ['• sql: SELECT 1', '• rows: count: 1000', '• count: 1'],
  ],
  ['rows', people(2), ['• name: Person 0, age: 0', '• name: Person 1, age: 1']],
  [
    'rows that do not fit one line, under their name',
    { total: 18, people: people(18) },
    ['• total: 18', '• people: 18 entries', ...people(18).map(({ name, age }) => `• name: ${name}, age: ${age}`)],
  ],
  [
    'what is too much',
    people(25),
    [...people(20).map(({ name, age }) => `• name: ${name}, age: ${age}`), 'and 5 more'],
  ],
  ['an empty list and a null', { found: [], next: null }, ['• found: nothing', '• next: nothing']],
  ['what goes deep, counted', { a: { b: { c: { d: { e: 1 } } }, f: 2 }, g: 3 }, ['• a: 2 values', '• g: 3']],
  ['a long text', { note: 'x'.repeat(400), n: 1 }, [`• note: ${'x'.repeat(299)}…`, '• n: 1']],
])('the end of a workflow tells %s', (_, output, lines) => {
  expect(said(output)).toEqual(lines)
})

test('a title that is a question is told apart from what came of it', () => {
  const asked = { ...snapshot, body: { ...snapshot.body, title: 'How many rows?' } }
  expect(endTextOf({ snapshot: asked }, { outcome: 'stopped', output: null })).toBe('“How many rows?”: stopped.')
})
