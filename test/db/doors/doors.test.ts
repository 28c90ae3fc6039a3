import { randomUUID } from 'node:crypto'
import { Client, DatabaseError } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.ts'
import { lostRows, peoplesRows } from '../../support/every-row.ts'
import {
  MARK,
  plantAgents,
  plantCards,
  plantConnection,
  plantRun,
  plantTrigger,
  plantWorkflow,
  plantWorkspace,
} from '../../support/planted-rows.ts'
import { DOORS, SAME_FOR_ALL } from './functions.ts'

const ALPHA = 'TALPHA'
const OWNER = 'UALPHA'
/** Another workspace, and another person of the same one. */
const BETA = 'TBETA'
const STRANGER = 'USTRANGER'

type SqlFunction = { name: string; params: { name: string; type: string }[] }
type Caller = { workspace: string; user: string }

const resources = new AsyncDisposableStack()
let client: Client
let functions: SqlFunction[]
let planted: Awaited<ReturnType<typeof plantAll>>
let tables: string[]

beforeAll(async () => {
  const { url } = resources.use(await createTestDatabase())
  client = new Client({ connectionString: url })
  await client.connect()
  resources.defer(() => client.end())
  await client.query("set statement_timeout = '10s'")
  planted = await plantAll()
  functions = await namesIn<SqlFunction>(`
    select p.proname as name, coalesce((
      select json_agg(json_build_object('name', p.proargnames[a.at], 'type', format_type(a.type, null)) order by a.at)
      from unnest(p.proargtypes) with ordinality a (type, at)), '[]') as params
    from pg_proc p where p.pronamespace = 'patchbay'::regnamespace and p.prokind = 'f'
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1`)
  tables = (
    await namesIn<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'patchbay'::regnamespace and relkind in ('r', 'p') order by 1",
    )
  ).map(({ name }) => name)
})
afterAll(() => resources.disposeAsync())

async function plantAll() {
  const owner = { workspace: ALPHA, user: OWNER }
  await plantWorkspace(client, owner)
  const connected = await plantConnection(client, owner)
  await client.query('insert into mcp_clear_connections values ($1)', [connected.connection])
  const { run, ids, origin } = await plantRun(client, owner, connected.connection)
  await client.query(
    "insert into runs (id, workspace_id, user_id, conversation, dedupe_key, status) values ($1, $2, $3, 'closed', 'closed', 'closed')",
    [randomUUID(), ALPHA, OWNER],
  )
  await client.query(
    'insert into audit_seals (workspace_id, row_id, hash, row_at, mac) values ($1, 1, $2, now(), $2)',
    [ALPHA, MARK],
  )
  const agent = await plantAgents(client, owner)
  const trigger = await plantTrigger(client, owner)
  const [person] = await namesIn<{ person: string }>('select person from audit_people')
  const names = ['alpha-files', ...(await plantCards(client, owner))]
  const workflow = await plantWorkflow(client, owner)
  return { uuids: { run, agent, trigger, workflow, ...connected }, names, ids, origin, person: person?.person }
}

const namesIn = async <T extends object>(sql: string): Promise<T[]> => (await client.query<T>(sql)).rows

test('every SQL function says to whom it answers, and none that is gone does', () => {
  const said = Object.values(DOORS).flat()
  expect(said.toSorted()).toEqual(functions.map(({ name }) => name).toSorted())
  const withoutWorkspace = functions.filter(({ params }) => params.every(({ name }) => name !== 'p_workspace'))
  expect(DOORS.inner.toSorted()).toEqual(withoutWorkspace.map(({ name }) => name).toSorted())
})

test('the rows of Alpha are in every table that names a workspace or belongs to a run or connection', async () => {
  const empty: string[] = []
  for (const table of tables) if ((await client.query(`select from ${table} limit 1`)).rowCount === 0) empty.push(table)
  expect(empty.toSorted()).toEqual([
    'audit_anchors',
    'mcp_registry_syncs',
    'slack_seen_events',
    'token_refresh_leases',
    'tool_change_notes',
  ])
})

/** Every value worth trying of a parameter. */
function valuesFor({ name, type }: SqlFunction['params'][number], { workspace, user }: Caller): unknown[] {
  const { uuids, ids, names, origin, person } = planted
  const event = {
    type: 'stopped',
    by: user,
    at: '2026-11-30T00:00:00Z',
    call: 'c',
    decision: 'approved',
    input: 'input-alpha',
    action: 'accept',
    hash: 'h2',
    files: [{ id: 'F1' }],
    reach: { place: 'dm', arguments: [] },
  }
  const started = {
    type: 'started',
    origin: { ...origin, workspace, user, userName: 'x' },
    text: 'x',
    at: '2026-11-30T00:00:00Z',
  }
  const known: Record<string, unknown[]> = {
    p_workspace: [workspace],
    p_user: [user],
    p_by: [user],
    p_actor: [user],
    p_run: [uuids.run],
    p_connection: [uuids.connection],
    p_id: type === 'uuid' ? [...Object.values(uuids), randomUUID()] : ids,
    p_name: names,
    p_agent: [null, uuids.agent],
    p_muted: [true, false],
    p_base: [null, 1],
    p_channel: ['CALPHA'],
    p_ts: ['1.1', '1.05', '1.3'],
    p_thread: ['1.0'],
    // They begin with the workspace that asks.
    p_conversation: [`${workspace}:CALPHA:1.0`],
    p_message: [`${ALPHA}:CALPHA:1.1`],
    p_dedupe_key: [`${ALPHA}:CALPHA:1.1`, `${ALPHA}:CALPHA:1.9`],
    p_credential: ['installation/alpha'],
    p_view: ['V'],
    p_hash: ['vh', 'changed'],
    p_token_hash: ['other-hash'],
    p_state_hash: ['other-state'],
    p_code_hash: ['code-hash', 'wrong'],
    p_tool: ['write'],
    p_status: ['approved'],
    p_action: ['accept'],
    p_verdict: type === 'text' ? ['good', 'deny'] : [],
    p_class: [null],
    // In Alpha the card is for everybody.
    p_card: [workspace === ALPHA ? 'filesystem' : '~a2/shared'],
    p_who: ['owners'],
    p_audience: ['approvers'],
    p_people: [[]],
    p_level: ['reads'],
    p_act: ['disconnect'],
    p_owners: [[user]],
    p_approvals: [null],
    p_user_group: [null],
    p_kind: ['welcome'],
    p_old: ['connection/alpha'],
    p_uri: ['file:///alpha'],
    p_width: ['one', 'always'],
    p_source: ['saved', 'imported', 'slack'],
    p_event: [event],
    p_events: [[started]],
    p_stop: [event],
    p_started: [started],
    p_runs: [[uuids.run]],
    p_teams: [null, [ALPHA]],
    p_connections: [[uuids.connection]],
    p_known: [[], null],
    p_answers: [[{ id: 'approval-alpha', status: 'approved', event }]],
    p_approvers: [[user]],
    p_users: [[user]],
    p_change: [{ budget_usd: 1 }],
    p_tools: [[], ['write'], [{ name: 'write', description: 'new', inputSchema: {} }]],
    p_cards: ['~a2/shared', '~a5/new'].map((name) => [
      { entry: { name, title: 'x', version: '1', description: '' }, tools: [] },
    ]),
    p_patterns: [['%']],
    p_words: [['a']],
    p_names: [['a']],
    p_body: [{ name: 'new', title: 'New' }],
    p_url: ['https://registry.example'],
    p_after: [0],
    p_max_tries: [1],
    p_most: [100],
    p_limit: [100],
    p_filter: [{}],
    p_upto: [null],
    p_skip: [0],
    p_value: [OWNER, person].map((value) => JSON.stringify(value)),
    p_field: [''],
    p_references: [['sign-in/state-hash', `secret-entry/${uuids.entry}`]],
  }
  return known[name] ?? [defaultOf(type)]
}

function defaultOf(type: string): unknown {
  if (type === 'boolean') return true
  if (/int|numeric/.test(type)) return 60_000
  if (type === 'jsonb') return {}
  if (type === 'uuid') return randomUUID()
  return type.startsWith('timestamp') ? '2026-11-30T00:00:00Z' : 'x'
}

const combinations = (lists: unknown[][]): unknown[][] =>
  lists.reduce<unknown[][]>((all, values) => all.flatMap((begun) => values.map((value) => [...begun, value])), [[]])

/** `touched`: all rows that are new or not as they were. */
type Outcome = { answers: string; changes: string[]; touched: number }

/** All that the function gives and changes, called with every combination; nothing of it lasts. */
async function outcomeOf({ name, params }: SqlFunction, caller: Caller, before: Set<string>): Promise<Outcome> {
  const found: Outcome = { answers: '', changes: [], touched: 0 }
  for (const values of combinations(params.map((param) => valuesFor(param, caller)))) {
    const given = params.map((param, at) => `${param.name} => $${at + 1}::${param.type}`)
    await client.query('begin')
    try {
      const sent = values.map((value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value))
      const { rows } = await client.query<{ answer: unknown }>(
        `select to_jsonb(${name}(${given.join(', ')})) as answer`,
        sent,
      )
      found.answers += `${JSON.stringify(rows[0]?.answer)}\n`
      const { changes, added } = await changesSince(before)
      found.changes.push(...changes)
      found.touched += changes.length + added.length
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      found.answers += `${error.message}\n`
    } finally {
      await client.query('rollback')
    }
  }
  return found
}

/** Rows that are gone or not as they were and new ones that hold something of Alpha's, and the other new ones. */
async function changesSince(before: Set<string>): Promise<{ changes: string[]; added: string[] }> {
  const [wrote] = await namesIn<{ id: string | null }>('select pg_current_xact_id_if_assigned() as id')
  if (wrote?.id === null) return { changes: [], added: [] }
  const after = await peoplesRows(client)
  const [marked = [], added = []] = [true, false].map((holds) =>
    lostRows(after, before).filter((row) => row.includes(MARK) === holds),
  )
  return { changes: [...lostRows(before, after), ...marked], added }
}

const asked = (names: string[]): SqlFunction[] => functions.filter(({ name }) => names.includes(name))

test.each<[keyof typeof DOORS, string, Caller]>([
  ['own', 'another person', { workspace: ALPHA, user: STRANGER }],
  ['own', 'the same person in another workspace', { workspace: BETA, user: OWNER }],
  ['workspace', 'the same person in another workspace', { workspace: BETA, user: OWNER }],
])('what is for %s shows and changes nothing for %s', { timeout: 240_000 }, async (door, _, caller) => {
  const before = await peoplesRows(client)
  const open: string[] = []
  const blind: string[] = []
  for (const one of asked(DOORS[door])) {
    const stranger = await outcomeOf(one, caller, before)
    if (stranger.answers.includes(MARK) || stranger.changes.length > 0)
      open.push(`${one.name}: ${stranger.answers.slice(0, 300)} ${stranger.changes.join('\n').slice(0, 300)}`)
    const owner = await outcomeOf(one, { workspace: ALPHA, user: OWNER }, before)
    // Only ids that show or change something for those they belong to prove anything.
    if (owner.touched === 0 && owner.answers === stranger.answers) blind.push(one.name)
  }
  expect(open).toEqual([])
  expect(blind.filter((name) => !SAME_FOR_ALL.includes(name))).toEqual([])
})
