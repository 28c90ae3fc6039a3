import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import { isWithinReach, reachOf } from '../../src/policy/rule-reach.ts'

type Effects = { kind: string; table: string }[]
const reach = (given: JsonObject, o: { place?: string; effects?: Effects } = {}) =>
  reachOf({
    place: o.place ?? 'dm',
    arguments: given,
    sql: o.effects && { argument: 'sql', effects: o.effects },
  })

const issue = { owner: 'acme', repo: 'web', title: 'Broken', body: 'It is broken.' }
const insert = [{ kind: 'insert', table: 'employee' }]
const copy = [...insert, { kind: 'select', table: 'department' }]

test.each<[string, JsonObject, JsonObject, boolean]>([
  ['other words', issue, { ...issue, title: 'Other', body: 'Words' }, true],
  ['another repository', issue, { ...issue, repo: 'secrets' }, false],
  ['one more argument', issue, { ...issue, branch: 'main' }, false],
  ['one argument less', issue, { owner: 'acme', title: 'Broken', body: 'x' }, false],
  ['a file of the same folder', { path: 'notes/a.md', content: 'a' }, { path: 'notes/b.md', content: 'b' }, true],
  ['a file of another folder', { path: 'notes/a.md' }, { path: '.ssh/b.md' }, false],
  ['a file further down', { path: 'a.md' }, { path: 'x/a.md' }, false],
  ['a way out of the folder', { path: 'notes/a.md' }, { path: 'notes/../b.md' }, false],
  ['another page', { project: 'x', page: 1, limit: 5 }, { project: 'x', page: 2, limit: 9 }, true],
  ['another command', { command: 'ls' }, { command: 'rm -r x' }, false],
  ['a flag', { id: 1, force: false }, { id: 1, force: true }, false],
  [
    'other words in a list',
    { edits: [{ oldText: 'a', newText: 'b' }] },
    { edits: [{ oldText: 'c', newText: 'd' }] },
    true,
  ],
  [
    'places changed over',
    { from: { path: 'a/x' }, to: { path: 'b/x' } },
    { from: { path: 'b/x' }, to: { path: 'a/x' } },
    false,
  ],
  ['an object in place of a text', { content: 'x' }, { content: { to: 'evil.example' } }, false],
])('a rule holds for %s: %#', (_name, shown, later, holds) => {
  const [rule, call] = [reach(shown), reach(later)]
  expect(rule && call && isWithinReach(rule, call)).toBe(holds)
})

test.each<[string, Effects, Effects, boolean]>([
  ['the same again', insert, insert, true],
  ['less', copy, insert, true],
  ['more', insert, copy, false],
  ['another table', insert, [{ kind: 'insert', table: 'salary' }], false],
  ['another kind', insert, [{ kind: 'update', table: 'employee' }], false],
  [
    'the tables changed over',
    copy,
    [
      { kind: 'insert', table: 'department' },
      { kind: 'select', table: 'employee' },
    ],
    false,
  ],
])('of SQL: %s', (_name, shown, later, holds) => {
  const [rule, call] = [reach({ sql: 'a' }, { effects: shown }), reach({ sql: 'b' }, { effects: later })]
  expect(rule && call && isWithinReach(rule, call)).toBe(holds)
})

test('a channel’s rule is not a direct message’s, and SQL’s not another call’s', () => {
  const [dm, channel, sql] = [reach({}), reach({}, { place: 'CGENERAL1' }), reach({ sql: 'a' }, { effects: insert })]
  if (!dm || !channel || !sql) throw new Error('no reach')
  expect([isWithinReach(dm, channel), isWithinReach(dm, dm), isWithinReach(sql, dm), isWithinReach(dm, sql)]).toEqual([
    false,
    true,
    false,
    false,
  ])
})

test('what cannot be read gets no rule', () => {
  expect(reachOf({ place: 'dm', arguments: { sql: 'X' }, sql: { argument: 'sql' } })).toBeUndefined()
  expect(reach({ sql: 'X' }, { effects: [] })).toBeUndefined()
  expect(reach({ script: 'x'.repeat(200) })).toBeUndefined()
  expect(reach({ ids: Array.from({ length: 500 }, (_none, at) => at) })).toBeUndefined()
})
