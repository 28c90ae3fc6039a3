import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './support/paths.ts'

/** Who may look into whom: the table of the design. A change here needs a decision in docs/decisions/. */
const ROOMS: Record<string, string[]> = {
  slack: ['run', 'connect', 'registry', 'policy', 'block-kit'],
  web: ['connect'],
  gateway: ['run', 'registry'],
  run: ['model', 'policy', 'mcp', 'db'],
  connect: ['cards', 'mcp', 'registry', 'credentials'],
  mcp: ['registry', 'credentials', 'egress'],
  policy: ['db'],
  registry: ['db'],
  credentials: ['db'],
  local: ['slack-emulator', 'block-kit'],
  model: [],
  cards: [],
  egress: [],
  db: [],
  'block-kit': [],
  'slack-emulator': ['block-kit'],
}
const OPEN_TO_ALL = ['ids.ts', 'errors.ts', 'log.ts']
const SRC = join(ROOT, 'src')

const files = globSync('**/*.ts', { cwd: SRC })
const emulatorFiles = globSync('slack-emulator/**/*.ts', { cwd: ROOT })
/** Paths are below src, but for the emulator, which stands beside it. */
const pathOf = (file: string): string => join(file.startsWith('slack-emulator/') ? ROOT : SRC, file)
const nameOf = (path: string): string => relative(SRC, path).replace(/^\.\.\//, '')
const roomOf = (file: string): string => file.split('/')[0] ?? ''

function importsOf(file: string): string[] {
  const source = readFileSync(pathOf(file), 'utf8')
  const specifiers = [...source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(
    ([, specifier = '']) => specifier,
  )
  return specifiers.filter((one) => one.startsWith('.')).map((one) => nameOf(join(dirname(pathOf(file)), one)))
}

function mayImport(file: string, target: string): boolean {
  const [from, to] = [roomOf(file), roomOf(target)]
  if (from === to) return true
  // The emulator could be published alone.
  if (OPEN_TO_ALL.includes(to)) return from !== 'slack-emulator'
  if (file === 'main.ts') return to === 'app.ts' || to === 'config.ts' || to === 'http.ts' || to === 'local'
  if (file === 'app.ts') return to !== 'main.ts' && to !== 'local' && to !== 'slack-emulator'
  return (ROOMS[from] ?? []).includes(to)
}

test('every room is in the table', () => {
  const rooms = new Set(files.filter((file) => file.includes('/')).map(roomOf))
  expect([...rooms].filter((room) => !(room in ROOMS))).toEqual([])
  const roots = files.filter((file) => !file.includes('/')).sort()
  expect(roots).toEqual(['app.ts', 'config.ts', 'errors.ts', 'http.ts', 'ids.ts', 'log.ts', 'main.ts'])
})

test('no room looks where it may not', () => {
  const trespasses = [...files, ...emulatorFiles].flatMap((file) =>
    importsOf(file)
      .filter((target) => !mayImport(file, target))
      .map((target) => `${file} -> ${target}`),
  )
  expect(trespasses).toEqual([])
})

test('the environment is read in one place', () => {
  const readers = files.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('process.env'))
  expect(readers).toEqual(['main.ts'])
})

test('importing a file runs nothing', async () => {
  const before = process.getActiveResourcesInfo().length
  for (const file of files.filter((one) => one !== 'main.ts')) await import(join(SRC, file))
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before + 1)
})
