import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './support/paths.ts'

/** Who may look into whom: the table of the design. A change here needs a decision in docs/decisions/. */
const ROOMS: Record<string, string[]> = {
  slack: ['run', 'connect', 'agents', 'workflows', 'triggers', 'builtin', 'registry', 'policy', 'block-kit'],
  web: ['connect', 'triggers'],
  gateway: ['run', 'registry'],
  triggers: ['run', 'workflows', 'agents', 'db'],
  run: ['model', 'policy', 'workflows', 'agents', 'mcp', 'db'],
  agents: ['registry', 'db'],
  workflows: ['db'],
  connect: ['cards', 'mcp', 'registry', 'credentials'],
  mcp: ['registry', 'credentials', 'egress', 'sandbox'],
  builtin: ['db', 'egress', 'policy'],
  policy: ['db'],
  registry: ['db'],
  credentials: ['db'],
  local: ['slack-emulator', 'block-kit'],
  model: [],
  cards: [],
  egress: [],
  sandbox: [],
  db: [],
  'block-kit': [],
  'slack-emulator': ['block-kit'],
}
const OPEN_TO_ALL = ['ids.ts', 'errors.ts', 'log.ts', 'timing.ts', 'text.ts', 'json.ts']
const ROOTS = [...OPEN_TO_ALL, 'app.ts', 'config.ts', 'http.ts', 'main.ts', 'records.ts', 'variables.ts']
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
  if (file === 'config.ts') return to === 'variables.ts'
  if (file === 'app.ts' || file === 'records.ts') return to !== 'main.ts' && to !== 'local' && to !== 'slack-emulator'
  return (ROOMS[from] ?? []).includes(to)
}

test('every room is in the table', () => {
  const rooms = new Set(files.filter((file) => file.includes('/')).map(roomOf))
  expect([...rooms].filter((room) => !(room in ROOMS))).toEqual([])
  expect(files.filter((file) => !file.includes('/') && !ROOTS.includes(file))).toEqual([])
})

test('no room looks where it may not', () => {
  const trespasses = [...files, ...emulatorFiles].flatMap((file) =>
    importsOf(file)
      .filter((target) => !mayImport(file, target))
      .map((target) => `${file} -> ${target}`),
  )
  expect(trespasses).toEqual([])
})

/** What reaches itself along the arrows, however long the way round. */
function circlesIn(arrows: Map<string, Set<string>>): string[] {
  const reachedFrom = (start: string): Set<string> => {
    const reached = new Set<string>()
    const open = [start]
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const to of arrows.get(at) ?? [])
        if (!reached.has(to)) {
          reached.add(to)
          open.push(to)
        }
    return reached
  }
  return [...arrows.keys()].filter((one) => reachedFrom(one).has(one))
}

const all = [...files, ...emulatorFiles]

test('no files import each other in a circle, type imports included', () => {
  expect(circlesIn(new Map(all.map((file) => [file, new Set(importsOf(file))])))).toEqual([])
})

test('the folders of a room look one way', () => {
  // A file at the root of a room stands for itself: it wires the room, or holds the types that all of the room use.
  const placeOf = (file: string) => (file.split('/').length > 2 ? dirname(file) : file)
  const arrows = new Map<string, Set<string>>()
  for (const file of all) {
    const targets = importsOf(file).filter(
      (target) => roomOf(target) === roomOf(file) && placeOf(target) !== placeOf(file),
    )
    for (const target of targets)
      arrows.set(placeOf(file), (arrows.get(placeOf(file)) ?? new Set()).add(placeOf(target)))
  }
  expect(circlesIn(arrows)).toEqual([])
})

test('no folder holds more files than a person can take in', () => {
  const counts = Map.groupBy(all, (file) => dirname(file))
  expect([...counts].filter(([, inFolder]) => inFolder.length > 20).map(([folder]) => folder)).toEqual([])
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
