import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { basename, join } from 'node:path'
import { parse } from 'acorn'
import { expect, test } from 'vitest'
import { ROOT } from './support/paths.ts'

/** How exported functions begin; another verb is added here when no word below says it. */
const VERBS = new Set(
  `accept accepts acknowledge adopt add align anchor announce answer append apply ask assert authenticate begin bracket build call can check choose classify
  clear close collect complete compose compute connect count create decide decode decrypt delete describe detect disconnect discover
  download draft drop encode encrypt end escape exchange expand explain export fail fence fetch fill find fits fold format forget get give handle has
  identify inline is join judge limit list lists listen load lock lower mark match merge migrate move name normalize note notify on open pad
  paginate park parse pause pick plan pluralize poll post prepare probe prune publish quote race rank read redact redeem refers refresh refuse reject register
  release remove rename render repair replace reply report request resolve restore retry revoke reveal round route run runs save score search
  send serve set shape show sign skip sort split start stop strip subscribe supports sync take to toggle tokenize truncate unescape
  unlock unmap update upload use validate wait was watch with without write`.split(/\s+/),
)
/** Block Kit's shapes are a vocabulary of their own, as a schema library's are. */
const VOCABULARIES = ['src/block-kit/shape.ts']
/** The same word in two rooms, where it is the same concept there. */
const SHARED_FILE_NAMES = ['auth.ts', 'deps.ts', 'features.ts', 'installations.ts', 'sql.ts', 'wire.ts']

const files = globSync('src/**/*.ts', { cwd: ROOT }).map((path) => ({
  path,
  source: readFileSync(join(ROOT, path), 'utf8'),
}))
const nouns = glossaryNouns(readFileSync(join(ROOT, 'docs', 'glossary.md'), 'utf8'))

/** The bold words of the glossary and the list of everyday words below them, with their plurals. */
function glossaryNouns(text: string): Set<string> {
  const bold = [...text.matchAll(/\*\*([^*]+)\*\*/g)].map(([, term = '']) => term)
  const everyday = /## Everyday words\n+([\s\S]*?)(?:\n#|$)/.exec(text)?.[1] ?? ''
  const words = [...bold, ...everyday.split(/[,\s]+/)].flatMap((term) => term.toLowerCase().split(/[\s-]+/))
  return new Set(words.flatMap((word) => [word, `${word}s`, `${word}es`, word.replace(/y$/, 'ies')]))
}

type Exported = { name: string; kind: 'function' | 'value' | 'type'; path: string }

function exportsOf({ path, source }: (typeof files)[number]): Exported[] {
  const types = [...source.matchAll(/^export (?:declare )?(?:type|interface) (\w+)/gm)].map(([, name = '']) => name)
  const { body } = parse(stripTypeScriptTypes(source), { ecmaVersion: 'latest', sourceType: 'module' })
  const values = body.flatMap((node): Exported[] => {
    if (node.type !== 'ExportNamedDeclaration' || !node.declaration) return []
    const { declaration } = node
    if (declaration.type === 'FunctionDeclaration') return [{ name: declaration.id.name, kind: 'function', path }]
    if (declaration.type === 'ClassDeclaration') return [{ name: declaration.id.name, kind: 'type', path }]
    return declaration.declarations.flatMap(({ id, init }) =>
      id.type === 'Identifier'
        ? [{ name: id.name, kind: /Function/.test(init?.type ?? '') ? 'function' : 'value', path } as const]
        : [],
    )
  })
  return [...values, ...types.map((name) => ({ name, kind: 'type', path }) as const)]
}

const exported = files.flatMap(exportsOf)
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[\s_]+/)

test('exported functions begin with a verb, end in Of, For or In, or are named by a noun of the glossary', () => {
  const strangers = exported.filter(({ name, kind, path }) => {
    const words = wordsOf(name)
    const last = words.at(-1) ?? ''
    return (
      kind === 'function' &&
      !VOCABULARIES.includes(path) &&
      !VERBS.has(words[0] ?? '') &&
      !['of', 'for', 'in'].includes(last) &&
      !nouns.has(last)
    )
  })
  expect(strangers.map(({ name, path }) => `${path}: ${name}`)).toEqual([])
})

test('exported types are named by a noun of the glossary', () => {
  const strangers = exported.filter(({ name, kind }) => kind === 'type' && !nouns.has(wordsOf(name).at(-1) ?? ''))
  expect(strangers.map(({ name, path }) => `${path}: ${name}`)).toEqual([])
})

test('no name is exported twice, but for a schema and its type in one file', () => {
  const places = Map.groupBy(exported, ({ name }) => name)
  const twice = [...places].filter(
    ([, found]) =>
      new Set(found.map(({ path }) => path)).size > 1 || new Set(found.map(({ kind }) => kind)).size < found.length,
  )
  expect(twice.map(([name, found]) => `${name}: ${found.map(({ path }) => path).join(', ')}`)).toEqual([])
})

test('no file name stands in two rooms, but for the same concept', () => {
  const rooms = Map.groupBy(
    files.map(({ path }) => path).filter((path) => path.split('/').length > 2),
    (path) => basename(path),
  )
  const twice = [...rooms].filter(
    ([name, paths]) => new Set(paths.map((path) => path.split('/')[1])).size > 1 && !SHARED_FILE_NAMES.includes(name),
  )
  expect(twice.map(([, paths]) => paths.join(', '))).toEqual([])
})
