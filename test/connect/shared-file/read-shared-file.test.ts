import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readSharedFile } from '../../../src/connect/shared-file/read-shared-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'patchbay-shared-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const v = (name: string) => `$\{${name}}`
const path = join(folder, 'connections.yaml')
const read = (text: string) => {
  writeFileSync(path, text)
  return readSharedFile({ path, valueFor: (name) => ({ DSN_USER: 'ann', DSN_KEY: 'hush' })[name] })
}
const one = (more = '', dsn = 'postgres://db/x') =>
  `connections:\n  - { workspace: T012, name: db, card: postgres, by: U012, inputs: { dsn: "${dsn}" }${more} }`

test('variables are filled in, and what is left out is the narrowest', () => {
  expect(read(one('', `postgres://${v('DSN_USER')}:${v('DSN_KEY')}@db/$x`))).toEqual([
    {
      workspace: 'T012',
      name: 'db',
      card: 'postgres',
      by: 'U012',
      inputs: { dsn: 'postgres://ann:hush@db/$x' },
      for: 'everybody',
      level: 'reads',
    },
  ])
})

test.each<[string, string, RegExp]>([
  [
    'a variable that is not set',
    one('', `${v('DSN_KEY')}@${v('NOBODY')}`),
    /db: dsn needs the variable NOBODY, and that is not/,
  ],
  ['no YAML', 'connections: [', /line 1: /],
  ['no list', 'a: b', /connections: /],
  ['an alias', 'connections: &a [*a]', /aliases/],
  ['a level there is not', one(', level: all'), /connections\.0\.level: reads, writes_ask or all_ask/],
  ['nobody who may use it', one(', for: []'), /db: for names nobody/],
  ['a word with a typo', one(', levle: reads'), /levle/],
  ['a name twice', `${one()}\n${one().split('\n')[1]}`, /db: is in the file twice for one workspace/],
])('%s is told, and no value', (_, text, expected) => {
  const say = () => read(text)
  expect(say).toThrow(expected)
  expect(say).not.toThrow(/hush/)
})

test('a file that is not there is told', () => {
  const gone = { path: join(folder, 'gone.yaml'), valueFor: () => undefined }
  expect(() => readSharedFile(gone)).toThrow(/gone\.yaml[\s\S]*it cannot be read/)
})
