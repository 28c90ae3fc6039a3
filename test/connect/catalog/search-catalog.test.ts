import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSearch } from '../../../src/connect/catalog/search-catalog.ts'
import { connectPostgres } from '../../../src/db/postgres.ts'
import { WorkspaceId } from '../../../src/ids.ts'
import { type Catalogue, createCatalogue, type NewCatalogueRow } from '../../../src/registry/catalogue.ts'
import { createTestDatabase } from '../../support/database.ts'
import { memoryLog } from '../../support/log.ts'

const URL = 'https://registry.example.com'
const HERE = WorkspaceId.parse('TTEST')
/** As many as the public registry holds, and as long. */
const MANY = 10_000
const STARTS = 'ba ce di fo gu ha je ki lo mu na pe ri so tu va we yo za bri cla dro fle gri pla sta tre'.split(' ')
const ENDS = 'bel cor dan fin gor hub kit lan mar nex pol rix sen tor vox wer'.split(' ')
const B =
  'search sync export alerts reports planner archive monitor bridge agent toolkit gateway index studio hub'.split(' ')

function entryAt(at: number): NewCatalogueRow {
  const pick = (from: string[], by: number) => from[Math.floor(at / by) % from.length] ?? ''
  const a = `${pick(STARTS, 1)}${pick(STARTS, 29)}${pick(ENDS, 7)}`
  const b = pick(B, 3)
  const [name, title] = [`dev.acme${at}/${a}-${b}`, `${a} ${b} ${at}`]
  const description = `Lets an agent work with ${a}s: ${b}, number ${at}. ${'Many more words stand here about it. '.repeat(4)}`
  return {
    entry: {
      name,
      title,
      description,
      version: '1.0.0',
      url: `https://mcp${at}.acme.dev/mcp`,
      headers: {},
      inputs: [],
    },
    status: 'active',
    verified: at % 3 === 0,
    searchText: `${title} ${name} ${description}`.toLowerCase(),
    updatedAt: new Date('2026-11-01T00:00:00Z'),
  }
}

const open = new AsyncDisposableStack()
let catalogue: Catalogue
let client: Client
beforeAll(async () => {
  const database = open.use(await createTestDatabase())
  const made = createCatalogue(open.use(connectPostgres(database.url, memoryLog().log)), URL)
  if (made === undefined) throw new Error('there is no catalogue')
  catalogue = made
  await catalogue.claim('me', 600_000)
  const rows = Array.from({ length: MANY }, (_, at) => entryAt(at))
  for (let at = 0; at < MANY; at += 500)
    await catalogue.savePage('me', 600_000, { rows: rows.slice(at, at + 500), gone: [] })
  await catalogue.finishSync('me', { since: new Date(), full: true, againMs: 3_600_000 })
  client = new Client({ connectionString: database.url })
  await client.connect()
  open.defer(() => client.end())
  await client.query('analyze mcp_run_cards')
}, 120_000)
afterAll(() => open.disposeAsync())

/** What the function runs, with what a search gives it in place of its parameters. */
async function planOf(words: string[]): Promise<string> {
  const { rows } = await client.query<{ prosrc: string }>(
    "select prosrc from pg_proc where proname = 'run_cards_search'",
  )
  const values: Record<string, string> = {
    url: `'${URL}'::text`,
    workspace: `'${HERE}'::text`,
    patterns: `'${JSON.stringify(words)}'::jsonb`,
    words: `'${JSON.stringify(words)}'::jsonb`,
    limit: '300',
  }
  const sql = (rows[0]?.prosrc ?? '').replace(/\bp_(\w+)/g, (_all, name: string) => values[name] ?? '')
  await client.query('set search_path = patchbay, extensions')
  const { rows: plan } = await client.query<Record<string, string>>(`explain ${sql}`)
  return plan.map((row) => Object.values(row).join()).join('\n')
}

test('among ten thousand what fits is found, also with a typo, and what is near is named where nothing is', async () => {
  const find = createSearch([], catalogue)
  const { entry } = entryAt(4_259)
  const [word = '', second = ''] = entry.title.split(' ')
  const first = async (words: string) => (await find(HERE, words)).hits[0]?.registry?.name
  expect(await first(`${word} ${second} 4259`)).toBe(entry.name)
  const typo = `${word.slice(0, 4)}${word.charAt(5)}${word.charAt(4)}${word.slice(6)}`
  expect(typo).not.toBe(word)
  expect((await find(HERE, typo)).hits.map(({ title }) => title.split(' ')[0])).toContain(word)
  const nothing = await find(HERE, `${word.slice(0, 5)}qqq`)
  expect(nothing).toMatchObject({ hits: [], registry: 'searched' })
  expect(nothing.near.length).toBeGreaterThan(0)
})

test('names that look alike are looked up in their index, right after the mirror was written', async () => {
  const plan = await planOf(['bakery', 'planer'])
  expect(plan).toContain('Bitmap Index Scan on mcp_run_cards_names')
})
