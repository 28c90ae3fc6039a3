import { afterEach, expect, test } from 'vitest'
import { createRegistryMirror, type RegistryMirrorDeps } from '../../../src/connect/catalog/mirror-registry.ts'
import { connectPostgres } from '../../../src/db/postgres.ts'
import { createEgress } from '../../../src/egress/egress.ts'
import { isAppError } from '../../../src/errors.ts'
import { WorkspaceId } from '../../../src/ids.ts'
import { createCatalogue } from '../../../src/registry/catalogue.ts'
import { listed, remoteAt, startRegistry } from '../../fixtures/registry-server.ts'
import { createTestDatabase } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/log.ts'

let open = new AsyncDisposableStack()
afterEach(async () => {
  await open.disposeAsync()
  open = new AsyncDisposableStack()
})

const FAST = { lookMs: 20, everyMs: 30, againMs: [40], fullMs: 60_000 }

async function startHouse(items: unknown[], times: NonNullable<RegistryMirrorDeps['times']> = FAST) {
  const registry = open.use(await startRegistry(items))
  const database = open.use(await createTestDatabase())
  const { log, text } = memoryLog()
  const db = open.use(connectPostgres(database.url, log))
  const egress = open.use(createEgress({ allow: [registry.host] }))
  const catalogue = createCatalogue(db, registry.url)
  if (catalogue === undefined) throw new Error('there is no catalogue')
  const mcp = {
    addressProblemIn: (url: string) => {
      try {
        egress.precheck(url)
        return undefined
      } catch (error) {
        if (isAppError(error)) return error.message
        throw error
      }
    },
  }
  const mirror = () => createRegistryMirror({ catalogue, fetch: egress.fetch, mcp, log, times })
  const names = async () => {
    const looked = { patterns: [''], words: [], limit: 1_000 }
    const { rows: found } = await catalogue.find(WorkspaceId.parse('TTEST'), looked)
    return found.map(({ entry }) => entry.name).sort()
  }
  return { registry, catalogue, mirror, names, text }
}

const entry = (name: string, more: Record<string, unknown> = {}) =>
  listed({ name, remotes: remoteAt(`https://mcp.${name.replace('/', '.')}.dev/mcp`), ...more })

test('all pages are mirrored; what cannot be connected is left out', async () => {
  const { registry, mirror, names } = await startHouse([
    entry('dev.acme/weather'),
    listed({
      name: 'dev.acme/local',
      packages: [{ registryType: 'npm', identifier: 'x', transport: { type: 'stdio' } }],
    }),
    { nonsense: true },
    null,
    entry('dev.acme/old', { version: '0.1.0' }),
    listed({ name: 'dev.acme/inside', remotes: remoteAt('https://10.0.0.1/mcp') }),
    listed({ name: 'dev.acme/plain', remotes: remoteAt('http://mcp.acme.dev/mcp') }),
    listed({
      name: 'dev.acme/key',
      remotes: remoteAt('https://a.dev/?k={k}', { variables: { k: { isSecret: true } } }),
    }),
    listed({ name: 'dev.acme/sse', remotes: [{ type: 'sse', url: 'https://sse.acme.dev/sse' }] }),
    listed({ name: 'dev.acme/former', remotes: remoteAt('https://a.dev/mcp') }, { isLatest: false }),
  ])
  open.use(mirror()).start()
  await eventually(async () => expect(await names()).toEqual(['dev.acme/old', 'dev.acme/sse', 'dev.acme/weather']))
  expect(registry.state.queries[0]?.get('version')).toBe('latest')
})

test('after the first walk only changes are read; what is deleted goes', async () => {
  const { registry, mirror, names } = await startHouse([
    entry('dev.acme/one'),
    entry('dev.acme/two'),
    entry('dev.acme/three'),
  ])
  open.use(mirror()).start()
  await eventually(async () => expect(await names()).toHaveLength(3))
  await eventually(async () => expect(registry.state.queries.at(-1)?.get('updated_since')).toBeTruthy())
  const updatedAt = new Date().toISOString()
  registry.state.items = [
    entry('dev.acme/one'),
    listed({ name: 'dev.acme/two' }, { status: 'deleted', updatedAt }),
    listed({ name: 'dev.acme/three', packages: [] }, { updatedAt }),
    listed({ name: 'dev.acme/four', remotes: remoteAt('https://four.dev/mcp') }, { updatedAt, status: 'deprecated' }),
  ]
  await eventually(async () => expect(await names()).toEqual(['dev.acme/four', 'dev.acme/one']))
  expect(registry.state.queries.at(-1)?.get('include_deleted')).toBe('true')
})

test('a full walk removes what is listed no more, but only when it came to its end', async () => {
  const { registry, mirror, names, text } = await startHouse([entry('dev.acme/one'), entry('dev.acme/two')], {
    ...FAST,
    fullMs: -1,
  })
  open.use(mirror()).start()
  await eventually(async () => expect(await names()).toHaveLength(2))
  registry.state.mood = 'endless'
  registry.state.items = [entry('dev.acme/one')]
  await eventually(() => expect(text()).toContain('same page again and again'))
  expect(await names()).toEqual(['dev.acme/one', 'dev.acme/two'])
  registry.state.mood = 'well'
  await eventually(async () => expect(await names()).toEqual(['dev.acme/one']))
})

test.each([
  ['error', /answered 500/],
  ['garbage', /something that is no list/],
  ['huge', /more than a page holds/],
] as const)('a registry that answers with %s keeps the last mirror and gets one line', async (mood, words) => {
  const { registry, mirror, names, text } = await startHouse([entry('dev.acme/one')], { ...FAST, againMs: [60_000] })
  open.use(mirror()).start()
  await eventually(async () => expect(await names()).toHaveLength(1))
  registry.state.mood = mood
  await eventually(() => expect(text()).toMatch(words))
  const asked = registry.state.queries.length
  // Many looks later it has not been asked again: the next try is a minute away.
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(registry.state.queries).toHaveLength(asked)
  expect(text().match(/public MCP registry cannot be read/g)).toHaveLength(1)
  expect(await names()).toEqual(['dev.acme/one'])
})

test('of several instances one reads; it stops at once and another goes on', async () => {
  const { registry, mirror, names } = await startHouse([entry('dev.acme/one')], { ...FAST, everyMs: 60_000 })
  const first = mirror()
  first.start()
  for (let more = 0; more < 3; more++) open.use(mirror()).start()
  await eventually(async () => expect(await names()).toHaveLength(1))
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(registry.state.queries).toHaveLength(1)
  await first[Symbol.asyncDispose]()
})

test('texts of strangers are one plain line, cut, and cannot pass for ours', async () => {
  const { catalogue, mirror, names } = await startHouse([
    listed({
      name: 'dev.acme/loud',
      title: `*Loud*\u202e ${'x'.repeat(200)}`,
      description: ':white_check_mark: checked\nby <!channel> see https://evil.example now',
      websiteUrl: 'javascript:alert(1)',
      remotes: remoteAt('https://mcp.acme.dev/{team}', {
        variables: { team: { description: 'Your\nteam', isRequired: true, choices: ['a', 'b'], default: 'b' } },
        headers: [
          {
            name: 'Authorization',
            value: 'Bearer {api_key}',
            variables: { api_key: { isSecret: true } },
            isRequired: true,
          },
          { name: 'X-Region', description: 'Where', placeholder: 'eu' },
        ],
      }),
    }),
  ])
  open.use(mirror()).start()
  await eventually(async () => expect(await names()).toHaveLength(1))
  const row = await catalogue.get('dev.acme/loud')
  expect(row?.verified).toBe(true)
  expect(row?.entry.title).toMatch(/^Loud x+…$/)
  expect(row?.entry.title.length).toBeLessThanOrEqual(48)
  expect(row?.entry).toMatchObject({
    description: 'white_check_mark checked by <!channel> see now',
    url: 'https://mcp.acme.dev/{value1}',
    headers: { Authorization: 'Bearer {value2}', 'X-Region': '{value3}' },
    inputs: [
      { label: 'Team', hint: 'Your team', required: true, secret: false, choices: ['a', 'b'], default: 'b' },
      { label: 'Api key', required: true, secret: true },
      { label: 'X-Region', hint: 'Where', required: false, secret: true, example: 'eu' },
    ],
  })
  expect(row?.entry.docs).toBeUndefined()
})

test.each<[string, Record<string, unknown>]>([
  ['NUL in a header', { headers: [{ name: 'X-A', value: 'a\u0000b' }] }],
  ['half a surrogate pair in a header', { headers: [{ name: 'X-A', value: 'a\ud800b' }] }],
  ['half a surrogate pair in a choice', { headers: [{ name: 'X-A', choices: ['\udc00', 'b'] }] }],
])('an entry with %s stops nothing', async (_, more) => {
  const odd = listed({ name: 'dev.acme/odd', title: 'Odd \ud83d', remotes: remoteAt('https://odd.dev/mcp', more) })
  const { mirror, names, text } = await startHouse([entry('dev.acme/one'), odd, entry('dev.acme/two')])
  open.use(mirror()).start()
  await eventually(async () => expect(await names()).toEqual(['dev.acme/odd', 'dev.acme/one', 'dev.acme/two']))
  expect(text()).not.toContain('cannot be read')
})

test('an entry that the database refuses hides no other of its page, and is named in the log', async () => {
  const { mirror, names, text } = await startHouse([
    entry('dev.acme/one'),
    listed({ name: 'dev.acme/odd', remotes: remoteAt('https://odd.dev/mcp') }, { updatedAt: '0000-01-01T00:00:00Z' }),
    entry('dev.acme/two'),
  ])
  open.use(mirror()).start()
  await eventually(async () => expect(await names()).toEqual(['dev.acme/one', 'dev.acme/two']))
  expect(text()).toContain('dev.acme/odd')
  expect(text()).toContain('"refused by the database":1')
})

test('how many entries were left out, and why, stands in the log', async () => {
  const { mirror, names, text } = await startHouse([
    entry('dev.acme/one'),
    { nonsense: true },
    listed({
      name: 'dev.acme/key',
      remotes: remoteAt('https://a.dev/?k={k}', { variables: { k: { isSecret: true } } }),
    }),
    listed({ name: 'dev.acme/local', packages: [{ registryType: 'npm', identifier: 'x' }] }),
    listed({ name: 'dev.acme/former' }, { isLatest: false }),
  ])
  open.use(mirror()).start()
  await eventually(() => expect(text()).toContain('"nothing on the web, only packages":1'))
  expect(await names()).toEqual(['dev.acme/one'])
  expect(text()).toContain('"a secret in the address":1')
  expect(text()).toContain('"no name, or one that no registry gives":1')
  expect(text()).not.toContain('an older version')
})

test('the addresses of an entry come and go with it', async () => {
  const several = (...parts: string[]) =>
    listed(
      { name: 'dev.acme/mcp', remotes: parts.flatMap((part) => remoteAt(`https://${part}.acme.dev/mcp`)) },
      { updatedAt: new Date().toISOString() },
    )
  const { registry, mirror, names } = await startHouse([several('docs', 'logs', 'builds'), entry('dev.acme/one')])
  open.use(mirror()).start()
  await eventually(async () =>
    expect(await names()).toEqual(['dev.acme/mcp', 'dev.acme/mcp/builds', 'dev.acme/mcp/logs', 'dev.acme/one']),
  )
  registry.state.items = [several('docs', 'logs')]
  await eventually(async () => expect(await names()).toEqual(['dev.acme/mcp', 'dev.acme/mcp/logs', 'dev.acme/one']))
  const updatedAt = new Date().toISOString()
  registry.state.items = [listed({ name: 'dev.acme/mcp' }, { status: 'deleted', updatedAt })]
  await eventually(async () => expect(await names()).toEqual(['dev.acme/one']))
})
