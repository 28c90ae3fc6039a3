import { WORKSPACE_USER } from '../../ids.ts'
import type { AuditRow } from '../../policy/audit/audit-rows.ts'
import type { SharedChange } from '../../registry/shared-connections.ts'
import { truncate } from '../../text.ts'
import { withCapital } from '../answer/describe-calls.ts'
import { escapeMrkdwn, formatDate, mentionOf } from '../blocks/text.ts'

/** Kinds of rows that can be looked for, by how their actions begin. */
export const AUDIT_KINDS: Record<string, { text: string; actions: string[] }> = {
  calls: { text: 'Calls', actions: ['call_'] },
  decisions: { text: 'Approvals and answers', actions: ['approval_', 'denial_', 'input_'] },
  runs: { text: 'Stopped and repeated requests', actions: ['run_'] },
  triggers: { text: 'Scheduled tasks and triggers', actions: ['trigger_'] },
  connections: { text: 'Connections and their tools', actions: ['connection', 'shared_', 'tool'] },
  secrets: { text: 'Secrets', actions: ['credential'] },
  rules: { text: 'Rules and settings', actions: ['rule_', 'settings_', 'approvers_', 'owners_', 'connectors_'] },
  cards: { text: 'Cards and agents that people made', actions: ['card_', 'agent_'] },
  workflows: { text: 'Workflows', actions: ['workflow'] },
  app: { text: 'The app itself, and forgotten people', actions: ['app_', 'person_'] },
}

/** `{who}` is the actor, `{call}` the tool and its connection, `{name}` what it is about. */
const SENTENCES: Record<string, string | undefined> = {
  call_allowed: '{who} needed no approval for {call}',
  call_asked: '{who} had to wait for approval of {call}',
  call_denied: '{who} was not allowed to use {call}',
  call_judged: '{call} was judged for {who}',
  call_made: '{call} was called for {who}',
  call_returned: '{call} ended for {who}: {outcome}',
  approval_approved: '{who} approved a call',
  approval_denied: '{who} denied a call',
  approval_expired: 'Nobody decided on a call in time',
  approval_stopped: '{who} ended a call that waited for approval',
  approval_withdrawn: '{who} withdrew a call that waited for approval',
  approval_voted: '{who} approved a call that several people have to approve',
  approval_changed: '{who} changed a call that waited for approval',
  denial_explained: '{who} gave a reason for a denial',
  input_accept: '{who} answered a server’s question',
  input_decline: '{who} declined a server’s question',
  input_cancel: '{who} closed a server’s question',
  input_expired: 'Nobody answered a server’s question in time',
  run_stopped: '{who} stopped a request',
  run_step_resumed: '{who} said how a step of a workflow goes on',
  run_repeated: '{who} repeated a request',
  trigger_saved: '{who} saved a scheduled task or trigger',
  trigger_paused: '{who} paused a scheduled task or trigger',
  trigger_resumed: '{who} let a scheduled task or trigger go on',
  trigger_deleted: '{who} deleted a scheduled task or trigger',
  rule_added: '{who} made a rule',
  rule_revoked: '{who} removed a rule',
  settings_changed: '{who} changed the settings',
  approvers_set: '{who} chose the approvers',
  owners_set: '{who} named the owners',
  connectors_set: '{who} changed who may connect a service',
  connection_added: '{who} connected {name}',
  connection_removed: '{who} disconnected {name}',
  connection_replaced: '{who} reconnected {name}',
  connection_secured: '{who} moved a key of {name} to the credential store',
  connection_shared: '{who} {shared} {name}',
  shared_connection_managed: '{who} began to {act} the workspace connection {name}',
  connections_removed: '{who} removed all connections',
  credential_opened: 'The secret of {name} was opened for {who}',
  credentials_checked: '{who} checked all saved credentials',
  credentials_moved: '{who} moved all saved credentials',
  credentials_key_replaced: '{who} gave all saved credentials a new key',
  tools_changed: 'The server of {name} changed its tools',
  tool_changes_accepted: '{who} accepted changed tools of {name}',
  card_saved: '{who} saved the card {name}',
  card_removed: '{who} removed the card {name}',
  card_shared: '{who} shared the card {name}',
  card_sharing_asked: '{who} asked to share the card {name}',
  card_sharing_refused: '{who} refused to share the card {name}',
  card_tools_classed: '{who} said what the tools of the card {name} do',
  agent_saved: '{who} saved the agent {name}',
  agent_shared: '{who} shared the agent {name}',
  agent_unshared: '{who} stopped sharing the agent {name}',
  agent_archived: '{who} archived the agent {name}',
  agent_of_channel_set: '{who} chose who answers in a channel where nobody is named',
  workflow_saved: '{who} saved the workflow {name}',
  workflow_shared: '{who} shared the workflow {name}',
  workflow_unshared: '{who} stopped sharing the workflow {name}',
  workflow_archived: '{who} archived the workflow {name}',
  app_installed: '{who} installed the app',
  app_uninstalled: 'The app was removed from this workspace',
  person_forgotten:
    'A person was forgotten: their words, rules and connections were deleted. The audit calls them {who}',
}

const OUTCOMES: Record<string, string | undefined> = {
  ok: 'done',
  error: 'the tool reported an error',
  failed: 'it failed',
  cancelled: 'cancelled',
  unknown: 'outcome unknown',
  refused: 'not done',
}

/** What an owner did with a workspace connection, by what the row calls it. */
const ACTS: Record<SharedChange, string> = {
  replace: 'reconnect',
  'sign in': 'sign in to',
  disconnect: 'disconnect',
  'accept changes': 'accept changed tools of',
}

/** A row as a person reads it. Pure. */
export function auditSentenceOf(row: AuditRow): string {
  const sentence = sentenceFor(row.action) ?? `{who}: ${row.action.replaceAll('_', ' ')}`
  return withCapital(sentence.replace(/\{(\w+)\}/g, (_all, part: string) => partOf(row, part)))
}

export const sentenceFor = (action: string): string | undefined =>
  Object.hasOwn(SENTENCES, action) ? SENTENCES[action] : undefined

export const auditDateOf = ({ at, row }: AuditRow): string => `${formatDate(at)} · row ${row}`

function partOf({ actor, details, connection }: AuditRow, part: string): string {
  switch (part) {
    case 'who':
      return actorText(actor)
    case 'outcome':
      return OUTCOMES[textOf(details.outcome)] ?? 'it ended'
    case 'act':
      return Object.entries(ACTS).find(([act]) => act === details.act)?.[1] ?? 'change'
    case 'shared':
      return details.before == null ? 'shared' : 'changed who may use'
    case 'name':
      return bold(textOf(connection ?? details.name ?? details.title ?? details.card)) || 'a connection'
    default: {
      const tool = bold(textOf(details.tool)) || 'a tool'
      return `${tool} of ${connection === undefined ? 'a removed connection' : bold(connection)}`
    }
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const bold = (text: string): string => (text === '' ? '' : `*${escapeMrkdwn(truncate(text, 80))}*`)

/** Whoever was forgotten is told apart from others by a part of their hash. */
function actorText(actor: string): string {
  if (actor === WORKSPACE_USER) return 'the operator’s file'
  if (/^[UW][A-Z0-9]+$/.test(actor)) return mentionOf(actor)
  if (actor.startsWith('person-')) return `forgotten person ${actor.slice(7, 15)}`
  return actor === 'slack' ? 'Slack' : 'Patchbay'
}
