import type { ModalView } from '@slack/types'
import type { CardDraft } from '../../connect/own-cards/own-card-types.ts'
import type { Connection } from '../../registry/connection.ts'
import { contextBlock, createModal, sectionBlock } from '../blocks/build-blocks.ts'
import { inputBlockOf, type ModalField } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'

const FOR_ME = 'me'
export const FOR_WORKSPACE = 'workspace'

export const labelFieldId = (input: string): string => `label ${input}`

/** Asks what to call a card made of a connection, and for whom it is. */
export function saveCardModal(connection: Connection, draft: CardDraft): ModalView {
  const host = URL.parse(draft.url)?.host ?? draft.url
  return createModal({
    id: 'card_save',
    title: 'Save as a run card',
    submit: 'Save',
    close: 'Cancel',
    metadata: { connection: connection.id },
    blocks: [
      sectionBlock(
        `Whoever uses the card connects *${escapeInlineMrkdwn(host)}* without knowing its address. Your keys are not in it: each person enters their own.`,
      ),
      ...fieldsOf(connection, draft).map(inputBlockOf),
      contextBlock('Its tools ask before they run. Once it is shared, an owner can say which of them only read.'),
    ],
  })
}

function fieldsOf({ name, entry }: Connection, { headers, inputs }: CardDraft): ModalField[] {
  return [
    {
      id: 'title',
      label: 'Name',
      optional: false,
      kind: 'text',
      max: 48,
      initial: entry?.title ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' '),
    },
    {
      id: 'icon',
      label: 'Icon',
      hint: 'An emoji, such as :seedling:',
      optional: false,
      kind: 'text',
      max: 60,
      initial: ':electric_plug:',
    },
    {
      id: 'description',
      label: 'What it is for',
      hint: 'Search finds it by these words, too.',
      optional: true,
      kind: 'text',
      max: 100,
    },
    ...inputs.map(
      (input): ModalField => ({
        id: labelFieldId(input.name),
        label: `What people enter for the header ${headerOf(headers, input.name)}`,
        optional: false,
        kind: 'text',
        max: 48,
        initial: input.label,
      }),
    ),
    {
      id: 'who',
      label: 'For whom',
      optional: false,
      kind: 'choice',
      initial: FOR_ME,
      options: [
        { text: 'Only me', id: FOR_ME, value: FOR_ME },
        { text: 'Everyone here, once an owner says yes', id: FOR_WORKSPACE, value: FOR_WORKSPACE },
      ],
    },
  ]
}

const headerOf = (headers: CardDraft['headers'], input: string): string =>
  Object.entries(headers).find(([, value]) => value.includes(`{${input}}`))?.[0] ?? input
