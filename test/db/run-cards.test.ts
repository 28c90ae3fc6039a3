import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCards } from '../../src/cards/read.ts'
import { curatedCard } from '../../src/connect/catalog/curated-card.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createCatalogue, saveCuratedCards } from '../../src/registry/catalogue.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'
import { ROOT } from '../support/paths.ts'

const cards = readCards(join(ROOT, 'run-cards')).map(curatedCard)

async function open() {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await createTestDatabase())
  const db = opening.use(connectPostgres(database.url, memoryLog().log))
  const rows = (sql: string) => query(database.url, sql)
  const things = opening.move()
  return { db, rows, [Symbol.asyncDispose]: () => things.disposeAsync() }
}

test('our own run cards are rows, as their files say', async () => {
  await using at = await open()
  await saveCuratedCards(at.db, cards)
  const found = await at.rows('select * from mcp_run_cards order by card_name')
  expect(found.map((row) => row.card_name)).toEqual(cards.map(({ name }) => name).toSorted())
  const github = found.find((row) => row.card_name === 'github')
  expect(github).toMatchObject({
    mcp_type: 'github',
    source: 'curated',
    created_by: 'patchbay',
    is_public: true,
    popularity_score: '0',
    config_template: { server: { kind: 'http' } },
    required_credentials: [{ kind: 'sign_in' }],
  })
  expect(github?.available_tools).toContainEqual({ name: 'get_me', class: 'read' })
  expect(found.find((row) => row.card_name === 'postgres')).toMatchObject({
    required_credentials: [{ kind: 'secret', name: expect.any(String), label: expect.any(String) }],
  })
})

test('a card that changed is brought up to date, one that is gone is deprecated, and its count stays', async () => {
  await using at = await open()
  await saveCuratedCards(at.db, cards)
  await at.rows("update mcp_run_cards set popularity_score = 7, updated_at = 'epoch'")
  const others = cards.filter(({ name }) => name !== 'github')
  await saveCuratedCards(
    at.db,
    others.map((card) => (card.name === 'slack' ? { ...card, title: 'New' } : card)),
  )
  const changed = await at.rows(
    "select card_name, title, status, popularity_score::int as n from mcp_run_cards where status = 'deprecated' or updated_at > 'epoch' order by 1",
  )
  expect(changed).toEqual([
    { card_name: 'github', title: 'GitHub', status: 'deprecated', n: 7 },
    { card_name: 'slack', title: 'New', status: 'active', n: 7 },
  ])
})

test('a registry’s entries have the same columns', async () => {
  await using at = await open()
  const catalogue = createCatalogue(at.db, 'https://registry.acme.dev')
  const entry = {
    name: 'dev.acme/weather',
    version: '1.0.0',
    title: 'Weather',
    description: 'Forecasts',
    url: 'https://mcp.acme.dev/mcp',
    headers: { Authorization: 'Bearer {key}' },
    inputs: [
      { name: 'key', label: 'Key', hint: '', secret: true, required: true },
      { name: 'place', label: 'Place', hint: '', secret: false, required: true },
    ],
  }
  const row = {
    entry,
    status: 'active' as const,
    verified: true,
    searchText: 'weather',
    updatedAt: new Date(),
  }
  await catalogue?.claim('one', 60_000)
  expect(await catalogue?.savePage('one', 60_000, { rows: [row], gone: [] })).toBe(true)
  expect(await at.rows('select * from mcp_run_cards')).toMatchObject([
    {
      card_name: entry.name,
      mcp_type: entry.name,
      description: 'Forecasts',
      config_template: entry,
      required_credentials: [{ kind: 'secret', name: 'key', label: 'Key' }],
      available_tools: [],
      popularity_score: '0',
      created_by: 'dev.acme',
      is_public: true,
    },
  ])
})
