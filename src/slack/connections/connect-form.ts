import type { AlertBlock, InputBlock, KnownBlock, ModalView, StaticSelect } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CardInfo } from '../../connect/connect-types.ts'
import {
  actionsBlock,
  contextBlock,
  createCommandButton,
  createModal,
  createOption,
  inputBlock,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { inputBlockOf, type ModalField, textOption } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, escapeMrkdwn } from '../blocks/text.ts'

/** The modal's metadata; never holds what was typed. */
export type ConnectMetadata = { card?: string; channel?: string; connection?: string }

type Field = CardInfo['inputs'][number]

export type ConnectForm = {
  cards: CardInfo[]
  card: CardInfo
  name: string
  /** What was typed before, without secrets. */
  values: Record<string, string>
  metadata: ConnectMetadata
  /** What failed and what to do. */
  alert?: string
}

/** The modal that asks which service to connect. */
export function connectPickerModal(cards: CardInfo[], metadata: ConnectMetadata): ModalView {
  return createModal({
    id: 'connect',
    title: 'Connect a tool',
    submit: 'Continue',
    close: 'Cancel',
    metadata,
    blocks: [
      cardPickerBlock(cards, undefined),
      actionsBlock([createCommandButton('Find a tool', 'search')]),
      contextBlock('Type to search. What you connect is yours alone; nobody else can use it.'),
    ],
  })
}

/** The modal that asks for a card's inputs; with `metadata.connection` it reconnects that connection. */
export function connectModal(form: ConnectForm): ModalView {
  const { card, metadata } = form
  const reconnects = metadata.connection !== undefined
  const alert = alertBlocks(form.alert)
  const about = card.entry === undefined ? [cardBlock(card)] : entryBlocks(card, card.entry)
  const fields = card.inputs.map((field) => inputFieldOf(field, form))
  const top = reconnects || card.entry !== undefined ? [] : [cardPickerBlock(form.cards, card)]
  return createModal({
    id: 'connect',
    title: reconnects ? 'Reconnect' : 'Connect a tool',
    submit: reconnects ? 'Reconnect' : 'Connect',
    close: 'Cancel',
    metadata: { ...metadata, card: card.name },
    blocks: [
      ...alert,
      ...top,
      ...about,
      ...[...(reconnects ? [] : [nameField(card.name, form.name)]), ...fields].map(inputBlockOf),
    ],
  })
}

const cardBlock = (card: CardInfo): KnownBlock =>
  sectionBlock(
    `${card.icon} *${escapeMrkdwn(card.title)}*: ${escapeMrkdwn(card.description)} <${card.docs}|Learn more>`,
  )

/** A registry entry's description is untrusted, so its name and host are shown, too. */
const entryBlocks = (card: CardInfo, { name, host, own }: NonNullable<CardInfo['entry']>): KnownBlock[] =>
  own === true ? ownCardBlocks(card, host) : publishedBlocks(card, name, host)

/** Where it leads is what a person can judge it by. */
const ownCardBlocks = (card: CardInfo, host: string): KnownBlock[] => [
  sectionBlock(
    [`${card.icon} *${escapeInlineMrkdwn(card.title)}*`, escapeInlineMrkdwn(card.description)]
      .filter(Boolean)
      .join(': '),
  ),
  contextBlock(
    `What you fill in and ask goes to *${escapeInlineMrkdwn(host)}*. Patchbay has not checked it: each of its tools asks before it runs, unless an owner here says that it only reads.`,
  ),
]

const publishedBlocks = (card: CardInfo, name: string, host: string): KnownBlock[] => [
  sectionBlock(
    `${card.icon} *${escapeInlineMrkdwn(card.title)}*: ${escapeInlineMrkdwn(card.description)} <${card.docs}|Learn more>`,
  ),
  contextBlock(
    `From the public MCP registry (${escapeInlineMrkdwn(name)}), not checked by us. What you fill in and ask goes to *${escapeInlineMrkdwn(host)}*. Each of its tools asks before it runs.`,
  ),
]

/** A message longer than an alert takes is repeated in full below it. */
function alertBlocks(words: string | undefined): KnownBlock[] {
  if (words === undefined) return []
  const alert: AlertBlock = { type: 'alert', level: 'error', text: plainTextObject(words, LIMITS.alert) }
  return words.length > LIMITS.alert ? [alert, contextBlock(escapeMrkdwn(words))] : [alert]
}

function cardPickerBlock(cards: CardInfo[], chosen: CardInfo | undefined): InputBlock {
  const categories = [...new Set(cards.map((card) => card.category))].slice(0, LIMITS.options.groups)
  const element: StaticSelect = {
    type: 'static_select',
    action_id: 'connect_pick',
    placeholder: plainTextObject('Search services', LIMITS.placeholder),
    option_groups: categories.map((category) => ({
      label: plainTextObject(category, LIMITS.option.groupLabel),
      options: cards
        .filter((card) => card.category === category)
        .slice(0, LIMITS.options.select)
        .map(cardOption),
    })),
    ...(chosen && { initial_option: cardOption(chosen) }),
  }
  return { ...inputBlock({ id: 'card', label: 'Service', optional: false, element }), dispatch_action: true }
}

const cardOption = (card: CardInfo) => ({
  ...createOption(card.title, card.name),
  description: plainTextObject(card.description, LIMITS.option.description),
})

/** Slack keeps typed values while block_id and action_id stay the same; the card's name in one resets the field for another card. */
const fieldId = (card: string, field: string): string => `${card}.${field}`

const nameField = (card: string, name: string): ModalField => ({
  id: 'name',
  action: fieldId(card, 'name'),
  label: 'Name',
  hint: 'What you will call this connection: lowercase letters, digits and dashes.',
  optional: false,
  kind: 'text',
  initial: name,
  max: 32,
})

/** A card's input as a field. A secret gets no initial value. */
function inputFieldOf(field: Field, { card, values, metadata }: ConnectForm): ModalField {
  const { name, label, secret, required, choices, example } = field
  const reconnects = metadata.connection !== undefined
  const initial = values[name] ?? field.default
  const options = choices?.slice(0, LIMITS.options.select).map(textOption)
  return {
    id: name,
    action: fieldId(card.name, name),
    label,
    hint: hintOf(field, reconnects),
    // A field left empty may be filled from the operator's settings, so the check is ours, not Slack's.
    optional: !required || (reconnects && secret),
    ...(options
      ? { kind: 'choice', options, initial }
      : { kind: 'text', initial: secret ? undefined : initial, placeholder: example }),
  }
}

function hintOf(field: Field, reconnects: boolean): string {
  const kept = reconnects ? 'Leave empty to keep the saved one. ' : ''
  return field.secret ? `${field.hint} ${kept}Stored encrypted, never shown again.`.trim() : field.hint
}

/** The modal shown while the server is tested. */
export const connectTestingModal = (card: CardInfo, name: string): ModalView =>
  createModal({
    id: 'connect_testing',
    title: 'Testing…',
    blocks: [
      sectionBlock(
        `:hourglass_flowing_sand: *Testing…* I am connecting *${escapeMrkdwn(name)}* (${escapeMrkdwn(card.title)}) and listing its tools.`,
      ),
      contextBlock(
        'This takes a few seconds, a little longer the first time. You can close this; I will tell you how it went.',
      ),
    ],
  })
