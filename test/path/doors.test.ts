import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/slack/commands/command-table.ts'
import { lostRows, peoplesRows } from '../support/every-row.ts'
import { type Forger, forgerAt } from '../support/forged.ts'
import { plantAgents, plantCards, plantConnection, plantTrigger, plantWorkflow } from '../support/planted-rows.ts'
import { hearListeners } from '../support/registered.ts'
import { wishes } from '../support/scripted-model.ts'
import { startTown } from '../support/town.ts'
import { ALPHA, BETA } from '../support/two-workspaces.ts'

const MEMBER = 'UMEMBER1'
/** In the same workspace, and no approver of it. */
const OTHER = 'UAPPROV1'
/** Stands in what the member has, and in nothing that is sent. */
const MARKS = /planted|secret-plan/

type Ids = Record<
  | 'run'
  | 'approval'
  | 'call'
  | 'connection'
  | 'shared'
  | 'rule'
  | 'workspaceRule'
  | 'subscription'
  | 'code'
  | 'entry'
  | 'agent'
  | 'trigger'
  | 'workflow',
  string
>

const words = (text: string): string[] => text.trim().split(/\s+/)
/** What a button holds: the ids of what is somebody's. A new action is added here, or to those that hold none. */
const VALUES: Record<string, (ids: Ids) => string[]> = {
  ...Object.fromEntries(
    words(`approval_always approval_approve approval_confirm approval_deny approval_edit approval_reason approval_thread
      approvals_approve approvals_deny approvals_each`).map((action) => [action, ({ approval }: Ids) => [approval]]),
  ),
  ...Object.fromEntries(
    words('card_classes card_remove card_share card_share_no card_share_yes connect_pick').map((action) => [
      action,
      () => ['~a1/asked', '~a3/own'],
    ]),
  ),
  ...Object.fromEntries(
    words('run_again agent_another second_opinion schedule_this workflow_save').map((action) => [
      action,
      ({ run }: Ids) => [run],
    ]),
  ),
  ...Object.fromEntries(
    words('agent_archive agent_channel agent_edit agent_more').map((action) => [action, ({ agent }: Ids) => [agent]]),
  ),
  agent_restore: ({ agent }) => [`${agent} 1`],
  agent_share: ({ agent }) => [`${agent} yes`],
  agent_use: ({ agent }) => [`${agent} yes`],
  ...Object.fromEntries(
    words('schedule_delete schedule_edit schedule_pause schedule_resume schedule_run schedule_runs').map((action) => [
      action,
      ({ trigger }: Ids) => [trigger],
    ]),
  ),
  ...Object.fromEntries(
    words('step_change step_retry step_skip step_stop step_undo').map((action) => [
      action,
      ({ run }: Ids) => [`${run} a`],
    ]),
  ),
  ...Object.fromEntries(
    words('schedule_workflow workflow_archive workflow_download workflow_edit workflow_run workflow_show').map(
      (action) => [action, ({ workflow }: Ids) => [workflow]],
    ),
  ),
  workflow_restore: ({ workflow }) => [`${workflow} 1`],
  workflow_share: ({ workflow }) => [`${workflow} yes`],
  run_stop: ({ run }) => [run],
  run_details: ({ run }) => [`${run} 0`],
  run_log: ({ run, call }) => [`${run} ${call} 0`],
  run_feedback: ({ run }) => [`good ${run}`],
  call_again: ({ run, call }) => [`${run} ${call}`],
  command_run: ({ shared }) => [
    ...['list', 'disconnect alpha-files', 'rules', 'usage', 'cards'],
    ...['disconnect', 'share', 'reconnect', 'test', 'changes'].map((command) => `${command} ${shared}`),
  ],
  connect_key_continue: ({ entry }) => [entry],
  connect_retry: ({ connection }) => [
    JSON.stringify({ card: 'filesystem', name: 'x', inputs: {}, secrets: [], connection }),
  ],
  disconnect_yes: ({ connection, shared }) => [connection, shared],
  look_of: ({ connection }) => [connection],
  rule_remove: ({ workspaceRule }) => [workspaceRule],
  rule_revoke: ({ rule }) => [rule],
  connectors_remove: () => ['*'],
  sign_in_again: () => ['alpha-files'],
  sign_in_code_open: ({ code }) => [JSON.stringify({ id: code, title: 'x', name: 'x' })],
  tool_changes_accept: ({ connection, shared }) =>
    [connection, shared].map((id) => JSON.stringify({ id, hash: 'changed', count: 1 })),
  tools_page: () => [JSON.stringify({ connection: 'alpha-files', words: '', page: 0 })],
  tools_search: () => [JSON.stringify({ connection: 'alpha-files', words: '', page: 0 })],
  watch_read: ({ subscription }) => [subscription],
  watch_stop: ({ subscription }) => [subscription],
}
/** What they are about stands in their view, whose metadata holds every id here; or it is an input, a setting or what was typed. */
const HOLD_NO_ID = words(`
  agent_form_more agent_template schedule_change schedule_not schedule_preview schedule_repeats schedule_yes
  audit_file audit_filter audit_page connect_key connect_key_open connect_more connectors_new disconnect_no field_plain input_answer input_decline input_done input_open input_see
  input_sign_in look_page look_words prompt_open resource_fill resource_open resource_read resource_watch rule_new search_page
  search_words setting_approvers setting_budget setting_card setting_cards setting_channel setting_channel_none setting_outsiders setting_owners
  sign_in_open
  skill_open skill_read starter_ask tools_words welcome_ask
`)
/** Every form, by what a person fills in; the rest of what it is about stands in its metadata. */
const FORMS: Record<string, object> = {
  agent: { 'name.0': { 'name.0': { value: 'x' } } },
  agent_another: {},
  schedule: { text: { value: { value: 'x' } }, time: { value: { value: '9:00' } } },
  second_opinion: {},
  step_change: {},
  step_undo: {},
  workflow_run: {},
  workflow_save: {},
  workflow_yaml: { text: { value: { value: 'name: x' } } },
  approval_deny: { reason: { value: { value: 'no' } } },
  audit_filter: { user: { value: { selected_user: 'UMEMBER1' } } },
  approval_edit: { path: { value: { value: 'other.txt' } }, content: { value: { value: 'x' } } },
  ask_about: { question: { value: { value: 'what is it?' } } },
  card_classes: { write: { value: { selected_option: { value: 'read' } } } },
  card_save: { title: { value: { value: 'mine' } } },
  connect: { name: { value: { value: 'x' } } },
  connectors_new: { who: { value: { selected_option: { value: 'nobody' } } } },
  forget_me: {},
  import: { text: { value: { value: '{}' } } },
  input_answer: {},
  prompt: {},
  prompts: { words: { look_words: { value: '' } } },
  resource: {},
  resource_template: {},
  resources: { words: { look_words: { value: '' } } },
  rule_new: {
    rule: { value: { selected_option: { value: 'deny' } } },
    calls: { value: { selected_option: { value: 'all' } } },
  },
  search: { words: { search_words: { value: 'x' } } },
  setting_budget: { budget: { value: { value: '1' } } },
  share: {
    audience: { value: { selected_option: { value: 'everybody' } } },
    level: { value: { selected_option: { value: 'all_ask' } } },
  },
  sign_in_code: { code: { value: { value: '000000' } } },
  skill: { wish: { value: { value: 'x' } } },
  skills: { words: { look_words: { value: '' } } },
  tools: { words: { tools_words: { value: '' } } },
}

/** The metadata of every form at once, with the ids of what is the member's. */
const metadataOf = ({ approval, connection, code }: Ids, input: string): string =>
  JSON.stringify({
    approval,
    approvals: [approval],
    connection,
    id: code,
    input,
    card: '~a1/asked',
    title: 'x',
    name: 'x',
    filled: 0,
    zone: 'UTC',
    kept: {},
    words: '',
    page: 0,
    uri: 'file:///alpha',
    of: { kind: 'prompt', name: 'x' },
  })

test('whoever sends the ids of another person or workspace is shown nothing and changes nothing', {
  timeout: 240_000,
}, async () => {
  using listeners = hearListeners()
  await using town = await startTown({
    model: [wishes('filesystem__write_file', { path: 'secret-plan.txt', content: 'planted' })],
  })
  await town.browser.install(ALPHA.id)
  await town.browser.install(BETA.id)
  const member = town.in('alpha')
  await member.connect('filesystem')
  const where = await member.dm('write it')
  await member.see(where, /"Approve"/)
  await using database = await openDatabase(town.databaseUrl)
  const { ids, input } = await plantIds(database.client)
  await quiet(town.teams.said)

  const before = await peoplesRows(database.client)
  const from = town.teams.said.length
  const at = {
    url: town.url,
    signingSecret: town.teams.signingSecret,
    channel: 'CGENERAL1',
    responseUrl: `${town.teams.apiUrl}respond`,
  }
  const strangers = [
    { team: BETA.id, user: MEMBER },
    { team: ALPHA.id, user: OTHER },
  ].map((stranger) => forgerAt({ ...at, ...stranger }))
  const answers = (await Promise.all(strangers.map((one) => tryAll(one, ids, metadataOf(ids, input))))).flat()
  await quiet(town.teams.said)

  const changed = lostRows(before, await peoplesRows(database.client))
  // The worker tells of changed tools meanwhile.
  expect(changed.filter((row) => !row.startsWith('tool_change_notes'))).toEqual([])
  const own = new RegExp(`${ALPHA.id}.*(channel=DMEMBER1|user_id=${MEMBER})`)
  const said = [...answers, ...town.teams.said.slice(from)].filter((one) => MARKS.test(one) && !own.test(one))
  expect(said).toEqual([])
  const known = [...Object.keys(VALUES), ...HOLD_NO_ID].map((action) => `action ${action}`)
  const heard = listeners.names().filter((one) => /^(action|view) /.test(one))
  expect(heard).toEqual([...known, ...Object.keys(FORMS).map((form) => `view ${form}`)].toSorted())

  // The same from whom it is: what was sent is what Slack sends.
  await forgerAt({ ...at, team: ALPHA.id, user: MEMBER }).press('run_stop', ids.run)
  await forgerAt({ ...at, team: ALPHA.id, user: MEMBER }).press('disconnect_yes', ids.connection)
  await quiet(town.teams.said)
  const gone = lostRows(before, await peoplesRows(database.client)).map((row) => row.split(' ', 1).join())
  expect(gone).toEqual(expect.arrayContaining(['runs', 'mcp_connections', 'rules', 'resource_subscriptions']))
})

async function openDatabase(url: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

/** What is planted, and the run that really waits. */
async function plantIds(client: Client): Promise<{ ids: Ids; input: string }> {
  const member = { workspace: ALPHA.id, user: MEMBER }
  const planted = await plantConnection(client, member)
  await plantCards(client, member)
  const agent = await plantAgents(client, member)
  const trigger = await plantTrigger(client, member)
  // It would begin, and be told of, by itself meanwhile.
  await client.query("update triggers set next_at = '2999-01-01'; delete from trigger_news")
  const workflow = await plantWorkflow(client, member)
  const { rows } = await client.query('select id as approval, run_id as run, call_id as call from approvals')
  const input = randomUUID()
  await client.query(
    `insert into input_requests (id, run_id, call_id, workspace_id, user_id, kind, live, expires_at)
     select $1, run_id, call_id, workspace_id, $2, 'form', false, expires_at from approvals`,
    [input, MEMBER],
  )
  return { ids: { ...planted, agent, trigger, workflow, ...rows[0] }, input }
}

/** What was answered to everything that a stranger can send. Some presses are never acknowledged, so many are sent at once. */
async function tryAll(forger: Forger, ids: Ids, metadata: string): Promise<string[]> {
  const input = String(JSON.parse(metadata).input)
  const tries = [
    ...Object.entries(VALUES).flatMap(([action, valuesOf]) =>
      valuesOf(ids).map((value) => () => forger.press(action, value)),
    ),
    ...HOLD_NO_ID.map((action) => () => forger.press(action, action.startsWith('input') ? input : 'x', metadata)),
    ...Object.entries(FORMS).map(
      ([form, values]) =>
        () =>
          forger.submit(form, metadata, values),
    ),
    () => forger.submit('share', JSON.stringify({ connection: ids.shared }), FORMS.share ?? {}),
    ...formsOf(ids).map(
      ([form, own]) =>
        () =>
          forger.submit(form, JSON.stringify(own), FORMS[form] ?? {}),
    ),
    ...['input_answer', 'sign_in_code'].map((form) => () => forger.close(form, metadata)),
    ...COMMANDS.map(
      ({ name }) =>
        () =>
          forger.command(`${name} alpha-files`),
    ),
  ]
  const answers: string[] = []
  for (let at = 0; at < tries.length; at += AT_ONCE) {
    const sent = await Promise.all(tries.slice(at, at + AT_ONCE).map((send) => send()))
    expect(sent.filter(({ status }) => status === 401)).toEqual([])
    answers.push(...sent.map(({ text }) => text))
  }
  return answers
}

/** Forms whose metadata holds other ids under the same names. */
const formsOf = ({ run, agent, trigger, workflow }: Ids): [string, object][] => [
  ['agent', { id: agent, base: 1, filled: 0 }],
  ['agent_another', { run }],
  ['second_opinion', { run }],
  ['schedule', { edits: { id: trigger, version: 1 }, zone: 'UTC', kept: {} }],
  ['step_change', { run, step: 'a' }],
  ['step_undo', { run, step: 'a' }],
  ['workflow_run', { id: workflow }],
  ['workflow_save', { run, id: workflow }],
  ['workflow_yaml', { id: workflow, base: 1 }],
]

const AT_ONCE = 20

/** Until the app has had nothing more to say for a while. */
async function quiet(said: string[]): Promise<void> {
  for (let length = -1; length !== said.length; await sleep(700)) length = said.length
}
