import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'

export const ALPHA = 'TALPHA'
export const OWNER = 'UALPHA'

/** Stands in all that is Alpha's and in nothing that a caller gives. */
export const MARK = 'planted'

const id = randomUUID
const origin = {
  workspace: ALPHA,
  user: OWNER,
  teamId: ALPHA,
  channel: 'CALPHA',
  threadTs: '1.0',
  messageTs: '1.1',
  place: 'channel',
  userName: MARK,
}
const judged = (call: string, connection: string) => ({
  type: 'judged',
  call,
  verdict: 'ask',
  target: { connection, tool: 'write', connectionName: MARK, title: MARK },
  hash: 'h',
  definition: 'd',
})

/** One row of a person in a workspace in every table that has any, and the ids under which each can be asked for. */
export async function plantRows(client: Client) {
  const [run, connection, rule, workspaceRule, subscription, submission, code, entry] = [
    id(),
    id(),
    id(),
    id(),
    id(),
    id(),
    id(),
    id(),
  ]
  const tools = [{ name: 'write', description: MARK, inputSchema: {} }]
  const insert = async (table: string, row: Record<string, unknown>) => {
    const values = Object.values(row).map((value) =>
      typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
    )
    const places = values.map((_, at) => `$${at + 1}`).join(', ')
    await client.query(`insert into ${table} (${Object.keys(row).join(', ')}) values (${places})`, values)
  }
  const mine = { workspace_id: ALPHA, user_id: OWNER }
  const later = '2999-01-01T00:00:00Z'
  await insert('workspaces', { workspace_id: ALPHA, settings: { approvers: ['Uplanted'], budget_usd: 77, note: MARK } })
  await insert('installations', {
    workspace_id: ALPHA,
    name: MARK,
    enterprise: false,
    bot_id: 'B',
    bot_user_id: 'U',
    installed_by: OWNER,
    credential_reference: 'installation/alpha',
  })
  await insert('mcp_connections', {
    id: connection,
    ...mine,
    connection_name: 'alpha-files',
    mcp_type: 'filesystem',
    connection_config: { inputs: { a: MARK } },
    credential_reference: 'connection/alpha',
    tools_available: tools,
    server_instructions: MARK,
  })
  const changed = {
    hash: 'changed',
    tools: [{ ...tools[0], description: `${MARK} anew` }],
    instructions: MARK,
    seen_at: '2026-01-01T00:00:00Z',
  }
  await client.query('update mcp_connections set listing_changes = $1 where id = $2', [
    JSON.stringify(changed),
    connection,
  ])
  await insert('runs', {
    id: run,
    ...mine,
    conversation: `${ALPHA}:CALPHA:1.0`,
    dedupe_key: `${ALPHA}:CALPHA:1.1`,
    status: 'suspended',
    last_seq: 2,
  })
  const asked = { ...judged('c', connection), approval: { id: 'approval-alpha', approvers: [OWNER] } }
  const events = [{ type: 'started', origin, text: MARK, context: [], at: later }, asked]
  for (const [at, body] of events.entries()) await insert('run_events', { run_id: run, seq: at + 1, body })
  await insert('approvals', {
    id: 'approval-alpha',
    run_id: run,
    call_id: 'c',
    workspace_id: ALPHA,
    requester: OWNER,
    approvers: [OWNER],
    risk: 'write',
    hash: 'h',
    expires_at: later,
  })
  await insert('input_requests', {
    id: 'input-alpha',
    run_id: run,
    call_id: 'c',
    ...mine,
    kind: 'url',
    live: false,
    expires_at: later,
  })
  await insert('slack_messages', { run_id: run, key: MARK, channel: 'CALPHA', ts: '1.2', content_hash: MARK })
  await insert('run_feedback', { run_id: run, user_id: OWNER, verdict: 'good' })
  await insert('heard_messages', {
    workspace_id: ALPHA,
    channel: 'CALPHA',
    ts: '1.05',
    conversation: `${ALPHA}:CALPHA:1.0`,
    user_id: OWNER,
    author: MARK,
    text: MARK,
  })
  await insert('mcp_tool_usage', {
    workspace_id: ALPHA,
    connection_id: connection,
    run_id: run,
    tool_name: MARK,
    execution_time_ms: 1,
    success: true,
  })
  await insert('rules', {
    id: rule,
    ...mine,
    scope: 'person',
    connection_id: connection,
    tool: 'write',
    verdict: 'allow',
    definition: MARK,
    created_by: OWNER,
  })
  await insert('rules', {
    id: workspaceRule,
    workspace_id: ALPHA,
    scope: 'workspace',
    tool: MARK,
    verdict: 'deny',
    created_by: OWNER,
  })
  await insert('resource_subscriptions', {
    id: subscription,
    connection_id: connection,
    ...mine,
    uri: 'file:///alpha',
    resource_name: MARK,
    channel: 'CALPHA',
    thread_ts: '1.0',
  })
  await insert('onboarding_messages', { ...mine, channel: 'CALPHA', ts: '1.3', kind: 'welcome', shown: MARK })
  await insert('connect_submissions', {
    submission_id: submission,
    ...mine,
    view_id: 'V',
    view_hash: 'vh',
    details: { a: MARK },
    lease_until: later,
  })
  await insert('secret_entries', {
    id: entry,
    token_hash: 'entry-hash',
    ...mine,
    details: { a: MARK },
    expires_at: later,
    entered_at: '2026-01-01T00:00:00Z',
  })
  await insert('sign_ins', {
    state_hash: 'state-hash',
    ...mine,
    connection_id: connection,
    details: { a: MARK },
    expires_at: later,
  })
  await insert('sign_in_codes', {
    id: code,
    ...mine,
    connection_id: connection,
    details: { a: MARK },
    code_hash: 'code-hash',
    ends_at: later,
  })
  // What is shared is for all of the workspace.
  const cards = [
    { card_name: '~a1/asked', title: MARK, source: 'saved', sharing: 'asked' },
    { card_name: '~a2/shared', title: 'Shared', source: 'saved', sharing: 'shared' },
    { card_name: '~a3/own', title: MARK, source: 'saved', sharing: 'own' },
    { card_name: '~a4/imported', title: MARK, source: 'imported', sharing: 'own' },
  ]
  for (const { card_name, title, source, sharing } of cards) {
    const config_template = { name: card_name, title, headers: {}, inputs: [] }
    await insert('mcp_run_cards', {
      card_name,
      title,
      source,
      sharing,
      config_template,
      mcp_type: 'remote',
      created_by: OWNER,
      is_public: sharing === 'shared',
      workspace_id: ALPHA,
    })
  }
  await insert('mcp_clear_connections', { connection_id: connection })
  await client.query('select audit_append($1, $2, $3, $4)', [
    ALPHA,
    OWNER,
    'settings_changed',
    JSON.stringify({ a: MARK }),
  ])
  return {
    uuids: { run, connection, rule, workspaceRule, subscription, submission, code, entry },
    names: ['alpha-files', ...cards.map(({ card_name }) => card_name)],
    ids: ['approval-alpha', 'input-alpha'],
    origin,
  }
}
