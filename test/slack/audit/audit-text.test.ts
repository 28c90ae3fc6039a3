import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AuditRow } from '../../../src/policy/audit/audit-rows.ts'
import { AUDIT_KINDS, auditSentenceOf, sentenceFor } from '../../../src/slack/audit/audit-text.ts'
import { ROOT } from '../../support/paths.ts'

const MIGRATIONS = join(ROOT, 'supabase', 'migrations')
const SQL = readdirSync(MIGRATIONS)
  .map((name) => readFileSync(join(MIGRATIONS, name), 'utf8'))
  .join('\n')
const SCHEMA = readFileSync(join(ROOT, 'supabase', 'schema.sql'), 'utf8')

/** What a function call in SQL is given, argument by argument, from behind its bracket on. */
function argumentsFrom(text: string): string[] {
  const found = ['']
  let depth = 1
  let quoted = false
  for (const letter of text) {
    if (letter === "'") quoted = !quoted
    else if (!quoted && '(['.includes(letter)) depth++
    else if (!quoted && ')]'.includes(letter)) depth--
    if (depth === 0) break
    if (letter === ',' && depth === 1 && !quoted) found.push('')
    else found.push(`${found.pop()}${letter}`)
  }
  return found.map((one) => one.replace(/\s+/g, ' ').trim())
}

/** The values that a check lets a column have; a row begins with the first. */
const statesIn = (constraint: string): string[] => {
  const line = new RegExp(`constraint ${constraint} .*`).exec(SCHEMA)?.[0] ?? ''
  return [...line.matchAll(/'(\w+)'::text/g)].flatMap(([, state = '']) => (state === 'pending' ? [] : [state]))
}

/** Actions that SQL puts together. */
const COMPOSED: Record<string, string[]> = {
  "'approval_' || verdict": statesIn('approvals_status_check').map((state) => `approval_${state}`),
  // A question whose run is over ends without a row.
  "'input_' || verdict": statesIn('input_requests_status_check').flatMap((state) =>
    state === 'over' ? [] : [`input_${state}`],
  ),
  p_action: ['credential_opened', 'credentials_checked', 'credentials_moved', 'credentials_key_replaced'],
}

function actionsIn(expression: string): string[] {
  const composed = COMPOSED[expression]
  if (composed) return composed
  if (expression.startsWith('case new.type'))
    return ['call_made', 'call_returned', 'call_allowed', 'call_asked', 'call_denied', 'call_judged']
  const parts = /^case when \w+ then ('\w+') else ('\w+') end$/.exec(expression)?.slice(1) ?? [expression]
  return parts.map((part) => /^'(\w+)'$/.exec(part)?.[1] ?? `not understood: ${part}`)
}

const ACTIONS = new Set(
  [...SQL.matchAll(/perform (?:patchbay\.)?audit_append\(/g)].flatMap(({ index, 0: { length } }) =>
    actionsIn(argumentsFrom(SQL.slice(index + length))[2] ?? ''),
  ),
).add('credential_opened')

test('every action that is written has a sentence, and is of one kind that can be looked for', () => {
  expect(ACTIONS.size).toBeGreaterThan(45)
  expect([...ACTIONS].filter((action) => sentenceFor(action) === undefined)).toEqual([])
  const kindsOf = (action: string) =>
    Object.values(AUDIT_KINDS).filter(({ actions }) => actions.some((begin) => action.startsWith(begin)))
  expect([...ACTIONS].filter((action) => kindsOf(action).length !== 1)).toEqual([])
})

const row = (change: Partial<AuditRow>): AuditRow => ({
  row: 1,
  at: new Date('2026-11-21T09:00:00Z'),
  actor: 'UANN',
  action: 'connection_added',
  details: {},
  connection: 'warehouse',
  ...change,
})

test.each<[Partial<AuditRow>, string]>([
  [{}, '<@UANN> connected *warehouse*'],
  [{ actor: 'W00', action: 'connection_shared' }, 'The operator’s file shared *warehouse*'],
  [{ action: 'connection_shared', details: { before: null } }, '<@UANN> shared *warehouse*'],
  [{ action: 'connection_shared', details: { before: { level: 'reads' } } }, '<@UANN> changed who may use *warehouse*'],
  [
    {
      actor: 'W00',
      action: 'shared_connection_managed',
      connection: undefined,
      details: { act: 'disconnect', name: 'w' },
    },
    'The operator’s file began to disconnect the workspace connection *w*',
  ],
  [
    { action: 'call_returned', details: { tool: 'query', outcome: 'error' } },
    '*query* of *warehouse* ended for <@UANN>: the tool reported an error',
  ],
  [
    { actor: 'person-0123456789abcdef', action: 'run_stopped', connection: undefined },
    'Forgotten person 01234567 stopped a request',
  ],
  [{ actor: 'patchbay', action: 'call_reheated' }, 'Patchbay: call reheated'],
])('a row %j reads %s', (change, sentence) => {
  expect(auditSentenceOf(row(change))).toBe(sentence)
})
