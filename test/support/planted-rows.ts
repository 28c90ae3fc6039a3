import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'

/** Stands in all that is somebody's and in nothing that a stranger gives. */
export const MARK = 'planted'

type Owner = { workspace: string; user: string }
type Row = Record<string, unknown>

const LATER = '2999-01-01T00:00:00Z'
const TOOLS = [{ name: 'write', description: MARK, inputSchema: {} }]

async function insert(client: Client, table: string, row: Row): Promise<void> {
  const values = Object.values(row).map((value) =>
    typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
  )
  const places = values.map((_, at) => `$${at + 1}`).join(', ')
  await client.query(`insert into ${table} (${Object.keys(row).join(', ')}) values (${places})`, values)
}

/** A connection of a person and what hangs on it: rules, a subscription, a sign-in, pages and codes under way; and one of the workspace. */
export async function plantConnection(client: Client, { workspace, user }: Owner) {
  const add = (table: string, row: Row) => insert(client, table, { workspace_id: workspace, ...row })
  const [connection, rule, workspaceRule] = [randomUUID(), randomUUID(), randomUUID()]
  const [subscription, submission, code, entry] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const mine = { user_id: user }
  const details = { a: MARK }
  await add('mcp_connections', {
    ...mine,
    id: connection,
    connection_name: 'alpha-files',
    mcp_type: 'custom',
    connection_config: { inputs: details },
    credential_reference: 'connection/alpha',
    tools_available: TOOLS,
    server_instructions: MARK,
  })
  const changed = { hash: 'changed', tools: [{ ...TOOLS[0], description: `${MARK} anew` }], instructions: MARK }
  await client.query('update mcp_connections set listing_changes = $1 where id = $2', [
    JSON.stringify({ ...changed, seen_at: '2026-01-01T00:00:00Z' }),
    connection,
  ])
  // What holds for everybody is shown to everybody.
  const rules = { tool: 'everybodys', verdict: 'deny', created_by: user }
  const own = { scope: 'person', connection_id: connection, tool: MARK, verdict: 'allow', definition: MARK }
  await add('rules', { ...mine, ...rules, ...own, id: rule })
  await add('rules', { ...rules, id: workspaceRule, scope: 'workspace' })
  const place = { channel: 'CALPHA', thread_ts: '1.0' }
  // Leased, as its server would be asked for changes otherwise.
  const lease = { owner: 'nobody', lease_until: LATER }
  const watched = { connection_id: connection, uri: 'file:///alpha', resource_name: MARK, ...place, ...lease }
  await add('resource_subscriptions', { ...mine, ...watched, id: subscription })
  const form = { view_id: 'V', view_hash: 'vh', lease_until: LATER }
  await add('connect_submissions', { ...mine, ...form, details, submission_id: submission })
  const page = { token_hash: 'entry-hash', expires_at: LATER, entered_at: '2026-01-01T00:00:00Z' }
  await add('secret_entries', { ...mine, ...page, details, id: entry })
  const signIn = { ...mine, connection_id: connection, details }
  await add('sign_ins', { ...signIn, state_hash: 'state-hash', expires_at: LATER })
  await add('sign_in_codes', { ...signIn, id: code, code_hash: 'code-hash', ends_at: LATER })
  const shared = randomUUID()
  const ofWorkspace = {
    user_id: 'W00',
    connection_name: 'everybodys',
    mcp_type: 'custom',
    connection_config: { inputs: {} },
  }
  await add('mcp_connections', { ...ofWorkspace, id: shared, server_instructions: MARK })
  const audience = { audience: 'everybody', level: 'reads', shared_by: user }
  await insert(client, 'shared_connections', { ...audience, connection_id: shared })
  return { connection, rule, workspaceRule, subscription, submission, code, entry, shared }
}

/** An agent of a person, and what they chose and muted. */
export async function plantAgents(client: Client, { workspace, user }: Owner): Promise<string> {
  const [agent, shared] = [randomUUID(), randomUUID()]
  const row = { workspace_id: workspace, user_id: user }
  const definition = { name: MARK, purpose: MARK, instructions: MARK }
  await insert(client, 'agents', { ...row, id: agent, name_key: MARK, definition })
  await insert(client, 'agent_versions', { agent_id: agent, version: 1, definition })
  const everybodys = { ...definition, name: 'everybodys', purpose: 'shared', instructions: '' }
  await insert(client, 'agents', { ...row, id: shared, name_key: 'everybodys', definition: everybodys, shared: true })
  await insert(client, 'person_agents', { ...row, agent_id: agent })
  await insert(client, 'channel_agents', { workspace_id: workspace, channel: 'CALPHA', agent_id: shared })
  await insert(client, 'muted_threads', { workspace_id: workspace, channel: 'CALPHA', thread_ts: '1.0' })
  return agent
}

/** Cards that a person made, by whether others were offered them; what is shared is for all of the workspace. */
export async function plantCards(client: Client, { workspace, user }: Owner): Promise<string[]> {
  const cards = [
    { card_name: '~a1/asked', title: MARK, source: 'saved', sharing: 'asked' },
    { card_name: '~a2/shared', title: 'Shared', source: 'saved', sharing: 'shared' },
    { card_name: '~a3/own', title: MARK, source: 'saved', sharing: 'own' },
    { card_name: '~a4/imported', title: MARK, source: 'imported', sharing: 'own' },
  ]
  for (const { card_name, title, source, sharing } of cards) {
    const entry = { name: card_name, version: '1', title, description: title, url: 'https://a.example/mcp' }
    const config_template = { ...entry, headers: {}, inputs: [] }
    const shown = { card_name, title, source, sharing, config_template, is_public: sharing === 'shared' }
    await insert(client, 'mcp_run_cards', { ...shown, mcp_type: 'remote', created_by: user, workspace_id: workspace })
  }
  return cards.map(({ card_name }) => card_name)
}

/** A run that waits for an approval and an answer, and what was said around it. */
export async function plantRun(client: Client, { workspace, user }: Owner, connection: string) {
  const add = (table: string, row: Row) => insert(client, table, row)
  const run = randomUUID()
  const mine = { workspace_id: workspace, user_id: user }
  const conversation = `${workspace}:CALPHA:1.0`
  const place = { teamId: workspace, channel: 'CALPHA', threadTs: '1.0', messageTs: '1.1', place: 'channel' }
  const origin = { workspace, user, userName: MARK, ...place }
  await add('runs', {
    id: run,
    ...mine,
    conversation,
    dedupe_key: `${workspace}:CALPHA:1.1`,
    status: 'suspended',
    last_seq: 2,
  })
  const target = { connection, tool: 'write', connectionName: MARK, title: MARK }
  const approval = { id: 'approval-alpha', approvers: [user] }
  const events = [
    { type: 'started', origin, text: MARK, context: [], at: LATER },
    { type: 'judged', call: 'c', verdict: 'ask', target, hash: 'h', definition: 'd', approval },
  ]
  for (const [at, body] of events.entries()) await add('run_events', { run_id: run, seq: at + 1, body })
  const call = { run_id: run, call_id: 'c', workspace_id: workspace, expires_at: LATER }
  await add('approvals', { ...approval, ...call, requester: user, risk: 'write', hash: 'h' })
  await add('input_requests', { id: 'input-alpha', ...call, user_id: user, kind: 'url', live: false })
  await add('slack_messages', { run_id: run, key: MARK, channel: 'CALPHA', ts: '1.2', content_hash: MARK })
  await add('run_feedback', { run_id: run, user_id: user, verdict: 'good' })
  await add('run_notes', { root_run: run, agent: MARK, finding: MARK, by_run: run, by_call: 'c' })
  await add('rate_limits', { key: `${workspace}:${run}`, tokens: 1, at: LATER })
  await add('heard_messages', { ...mine, channel: 'CALPHA', ts: '1.05', conversation, author: MARK, text: MARK })
  const usage = { connection_id: connection, run_id: run, tool_name: MARK, execution_time_ms: 1, success: true }
  await add('mcp_tool_usage', { ...usage, workspace_id: workspace })
  await add('onboarding_messages', { ...mine, channel: 'CALPHA', ts: '1.3', kind: 'welcome', shown: MARK })
  return { run, origin, ids: ['approval-alpha', 'input-alpha'] }
}

/** A workspace with an installation, settings and an audit. */
export async function plantWorkspace(client: Client, { workspace, user }: Owner): Promise<void> {
  const settings = { approvers: [`U${MARK}`], budget_usd: 77, note: MARK }
  await insert(client, 'workspaces', { workspace_id: workspace, settings })
  const installed = { name: MARK, enterprise: false, bot_id: 'B', bot_user_id: 'U', installed_by: user }
  await insert(client, 'installations', {
    ...installed,
    workspace_id: workspace,
    credential_reference: 'installation/alpha',
  })
  await client.query('select audit_append($1, $2, $3, $4)', [
    workspace,
    user,
    'settings_changed',
    JSON.stringify({ a: MARK }),
  ])
}

/** A schedule of a person that was due long ago, with what it started and what is still to be told of it. */
export async function plantTrigger(client: Client, { workspace, user }: Owner): Promise<string> {
  const trigger = randomUUID()
  await insert(client, 'triggers', {
    id: trigger,
    workspace_id: workspace,
    user_id: user,
    kind: 'schedule',
    title: MARK,
    spec: { repeats: 'daily', at: '09:00', zone: 'UTC' },
    starts: { kind: 'request', text: MARK },
    place: { kind: 'dm' },
    next_at: '2026-01-01T09:00:00Z',
  })
  const occurrence = { trigger_id: trigger, workspace_id: workspace, due_at: '2025-12-31T09:00:00Z' }
  await insert(client, 'trigger_occurrences', { ...occurrence, key: MARK, state: 'skipped', why: 'late' })
  await insert(client, 'trigger_news', { trigger_id: trigger, body: { kind: 'paused', why: MARK } })
  return trigger
}

/** A workflow that only its owner sees. */
export async function plantWorkflow(client: Client, { workspace, user }: Owner): Promise<string> {
  const id = randomUUID()
  const body = { name: MARK, title: MARK, steps: [{ id: 'a', tool: `x/${MARK}` }] }
  const create = 'select workflow_create($1, $2, $3, $4, $5, $6, $7)'
  await client.query(create, [workspace, user, id, JSON.stringify(body), MARK, 'slack', 50])
  return id
}
