import type { AlertBlock, InputBlock, KnownBlock, ModalView, StaticSelect } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CardInfo } from '../../connect/connect-types.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  createModal,
  createOption,
  inputBlock,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { inputBlockOf, type ModalField, textOption } from '../blocks/modal-fields.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import { cardAboutBlocks } from './card-about-blocks.ts'
import { type SecretEntryState, secretEntryBlock, shownSecretsOf } from './secret-entry-block.ts'

/** The modal's metadata; never holds what was typed. */
export type ConnectMetadata = {
  card?: string
  channel?: string
  connection?: string
  /** All fields are shown. */
  more?: boolean
  /** A failure stands on top. */
  alert?: boolean
  /** The page on which its secrets were entered. */
  entry?: string
  /** Tells the secrets' fields from those before, which Slack would fill in again. */
  attempt?: string
}

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
  /** What to know before filling it in again. */
  note?: string
  /** The page for its secrets; left out: they are typed into the form. */
  secrets?: SecretEntryState
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
  const more = showsMore(form)
  const note = form.note === undefined ? [] : [contextBlock(escapeMrkdwn(form.note))]
  const top = reconnects || card.entry !== undefined ? [] : [cardPickerBlock(form.cards, card)]
  return createModal({
    id: 'connect',
    title: reconnects ? 'Reconnect' : 'Connect a tool',
    submit: reconnects ? 'Reconnect' : 'Connect',
    close: 'Cancel',
    metadata: metadataOf(form, more),
    blocks: [
      ...alert,
      ...note,
      ...top,
      ...cardAboutBlocks(card),
      ...fieldsOf(form, more).map(inputBlockOf),
      ...secretBlocks(form, more),
      ...moreBlocks(card, more),
    ],
  })
}

function metadataOf({ card, metadata, alert }: ConnectForm, more: boolean): ConnectMetadata {
  const { card: _card, more: _more, alert: _alert, ...kept } = metadata
  return { ...kept, card: card.name, ...(more && { more }), ...(alert !== undefined && { alert: true }) }
}

/** The few fields that most people need, the name where they look for it, and on request the rest. */
function fieldsOf(form: ConnectForm, more: boolean): ModalField[] {
  const { card, metadata, name } = form
  const fields = (rare: boolean) =>
    card.inputs
      .filter((field) => (field.more ?? false) === rare && !(field.secret && form.secrets !== undefined))
      .map((field) => inputFieldOf(field, form))
  const named = metadata.connection === undefined ? [nameField(card, name)] : []
  const usual = card.named === 'by_address' ? [...fields(false), ...named] : [...named, ...fields(false)]
  return more ? [...usual, ...fields(true)] : usual
}

/** On a page of ours, or a word on who sees what is typed here. */
function secretBlocks({ card, secrets, metadata }: ConnectForm, more: boolean): KnownBlock[] {
  const fields = shownSecretsOf(card, more)
  if (fields.length === 0) return []
  return secrets === undefined
    ? [contextBlock('What you type here passes through Slack, as any message does.')]
    : [secretEntryBlock(fields, secrets, metadata.connection !== undefined)]
}

/** What was filled in is never hidden. */
const showsMore = ({ card, values, metadata }: ConnectForm): boolean =>
  metadata.more === true ||
  card.inputs.some(({ name, more, default: usual }) => more && values[name] && values[name] !== usual)

function moreBlocks({ inputs }: CardInfo, more: boolean): KnownBlock[] {
  const rare = inputs.filter((field) => field.more).map(({ label }) => label)
  if (more || rare.length === 0) return []
  const accessibilityLabel = `More fields: ${rare.join(', ')}`
  return [actionsBlock([createButton({ text: 'More', action: 'connect_more', value: 'more', accessibilityLabel })])]
}

/** What is longer than an alert takes goes on below it. */
function alertBlocks(words: string | undefined): KnownBlock[] {
  if (words === undefined) return []
  const [first, rest] = splitAlert(words)
  const alert: AlertBlock = { type: 'alert', level: 'error', text: plainTextObject(first, LIMITS.alert) }
  return rest === '' ? [alert] : [alert, sectionBlock(escapeMrkdwn(rest))]
}

/** At the end of a sentence where there is one, else of a word. */
function splitAlert(words: string): [first: string, rest: string] {
  if (words.length <= LIMITS.alert) return [words, '']
  const head = words.slice(0, LIMITS.alert)
  const end = Math.max(...[...head.matchAll(/[.!?](?= )/g)].map(({ index }) => index + 1), 0) || head.lastIndexOf(' ')
  const at = end > 0 ? end : LIMITS.alert - 1
  return [end > 0 ? words.slice(0, at) : `${words.slice(0, at)}…`, words.slice(at).trim()]
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
  description: plainTextObject(aboutCard(card), LIMITS.option.description),
})

/** What people saved may have one title twice; where each leads tells them apart. */
const aboutCard = ({ description, entry }: CardInfo): string =>
  [entry?.host ?? '', description].filter(Boolean).join(': ')

/** Slack keeps typed values while block_id and action_id stay the same; the card's name in one resets the field for another card. */
const fieldId = (card: string, field: string): string => `${card}.${field}`

const nameField = ({ name: card, named }: CardInfo, name: string): ModalField => ({
  id: 'name',
  action: fieldId(card, 'name'),
  label: 'Name',
  hint:
    named === 'by_address'
      ? 'What you will call this connection. Leave it empty to take it from the address.'
      : 'What you will call this connection: lowercase letters, digits and dashes.',
  optional: named === 'by_address',
  kind: 'text',
  initial: name,
  max: 32,
})

/** A card's input as a field. A secret gets no initial value. */
function inputFieldOf(field: Field, form: ConnectForm): ModalField {
  const { card, values, metadata } = form
  const { name, label, secret, required, choices, example } = field
  const reconnects = metadata.connection !== undefined
  const initial = values[name] || field.default
  const options = choices?.slice(0, LIMITS.options.select).map(textOption)
  return {
    id: name,
    action: fieldId(card.name, secret && metadata.attempt !== undefined ? `${name}.${metadata.attempt}` : name),
    label,
    hint: hintOf(field, reconnects),
    // A field left empty may be filled from the operator's settings, so the check is ours, not Slack's.
    optional: !required || (reconnects && secret) || (field.instead !== undefined && showsMore(form)),
    ...(options
      ? { kind: 'choice', options, initial }
      : {
          kind: 'text',
          initial: secret ? undefined : initial,
          placeholder: example,
          ...(field.lines && { multiline: true }),
        }),
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
