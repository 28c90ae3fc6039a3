import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { UserId } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { NewShare } from '../../registry/shared-connections.ts'
import { contextBlock, createModal, inputBlock, plainTextObject, sectionBlock } from '../blocks/build-blocks.ts'
import { inputBlockOf } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'

const AUDIENCES = {
  everybody: 'Everybody in this workspace',
  approvers: 'Approvers and owners',
  people: 'Only the people below',
}
const LEVELS = {
  reads: 'Only read',
  writes_ask: 'Read, and ask before each change',
  all_ask: 'Ask before every call',
}

const optionsOf = (texts: Record<string, string>) =>
  Object.entries(texts).map(([id, text]) => ({ text, id, value: id }))

/** Cards whose server keeps files in a folder of its own for each person. */
export const KEEPS_FILES = new Set(['filesystem', 'memory'])

/** The form that shares a connection with the workspace, or changes who may use it. Pure. */
export function shareModal({ id, name, card, shared }: Pick<Connection, 'id' | 'name' | 'card' | 'shared'>): ModalView {
  const what = escapeInlineMrkdwn(name)
  const before = shared?.people ?? []
  return createModal({
    id: 'share',
    title: shared ? 'Who may use it' : 'Share with the workspace',
    submit: shared ? 'Save' : 'Share',
    close: 'Cancel',
    metadata: { connection: id },
    blocks: [
      ...(shared
        ? []
        : [
            sectionBlock(
              `*${what}* becomes a workspace connection. Others then work with the account that you connected it with.${KEEPS_FILES.has(card) ? ' It starts without the files that it has kept for you.' : ''}`,
            ),
          ]),
      inputBlockOf({
        id: 'audience',
        label: 'Who may use it?',
        optional: false,
        kind: 'choice',
        options: optionsOf(AUDIENCES),
        initial: shared?.audience ?? 'everybody',
      }),
      inputBlock({
        id: 'people',
        label: 'Which people?',
        hint: 'Only for “Only the people below”. A guest may use it only if you choose them here.',
        optional: true,
        element: {
          type: 'multi_users_select',
          action_id: 'value',
          placeholder: plainTextObject('Choose people', LIMITS.placeholder),
          ...(before.length > 0 && { initial_users: before.slice(0, 100) }),
        },
      }),
      inputBlockOf({
        id: 'level',
        label: 'What may they do?',
        optional: false,
        kind: 'choice',
        options: optionsOf(LEVELS),
        initial: shared?.level ?? 'reads',
      }),
      contextBlock('Every owner can change it later. It stays when you leave. A person’s own rules cannot allow more.'),
    ],
  })
}

/** What was chosen; a word where it does not fit together. */
export function readShare(
  typed: Record<string, string | null>,
  chosen: string[],
): { share: NewShare } | { errors: Record<string, string> } {
  const { audience, level } = typed
  if (!isAudience(audience) || !isLevel(level)) return { errors: { audience: 'Please choose one.' } }
  const people = chosen.flatMap((user) => UserId.safeParse(user).data ?? [])
  if (audience === 'people' && people.length === 0) return { errors: { people: 'Please choose who may use it.' } }
  return { share: { audience, people: audience === 'people' ? people : [], level } }
}

const isAudience = (value: string | null | undefined): value is NewShare['audience'] =>
  value != null && Object.hasOwn(AUDIENCES, value)
const isLevel = (value: string | null | undefined): value is NewShare['level'] =>
  value != null && Object.hasOwn(LEVELS, value)
