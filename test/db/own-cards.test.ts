import { expect, test } from 'vitest'
import { connectPostgres } from '../../src/db/postgres.ts'
import { UserId, WorkspaceId } from '../../src/ids.ts'
import { createOwnCards, type NewOwnCard, ownCardNameOf } from '../../src/registry/own-cards.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'

const person = (user: string, workspace = 'TTEST') => ({
  workspace: WorkspaceId.parse(workspace),
  user: UserId.parse(user),
})
const [ANN, BEN, OLA, FAR] = [person('UANN'), person('UBEN'), person('UOLA'), person('UFAR', 'TOTHER')]

const cardNamed = (id: string): NewOwnCard => ({
  entry: {
    name: ownCardNameOf(id, 'fen'),
    version: '1',
    title: 'Fen',
    icon: ':seedling:',
    description: '',
    url: 'https://fen.example/mcp',
    headers: { Authorization: 'Bearer {key}' },
    inputs: [{ name: 'key', label: 'Key', hint: '', secret: true, required: true }],
  },
  tools: [{ name: 'look' }, { name: 'drain' }],
})
const NAME = '~a1/fen'

async function open() {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await createTestDatabase())
  const db = opening.use(connectPostgres(database.url, memoryLog().log))
  const own = createOwnCards(db)
  const rows = (sql: string) => query(database.url, sql)
  const things = opening.move()
  return { own, rows, [Symbol.asyncDispose]: () => things.disposeAsync() }
}

test('a saved card is for its maker alone until it is shared, and never for another workspace', async () => {
  await using at = await open()
  await at.own.add(ANN, 'saved', [cardNamed('a1')])
  const seenBy = async (who: typeof ANN) => [(await at.own.of(who)).length, (await at.own.get(who, NAME)) !== undefined]
  expect(await seenBy(ANN)).toEqual([1, true])
  expect(await seenBy(BEN)).toEqual([0, false])
  expect(await at.own.ask(BEN, NAME, true)).toBe(false)
  expect(await at.own.ask(ANN, NAME, false)).toBe(true)
  expect(await seenBy(BEN)).toEqual([0, false])
  expect(await at.own.decide(FAR, NAME, true)).toBeUndefined()
  expect(await at.own.decide(OLA, NAME, true)).toMatchObject({
    decided: true,
    card: { sharing: 'shared', shared: true },
  })
  expect(await seenBy(BEN)).toEqual([1, true])
  expect(await seenBy(FAR)).toEqual([0, false])
  const [row] = await at.rows("select created_by, is_public, source from mcp_run_cards where source = 'saved'")
  expect(row).toEqual({ created_by: 'UANN', is_public: true, source: 'saved' })
})

test('of two owners the first decides, and a card is asked for once', async () => {
  await using at = await open()
  await at.own.add(ANN, 'saved', [cardNamed('a1')])
  expect(await at.own.asked(ANN.workspace)).toEqual([])
  await at.own.ask(ANN, NAME, false)
  expect(await at.own.asked(FAR.workspace)).toEqual([])
  expect(await at.own.asked(ANN.workspace)).toMatchObject([{ by: 'UANN', entry: { name: NAME } }])
  const both = await Promise.all([at.own.decide(OLA, NAME, true), at.own.decide(BEN, NAME, false)])
  expect(both.filter((one) => one?.decided)).toHaveLength(1)
  expect(both[0]?.card.sharing).toBe(both[1]?.card.sharing)
  expect(await at.own.ask(ANN, NAME, false)).toBe(false)
  expect(await at.own.asked(ANN.workspace)).toEqual([])
})

test('only tools of a shared card are classed, and what an owner said is recorded', async () => {
  await using at = await open()
  await at.own.add(ANN, 'saved', [cardNamed('a1')])
  const classed = [{ name: 'look', class: 'read' as const }, { name: 'drain' }]
  expect(await at.own.classTools(OLA, NAME, classed)).toBe(false)
  await at.own.ask(ANN, NAME, true)
  expect(await at.own.classTools(FAR, NAME, classed)).toBe(false)
  expect(await at.own.classTools(OLA, NAME, classed)).toBe(true)
  expect((await at.own.get(BEN, NAME))?.tools).toEqual(classed)
  const audit = await at.rows(
    "select audit_named(workspace_id, to_jsonb(actor)) as actor from audit_events where action = 'card_tools_classed'",
  )
  expect(audit).toEqual([{ actor: 'UOLA' }])
})

test('its maker removes a card, and an owner one that is shared', async () => {
  await using at = await open()
  await at.own.add(ANN, 'saved', [cardNamed('a1'), cardNamed('b2')])
  expect(await at.own.remove(BEN, NAME, false)).toBeUndefined()
  expect(await at.own.remove(OLA, NAME, true)).toBeUndefined()
  expect(await at.own.remove(ANN, NAME, false)).toMatchObject({ entry: { name: NAME } })
  await at.own.ask(ANN, '~b2/fen', true)
  expect(await at.own.remove(OLA, '~b2/fen', true)).toMatchObject({ by: 'UANN' })
})

test('the same submission twice makes one card, the 51st is refused, and imports end after a week', async () => {
  await using at = await open()
  await at.own.add(ANN, 'saved', [cardNamed('a1')])
  await at.own.add(ANN, 'saved', [cardNamed('a1')])
  expect(await at.own.of(ANN)).toHaveLength(1)
  await at.own.add(ANN, 'imported', [cardNamed('c3')])
  expect(await at.own.of(ANN)).toHaveLength(1)
  expect(await at.own.get(ANN, '~c3/fen')).toMatchObject({ source: 'imported' })
  // What was brought twice is listed once, and to nobody else.
  await at.own.add(ANN, 'imported', [cardNamed('e5')])
  expect(await at.own.imported(ANN)).toHaveLength(1)
  expect(await at.own.imported(BEN)).toEqual([])
  await at.rows("update mcp_run_cards set seen_at = now() - interval '8 days'")
  await at.own.add(BEN, 'imported', [cardNamed('d4')])
  expect(await at.own.get(ANN, '~c3/fen')).toBeUndefined()
  expect(await at.own.imported(ANN)).toEqual([])
  const many = Array.from({ length: 49 }, (_, n) => cardNamed(`m${n}`))
  await at.own.add(ANN, 'saved', many)
  await expect(at.own.add(ANN, 'saved', [cardNamed('z9')])).rejects.toMatchObject({ code: 'limit_reached' })
})
