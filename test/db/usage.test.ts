import { expect, test } from 'vitest'
import { createConnectionId, createRunId } from '../../src/ids.ts'
import { createTestDatabase, query } from '../support/database.ts'

test('each call that returned is a row, and a failed one says how it ended, its code and one line', async () => {
  await using database = await createTestDatabase()
  const target = { connection: createConnectionId(), tool: 'list' }
  const returned = (call: string, more: object) => ({ type: 'returned', call, ...more })
  const events = [
    { type: 'started' },
    ...['a', 'b', 'c'].map((call) => ({ type: 'judged', call, target })),
    returned('a', { outcome: 'ok', ms: 12.25, summary: 'three tables' }),
    returned('b', { outcome: 'error', ms: 3, summary: 'no such table' }),
    returned('c', { outcome: 'failed', why: 'timeout', ms: 30_000.5, summary: 'It took too long.' }),
  ]
  await query(database.url, "select run_start($1, 'TUSAGE', 'UONE', 'conversation', 'key', $2, null, 1)", [
    createRunId(),
    JSON.stringify(events),
  ])
  const rows = await query(
    database.url,
    'select agent_id, tool_name, execution_time_ms as ms, success, error_details, tokens_saved from mcp_tool_usage order by id',
  )
  const same = { agent_id: 'default', tool_name: 'list', tokens_saved: 0 }
  const wrong = (cause: string, code: string, words: string) => ({ cause, code, words })
  expect(rows).toEqual([
    { ...same, ms: 12.25, success: true, error_details: null },
    { ...same, ms: 3, success: false, error_details: wrong('error', 'tool_error', 'no such table') },
    { ...same, ms: 30_000.5, success: false, error_details: wrong('failed', 'timeout', 'It took too long.') },
  ])
})

test('calls of a tool are counted by connection, in their workspace, for 90 days', async () => {
  await using database = await createTestDatabase()
  const [one, two, other] = [createConnectionId(), createConnectionId(), createConnectionId()]
  const row = (workspace: string, connection: string, tool: string, days: number) =>
    query(
      database.url,
      `insert into mcp_tool_usage (workspace_id, connection_id, tool_name, execution_time_ms, success, executed_at)
       values ($1, $2, $3, 1, true, now() - make_interval(days => $4))`,
      [workspace, connection, tool, days],
    )
  await row('TONE', one, 'list', 0)
  await row('TONE', one, 'list', 89)
  await row('TONE', one, 'list', 91)
  await row('TONE', two, 'list', 1)
  await row('TONE', two, 'get', 1)
  await row('TTWO', one, 'list', 1)
  await row('TONE', other, 'list', 1)
  const counted = async (connections: string[]) => {
    const [found] = await query(database.url, "select tool_call_counts('TONE', $1) as counts", [
      JSON.stringify(connections),
    ])
    return found?.counts
  }
  const counts = await counted([one, two])
  expect(counts).toHaveLength(3)
  expect(counts).toEqual(
    expect.arrayContaining([
      { connection: one, tool: 'list', calls: 2 },
      { connection: two, tool: 'list', calls: 1 },
      { connection: two, tool: 'get', calls: 1 },
    ]),
  )
  expect(await counted([])).toEqual([])
})
