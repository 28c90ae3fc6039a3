import type { KnownBlock, ModalView } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { parseJson } from '../../json.ts'
import type { AuditQuery, AuditRow } from '../../policy/audit/audit-rows.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  DIVIDER_BLOCK,
  inputBlock,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { inputBlockOf } from '../blocks/modal-fields.ts'
import { escapeMrkdwn, mentionOf } from '../blocks/text.ts'
import { AUDIT_KINDS, auditDateOf, auditSentenceOf } from './audit-text.ts'

/** What an owner looks for, and where in it they are; the modal carries it in its metadata. */
const AuditView = z.object({
  user: z.string().optional(),
  connection: z.object({ id: z.string(), name: z.string() }).optional(),
  kind: z.string().optional(),
  /** A day, UTC. */
  since: z.iso.date().optional(),
  page: z.number(),
  /** The newest row when the list was opened, so that the pages stay as they are. */
  upTo: z.number().optional(),
})
export type AuditView = z.infer<typeof AuditView>
export const AUDIT_PAGE_SIZE = 10

export const readAuditView = (metadata: string): AuditView => AuditView.parse(parseJson(metadata))

export const auditQueryOf = ({ user, connection, kind, since }: AuditView): AuditQuery => ({
  user,
  connection: connection?.id,
  actions: kind === undefined ? undefined : AUDIT_KINDS[kind]?.actions,
  since: since === undefined ? undefined : new Date(since),
})

/** A page of the audit; `rows` holds one more where there is a next page. Pure. */
export function auditModal(view: AuditView, rows: AuditRow[]): ModalView {
  const shown = rows.slice(0, AUDIT_PAGE_SIZE)
  const turn = (text: string, to: number) =>
    createButton({ text, action: `audit_page:${text.toLowerCase()}`, value: String(to) })
  const buttons = [
    ...(view.page > 0 ? [turn('Newer', view.page - 1)] : []),
    ...(rows.length > AUDIT_PAGE_SIZE ? [turn('Older', view.page + 1)] : []),
  ]
  return createModal({
    id: 'audit',
    title: 'Audit',
    metadata: view,
    blocks: [
      sectionBlock(`${filterText(view)}${view.page > 0 ? `, page ${view.page + 1}` : ''}`),
      actionsBlock([
        createButton({ text: 'Filter', action: 'audit_filter', value: 'filter' }),
        createButton({ text: 'Send me CSV', action: 'audit_file:csv', value: 'csv' }),
        createButton({ text: 'Send me JSON Lines', action: 'audit_file:jsonl', value: 'jsonl' }),
      ]),
      DIVIDER_BLOCK,
      ...(shown.length === 0
        ? [contextBlock('No rows match. Press Filter to look for something else.')]
        : shown.flatMap(rowBlocks)),
      ...(buttons.length === 0 ? [] : [actionsBlock(buttons)]),
    ],
  })
}

const rowBlocks = (row: AuditRow): KnownBlock[] => [sectionBlock(auditSentenceOf(row)), contextBlock(auditDateOf(row))]

function filterText({ user, connection, kind, since }: AuditView): string {
  const parts = [
    ...(user === undefined ? [] : [`by ${mentionOf(user)}`]),
    ...(connection === undefined ? [] : [`with ${escapeMrkdwn(connection.name)}`]),
    ...(since === undefined ? [] : [`since ${since}`]),
  ]
  const what = kind === undefined ? 'Everything' : (AUDIT_KINDS[kind]?.text ?? 'Everything')
  return `*${[what, ...parts].join(' ')}*, the newest first`
}

type NamedConnection = { id: string; name: string }

/** The form that says what to look for; `list` is the modal that shows it. Pure. */
export const auditFilterModal = (view: AuditView, list: string, connections: NamedConnection[]): ModalView =>
  createModal({
    id: 'audit_filter',
    title: 'Filter the audit',
    submit: 'Show',
    close: 'Cancel',
    metadata: { list },
    blocks: [
      inputBlock({
        id: 'user',
        label: 'Done by whom?',
        hint: 'Leave empty for everybody.',
        optional: true,
        element: {
          type: 'users_select',
          action_id: 'value',
          placeholder: plainTextObject('Everybody', LIMITS.placeholder),
          ...(view.user !== undefined && { initial_user: view.user }),
        },
      }),
      ...(connections.length === 0
        ? []
        : [
            inputBlockOf({
              id: 'connection',
              label: 'Which connection?',
              optional: true,
              initial: view.connection?.id,
              kind: 'choice',
              options: connections.map(({ id, name }) => ({ id, text: name, value: id })),
            }),
          ]),
      inputBlockOf({
        id: 'kind',
        label: 'What was done?',
        optional: true,
        initial: view.kind,
        kind: 'choice',
        options: Object.entries(AUDIT_KINDS).map(([id, { text }]) => ({ id, text, value: id })),
      }),
      inputBlockOf({ id: 'since', label: 'Since which day?', optional: true, initial: view.since, kind: 'date' }),
    ],
  })

/** What was chosen in the form. */
export function readAuditFilter(typed: Record<string, string | null>, connections: NamedConnection[]): AuditView {
  const connection = connections.find(({ id }) => id === typed.connection)
  return {
    page: 0,
    ...(typed.user && { user: typed.user }),
    ...(connection && { connection }),
    ...(typed.kind && Object.hasOwn(AUDIT_KINDS, typed.kind) && { kind: typed.kind }),
    ...(typed.since && { since: typed.since }),
  }
}
