import type { AuditRow } from '../../policy/audit/audit-rows.ts'
import { truncate } from '../../text.ts'
import { escapeMrkdwn, formatDate, mentionOf } from '../blocks/text.ts'

/** Kinds of rows that can be looked for, by how their actions begin. */
export const AUDIT_KINDS: Record<string, { text: string; actions: string[] }> = {
  calls: { text: 'Calls', actions: ['call_'] },
  decisions: { text: 'Approvals and answers', actions: ['approval_', 'denial_', 'input_'] },
  runs: { text: 'Stopped and repeated requests', actions: ['run_'] },
  connections: { text: 'Connections and their tools', actions: ['connection', 'tool'] },
  secrets: { text: 'Secrets', actions: ['credential'] },
  rules: { text: 'Rules and settings', actions: ['rule_', 'settings_', 'approvers_', 'owners_', 'connectors_'] },
  cards: { text: 'Cards that people made', actions: ['card_'] },
  app: { text: 'The app itself, and forgotten people', actions: ['app_', 'person_'] },
}

/** What each action says of the person; `{call}` is the tool and its connection, `{name}` what it is about. */
const SENTENCES: Record<string, string | undefined> = {
  call_allowed: '{call} needed no approval, for',
  call_asked: '{call} had to wait for approval, for',
  call_denied: '{call} was not allowed, for',
  call_judged: '{call} was judged, for',
  call_made: '{call} was called for',
  call_returned: '{call} ended: {outcome}, for',
  approval_approved: 'A call was approved by',
  approval_denied: 'A call was denied by',
  approval_expired: 'Nobody decided on a call in time. Noted by',
  approval_stopped: 'A call that waited for approval was ended by',
  approval_withdrawn: 'A call that waited for approval was withdrawn by',
  approval_voted: 'A call that several have to approve was approved by',
  approval_changed: 'A call that waited for approval was changed by',
  denial_explained: 'A reason for a denial was given by',
  input_accept: 'A server’s question was answered by',
  input_decline: 'A server’s question was declined by',
  input_cancel: 'A server’s question was closed by',
  input_expired: 'Nobody answered a server’s question in time. Noted by',
  run_stopped: 'A request was stopped by',
  run_repeated: 'A request was repeated by',
  rule_added: 'A rule was made by',
  rule_revoked: 'A rule was removed by',
  settings_changed: 'Settings were changed by',
  approvers_set: 'Approvers were chosen by',
  owners_set: 'Owners were named by',
  connectors_set: 'Who may connect was changed by',
  connection_added: '{name} was connected by',
  connection_removed: '{name} was disconnected by',
  connection_replaced: '{name} was reconnected by',
  connection_secured: 'A key of {name} was moved to the credential store by',
  connections_removed: 'All connections were removed by',
  credential_opened: 'The secret of {name} was opened for',
  credentials_checked: 'All saved credentials were checked by',
  credentials_moved: 'All saved credentials were moved by',
  credentials_key_replaced: 'All saved credentials got a new key from',
  tools_changed: 'The server of {name} changed its tools. Noted by',
  tool_changes_accepted: 'Changed tools of {name} were accepted by',
  card_saved: 'The card {name} was saved by',
  card_removed: 'The card {name} was removed by',
  card_shared: 'The card {name} was shared by',
  card_sharing_asked: 'Sharing the card {name} was asked for by',
  card_sharing_refused: 'Sharing the card {name} was refused by',
  card_tools_classed: 'Tools of the card {name} were classed by',
  app_installed: 'The app was installed by',
  app_uninstalled: 'The app was removed. Told by',
  person_forgotten: 'All that I kept of them was removed for',
}

const OUTCOMES: Record<string, string | undefined> = {
  ok: 'done',
  error: 'the tool said no',
  failed: 'it failed',
  cancelled: 'cancelled',
  unknown: 'outcome unknown',
  refused: 'not done',
}

/** A row as a person reads it. Pure. */
export function auditSentenceOf(row: AuditRow): string {
  const { action, actor } = row
  const sentence = SENTENCES[action] ?? `${action.replaceAll('_', ' ')}:`
  return `${sentence.replace(/\{(call|name|outcome)\}/g, (_all, part: string) => partOf(row, part))} ${actorText(actor)}`
}

export const auditDateOf = ({ at, row }: AuditRow): string => `${formatDate(at)} · row ${row}`

function partOf({ details, connection }: AuditRow, part: string): string {
  if (part === 'outcome') return OUTCOMES[textOf(details.outcome)] ?? 'it ended'
  if (part === 'name')
    return bold(textOf(connection ?? details.name ?? details.title ?? details.card)) || 'a connection'
  const tool = bold(textOf(details.tool)) || 'a tool'
  return `${tool} of ${connection === undefined ? 'a removed connection' : bold(connection)}`
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const bold = (text: string): string => (text === '' ? '' : `*${escapeMrkdwn(truncate(text, 80))}*`)

/** Whoever was forgotten is told apart from others by a part of their hash. */
function actorText(actor: string): string {
  if (/^[UW][A-Z0-9]+$/.test(actor)) return mentionOf(actor)
  if (actor.startsWith('person-')) return `somebody who was forgotten (${actor.slice(7, 15)})`
  return actor === 'slack' ? 'Slack' : 'Patchbay'
}
