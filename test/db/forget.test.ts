import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createConnectionId, createRunId } from '../../src/ids.ts'
import { RunEvent } from '../../src/run/state/events.ts'
import { createTestDatabase } from '../support/database.ts'
import {
  MARK,
  plantAgents,
  plantCards,
  plantConnection,
  plantRun,
  plantTrigger,
  plantWorkflow,
  plantWorkspace,
} from '../support/planted-rows.ts'

const resources = new AsyncDisposableStack()
let client: Client
beforeAll(async () => {
  const database = resources.use(await createTestDatabase())
  client = new Client({ connectionString: database.url })
  await client.connect()
  resources.defer(() => client.end())
})
afterAll(() => resources.disposeAsync())

/** Every column that can hold a person or words. A new one needs a decision: it says nothing of somebody who was forgotten, or it is in STAYS. */
const COLUMNS: Record<string, string> = {
  agents: 'workspace_id user_id name_key definition',
  agent_versions: 'definition',
  approvals:
    'id call_id workspace_id requester approvers risk hash status decided_by reason proposed_by proposal_hash votes',
  audit_anchors: 'workspace_id hash',
  audit_events: 'workspace_id actor action details previous_hash hash',
  audit_seals: 'workspace_id hash mac',
  audit_people: 'workspace_id user_id person key',
  channel_agents: 'workspace_id channel agent_id',
  connect_submissions: 'workspace_id user_id view_id view_hash details',
  heard_messages: 'workspace_id channel ts conversation user_id author text edited_ts',
  input_requests: 'id call_id workspace_id user_id kind status answered_by',
  installations: 'workspace_id name bot_id bot_user_id installed_by credential_reference',
  mcp_connections:
    'workspace_id user_id connection_name mcp_type connection_config credential_reference status status_reason tools_available tools_hash unusable_tools server_instructions server_features protocol_era listing_changes',
  mcp_registry_syncs: 'url owner',
  mcp_run_cards:
    'card_name mcp_type source title description config_template required_credentials available_tools created_by version status search_text search_names workspace_id sharing sharing_asked',
  mcp_tool_usage: 'workspace_id agent_id tool_name error_details',
  muted_threads: 'workspace_id channel thread_ts',
  onboarding_messages: 'workspace_id channel ts user_id kind shown',
  person_agents: 'workspace_id user_id agent_id',
  resource_subscriptions: 'workspace_id user_id uri resource_name channel thread_ts owner',
  rules:
    'workspace_id scope user_id card tool verdict definition created_by conversation reach class channel user_group',
  rate_limits: 'key',
  run_events: 'body type',
  run_feedback: 'user_id verdict',
  run_notes: 'agent finding source confidence untrusted by_call',
  runs: 'workspace_id user_id conversation dedupe_key status outcome owner agent_id parent_call',
  schema_versions: 'version',
  secret_entries: 'token_hash workspace_id user_id details',
  sign_in_codes: 'workspace_id user_id details code_hash state',
  sign_ins: 'state_hash workspace_id user_id details',
  shared_connections: 'audience people level shared_by',
  slack_messages: 'key channel ts content_hash',
  slack_seen_events: 'event_id',
  token_refresh_leases: 'owner',
  tool_change_notes: 'hash channel message_ts',
  tool_pins: 'tool hash definition pinned_by',
  trigger_news: 'body',
  trigger_occurrences: 'key workspace_id state why outcome',
  triggers: 'workspace_id user_id kind title spec workflow_id starts place paused_why paused_by',
  workflow_versions: 'body hash',
  workflows: 'workspace_id owner name title body hash source',
  workspaces: 'workspace_id settings',
}

/** What may go on holding their id or their words, and why. */
const STAYS: Record<string, string> = {
  'audit_events.details': 'a changed row would break the chain; people are hashes in it',
  'installations.installed_by': 'who installed the app; a new installation replaces it',
  'installations.name': 'the name of the workspace',
  'mcp_connections.server_instructions': 'what a server said to a connection of the workspace, which stays',
  'mcp_run_cards.created_by': 'a shared card is still theirs to take back',
  'mcp_tool_usage.tool_name': 'the name a server gave its tool',
  'slack_messages.content_hash': 'which message of Slack shows the run',
  'slack_messages.key': 'which message of Slack shows the run',
  'tool_pins.definition': 'a tool of a connection of the workspace, which stays',
  'workspaces.settings': 'who approves and owns is not for one person to change',
}

const [WORKSPACE, USER, OTHER] = ['TALPHA', 'UALPHA', 'UOTHER']
const one = async (sql: string, ...values: unknown[]) => (await client.query(sql, values)).rows[0]?.answer
const forget = (most: number) => one('select person_forget($1, $2, $3) as answer', WORKSPACE, USER, most)

/** A closed run in the thread of the planted one. */
async function plantClosed(user: string, key: string, events: object[]): Promise<string> {
  const run = createRunId()
  await client.query(
    `insert into runs (id, workspace_id, user_id, conversation, dedupe_key, status, outcome) values ($1, $2, $3, 'TALPHA:CALPHA:1.0', $4, 'closed', 'finished')`,
    [run, WORKSPACE, user, key],
  )
  for (const [at, event] of events.entries())
    await client.query('insert into run_events (run_id, seq, body) values ($1, $2, $3)', [
      run,
      at + 1,
      JSON.stringify(event),
    ])
  return run
}

test('nothing but what is named here says anything of a person who was forgotten', async () => {
  const found = await client.query(`select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'patchbay' and data_type not in ('uuid', 'bigint', 'integer', 'boolean', 'numeric', 'double precision', 'timestamp with time zone')`)
  const columns = Object.entries(COLUMNS).flatMap(([table, names]) =>
    names.split(' ').map((name) => `${table}.${name}`),
  )
  expect(found.rows.map(({ name }) => name).toSorted(), 'decide each').toEqual(columns.toSorted())

  const owner = { workspace: WORKSPACE, user: USER }
  await plantWorkspace(client, owner)
  const { connection, submission } = await plantConnection(client, owner)
  await plantCards(client, owner)
  await plantAgents(client, owner)
  await plantTrigger(client, owner)
  const theirs = await plantTrigger(client, { workspace: WORKSPACE, user: OTHER })
  await client.query(
    `update triggers set title = 'theirs', starts = '{}', enabled = false, paused_by = $2 where id = $1`,
    [theirs, USER],
  )
  await client.query(`update trigger_occurrences set key = 'theirs' where trigger_id = $1`, [theirs])
  await client.query('delete from trigger_news where trigger_id = $1', [theirs])
  await plantWorkflow(client, owner)
  const { run } = await plantRun(client, owner, connection)
  await client.query(
    `update run_events set body = jsonb_set(body, '{target,title}', '"Write"') where run_id = $1 and seq = 2`,
    [run],
  )
  await plantClosed(USER, `${WORKSPACE}:starter:${USER}:V:a:1`, [{ type: 'failed', code: 'x', message: MARK }])
  const voted = { type: 'voted', call: 'c', approval: 'a', by: USER, needed: 2, votes: [USER] }
  const others = await plantClosed(OTHER, 'others', [{ type: 'summarised', text: MARK, upTo: run }, voted])
  await client.query(
    `insert into approvals (id, run_id, call_id, workspace_id, requester, approvers, risk, hash, expires_at, status, decided_by, votes)
     values ('others', $1, 'c', $2, $3, $4, 'write', 'h', now(), 'approved', $5, $4)`,
    [others, WORKSPACE, OTHER, JSON.stringify([USER]), USER],
  )
  const run_again = await plantClosed(OTHER, 'again', [{ type: 'started', text: 'and now?' }])

  // A run at work, a connection, a sign-in, a page or a form under way is waited for; what was done until then stays done.
  expect(await forget(1)).toEqual({ done: false, runs: 1 })
  await client.query(`update runs set status = 'closed', outcome = 'stopped' where id = $1`, [run])
  await client.query(
    `update approvals set votes = $2, proposed_by = $3, decided_by = $3, reason = $4 where run_id = $1`,
    [run, JSON.stringify([OTHER, USER]), USER, MARK],
  )
  expect(await forget(1)).toEqual({ done: false, runs: 1 })
  const waits = [
    ['select connection_remove($1, $2, $3) as answer', WORKSPACE, USER, connection],
    ['select connect_submission_delete($1) as answer', submission],
    ['select person_pending_end($1, $2, person_pending($1, $2)) as answer', WORKSPACE, USER],
    [
      'with gone as (delete from sign_in_codes where user_id = $1 returning id) select count(*) as answer from gone',
      USER,
    ],
  ] as const
  for (const [sql, ...values] of waits) {
    expect(await forget(9), sql).toEqual({ done: false, runs: 0 })
    await one(sql, ...values)
  }
  expect(await one(`select count(*)::int as answer from audit_people where user_id = $1`, USER)).toBe(1)
  expect(await forget(9)).toEqual({ done: true, runs: 0 })

  for (const name of columns.filter((column) => STAYS[column] === undefined)) {
    const [table = '', column = ''] = name.split('.')
    const { rows } = await client.query(
      `select t.${column}::text as value from ${table} t where t.${column}::text ~ $1 and coalesce(to_jsonb(t) ->> 'run_id', '') <> $2`,
      [`${MARK}|${USER}`, others],
    )
    expect(rows, name).toEqual([])
  }
  expect(
    await one('select count(*)::int as answer from audit_events where to_jsonb(audit_events)::text ~ $1', USER),
  ).toBe(0)
  expect(await one(`select audit_check($1, 0, 1000) ->> 'broken' as answer`, WORKSPACE)).toBeNull()

  // What they decided for others is theirs; what the others' run was told of theirs is not.
  expect(await one(`select jsonb_build_array(decided_by, votes) as answer from approvals where id = 'others'`)).toEqual(
    [USER, [USER]],
  )
  expect(await one('select jsonb_agg(body order by seq) as answer from run_events where run_id = $1', others)).toEqual([
    { type: 'summarised', text: 'Forgotten.', upTo: run },
    voted,
  ])
  const history = await one('select conversation_history($1) as answer', run_again)
  expect(history.runs.map(({ id }: { id: string }) => id)).toEqual([others])
})

test('an event of a person who is forgotten keeps its shape and none of their words', async () => {
  const s = 'pelican'
  const at = '2026-11-30T02:00:00.000Z'
  const user = 'UONE'
  const file = { id: s, name: s, mimeType: s, size: 1 }
  const token = 'a'.repeat(22)
  const connection = createConnectionId()
  const [call, kept] = [{ call: 'c' }, { connection, card: 'files', cardTitle: 'Files', tool: 'read', title: 'Read' }]
  const origin = {
    door: 'slack',
    workspace: 'TAUDIT',
    user,
    userName: s,
    userZone: s,
    channel: 'D01',
    threadTs: '1.2',
    messageTs: '1.2',
    place: 'dm',
    teamId: 'TAUDIT',
  }
  const usage = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 }
  const inputs = { ...call, input: token, person: user, expiresAt: at }
  const prompt = { connection: s, name: s, messages: [{ role: 'user', text: s }] }
  const skill = { connection: s, name: s, uri: s, text: s, checked: true }
  const agent = { id: createConnectionId(), version: 1, chosenBy: 'name' }
  const range = { channel: 'C01', thread: s, before: s, about: s }
  const events = [
    {
      type: 'started',
      origin,
      text: s,
      context: [{ author: s, text: s }],
      earlier: range,
      attached: [file],
      prompt,
      skill,
      first: { connection, does: 'get_prompt', input: { s }, call: 'c' },
      untrusted: [s],
      agent: { ...agent, name: s, face: s, purpose: s, instructions: s, connections: [s], tools: [s], asks: [s] },
      parent: { run: createRunId(), call: 'c', agent: s, costUsd: 1, words: s },
      workflow: {
        id: 'w',
        version: 1,
        hash: 'h',
        body: { name: s, title: s, steps: [{ id: 'a', tool: `x/${s}`, with: { s } }] },
        inputs: { s },
        trigger: { s },
      },
    },
    { type: 'started', origin, text: s, context: [] },
    { type: 'thread_read', messages: [{ author: s, text: s }], gap: s, hasAbout: true },
    { type: 'files_added', files: [file] },
    { type: 'summarised', text: s, upTo: createRunId(), costUsd: 1 },
    { type: 'resumed' },
    {
      type: 'replied',
      content: [
        { type: 'text', text: s },
        { type: 'tool_use', id: 'c', name: 'read', input: { s } },
        { type: 'opaque', block: { s } },
      ],
      stop: 'tools',
      usage,
      insteadOf: 'm',
      model: 'm',
      costUsd: 1,
      toolsLeftOut: [{ connection: s, tools: 1 }],
    },
    {
      type: 'judged',
      ...call,
      target: { ...kept, connectionName: s, schema: { s } },
      verdict: 'ask',
      why: [s],
      risk: 'write',
      hash: 'h',
      definition: 'd',
      repeatable: false,
      untrusted: true,
      replaces: true,
      changed: true,
      approval: {
        id: token,
        approvers: [user],
        fourEyes: false,
        needed: 2,
        groups: ['S1'],
        groupNames: 'ops',
        does: s,
        byOwners: true,
        mayAlways: true,
        reach: { place: 'dm', arguments: [s] },
        expiresAt: at,
      },
    },
    {
      type: 'judged',
      ...call,
      target: { ...kept, connectionName: s, schema: {} },
      verdict: 'allow',
      why: [],
      risk: 'read',
      hash: 'h',
      definition: 'd',
      repeatable: true,
    },
    {
      type: 'answered',
      ...call,
      approval: token,
      decision: 'approved',
      by: user,
      reason: s,
      arguments: { s },
      hash: 'h',
      reach: { place: 'dm', arguments: [s] },
    },
    { type: 'answered', ...call, approval: token, decision: 'expired' },
    { type: 'voted', ...call, approval: token, by: user, needed: 2, votes: ['UOTHER', user] },
    {
      type: 'answered',
      ...call,
      approval: token,
      decision: 'approved',
      by: 'UOTHER',
      approvedBy: [user, 'UOTHER'],
      needed: 2,
      lost: [user],
      width: 'once',
      always: false,
      byRule: true,
    },
    { type: 'edit_proposed', ...call, approval: token, by: 'UOTHER', arguments: { s }, hash: 'h', risk: 'write' },
    { type: 'denial_explained', ...call, approval: token, by: user, reason: s },
    {
      type: 'withdrawn',
      calls: ['c'],
      by: user,
      text: s,
      messageTs: '1.2',
      key: 'k',
      attached: [file],
      edited: true,
      queued: createRunId(),
    },
    { type: 'called', ...call },
    {
      type: 'asked_input',
      ...inputs,
      request: { kind: 'url', message: s, url: `https://${s}.example` },
      resume: { how: 'answer', key: 'k', state: s },
    },
    { type: 'asked_input', ...inputs, request: { kind: 'form', message: s, fields: [] }, resume: { how: 'live' } },
    {
      type: 'asked_input',
      ...inputs,
      request: { kind: 'sign_in', message: s, connection, scopes: [] },
      resume: { how: 'again' },
    },
    { type: 'given_input', ...call, input: token, action: 'accept', content: { s }, by: user },
    { type: 'delegated', ...call, child: createRunId(), agent: s, task: s },
    { type: 'waiting', ...call, until: at, why: s },
    {
      type: 'returned',
      ...call,
      outcome: 'ok',
      text: s,
      images: [{ mimeType: s, data: s }],
      files: [],
      summary: s,
      shown: { links: [{ uri: s, name: s }] },
      why: 'slow',
      passing: true,
      changed: true,
      ofChild: { untrusted: [s], costUsd: 1 },
      output: { s },
      cut: true,
      sent: false,
      log: [{ level: 'info', text: s }],
      ms: 1,
    },
    { type: 'stopped', by: user, why: 'request_deleted' },
    { type: 'failed', code: 'x', message: s },
    { type: 'entered', step: 'a', items: [s], branch: 'steps' },
    { type: 'skipped', step: 'a', why: s },
    { type: 'left', step: 'a', outcome: 'ok', output: s, cut: true, error: s, undo: { tool: 'x/y', arguments: { s } } },
    { type: 'parked', step: 'a', why: s },
    { type: 'step_resumed', step: 'a', how: 'with', by: user, arguments: { s } },
    { type: 'step_waiting', step: 'a', until: at, why: s },
    { type: 'finished', note: 'budget', workflow: { outcome: 'done', output: s, problem: s } },
  ].map((event) => ({ ...event, at }))
  // A new kind of event, or a new field of one, needs a decision: add it above, and see what stays of it.
  for (const { shape } of RunEvent.options) {
    const given = events.filter(({ type }) => type === shape.type.value).flatMap((event) => Object.keys(event))
    expect(
      Object.keys(shape).filter((field) => !given.includes(field)),
      shape.type.value,
    ).toEqual([])
  }
  for (const event of events) {
    const sql = 'select run_event_without_words($1, $2) as body'
    const { body } = (await client.query(sql, [JSON.stringify(event), user])).rows[0] ?? {}
    expect(RunEvent.safeParse(body).error, event.type).toBeUndefined()
    const text = JSON.stringify(body)
    expect(text, event.type).not.toMatch(/pelican|:null/)
    expect(text, event.type).not.toContain(`"${user}"`)
  }
})
