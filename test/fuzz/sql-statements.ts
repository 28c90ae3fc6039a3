import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { SqlDialect } from '../../src/policy/sql/sql-reading.ts'
import { ROOT } from '../support/paths.ts'
import { createRandom, type Random } from '../support/seeded-random.ts'

const LINES = readFileSync(join(ROOT, 'test', 'fixtures', 'sql-statements.txt'), 'utf8')
  .trimEnd()
  .split('\n')

/** The statements of the table that the tests hold, and their words. */
export function statementsOf(dialect: SqlDialect): { statements: [string, ...string[]]; words: [string, ...string[]] } {
  const own = LINES.filter((line) => line.startsWith(`${dialect} `))
  const [first = '', ...statements] = own.map((line): string => JSON.parse(line.split(' ').slice(2).join(' ')))
  const words = [...new Set([first, ...statements].flatMap(wordsOf))]
  return { statements: [first, ...statements], words: ['t', ...words] }
}

const wordsOf = (sql: string): string[] => sql.match(/\w+|\s+|[^\w\s]/g) ?? []

/** Statements like those of the table; each is made of a number, so none is a smaller one of another. */
export const statementsLike = (table: ReturnType<typeof statementsOf>): fc.Arbitrary<string> =>
  fc.noShrink(fc.noBias(fc.nat())).map((seed) => mutate(createRandom(seed), table))

/** A statement like those of the table: words exchanged, left out, doubled; two statements crossed or one put into the other. */
function mutate(random: Random, { statements, words }: ReturnType<typeof statementsOf>): string {
  let parts = wordsOf(random.pick(statements))
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const at = random.below(parts.length + 1)
    const other = wordsOf(random.pick(statements))
    switch (random.below(7)) {
      case 0:
        parts = parts.toSpliced(at, 1, random.pick(words))
        break
      case 1:
        parts = parts.toSpliced(at, 1)
        break
      case 2:
        parts = parts.toSpliced(at, 0, ' ', random.pick(words), ' ')
        break
      case 3:
        parts = [...parts.slice(0, at), ...other.slice(random.below(other.length))]
        break
      case 4:
        parts = parts.toSpliced(at, 0, ' (', ...other, ') ')
        break
      case 5:
        parts = [...parts, random.pick([';', ' union ', ' -- ', "'", ' /*']), ...other]
        break
      default:
        parts = ['with x as (', ...parts, ') ', ...other]
    }
    if (parts.length === 0) parts = ['select 1']
  }
  return parts.join('').slice(0, 2_000)
}
