import type {
  ActionsBlock,
  ActionsBlockElement,
  Button,
  ContextBlock,
  HeaderBlock,
  InputBlock,
  KnownBlock,
  ModalView,
  PlainTextElement,
  PlainTextOption,
  SectionBlock,
} from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { clip } from './text.ts'

/** What is said to a person: blocks, and the same in words for notifications and screen readers. */
export type Saying = { text: string; blocks: KnownBlock[] }

export const plain = (text: string, max: number = LIMITS.text): PlainTextElement => ({
  type: 'plain_text',
  text: clip(text, max),
  emoji: true,
})

export const section = (mrkdwn: string, accessory?: Button): SectionBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: clip(mrkdwn, LIMITS.section.text) },
  ...(accessory && { accessory }),
})

export const context = (...mrkdwn: string[]): ContextBlock => ({
  type: 'context',
  elements: mrkdwn.slice(0, LIMITS.context).map((text) => ({ type: 'mrkdwn', text: clip(text, LIMITS.text) })),
})

export const header = (text: string): HeaderBlock => ({ type: 'header', text: plain(text, LIMITS.header) })

export const divider: KnownBlock = { type: 'divider' }

export const actions = (elements: ActionsBlockElement[], blockId?: string): ActionsBlock => ({
  type: 'actions',
  elements,
  ...(blockId && { block_id: clip(blockId, LIMITS.id) }),
})

type ButtonWords = { text: string; action: string; value: string; style?: 'primary' | 'danger'; says?: string }

/** `action` may carry `:something` to be unique in its block; listeners look at what stands before the colon. */
export const button = ({ text, action, value, style, says }: ButtonWords): Button => ({
  type: 'button',
  text: plain(text, LIMITS.button.text),
  action_id: action,
  value: clip(value, LIMITS.button.value),
  ...(style && { style }),
  ...(says && { accessibility_label: clip(says, LIMITS.button.accessibilityLabel) }),
})

/** A button that does what `/mcp <words>` does. */
export const commandButton = (text: string, words: string, style?: 'primary' | 'danger'): Button =>
  button({ text, action: `command_run:${clip(words, 200)}`, value: words, ...(style && { style }) })

export const option = (text: string, value: string): PlainTextOption => ({
  text: plain(text, LIMITS.option.text),
  value,
})

type InputWords = { id: string; label: string; hint?: string; optional: boolean; element: InputBlock['element'] }

/** Slack says "(optional)" itself; a tool's own title for an argument may say it too. */
const withoutOptional = (label: string): string => label.replace(/\s*\(optional\)/gi, '') || label

export const input = ({ id, label, hint, optional, element }: InputWords): InputBlock => ({
  type: 'input',
  block_id: id,
  label: plain(withoutOptional(label), LIMITS.input.label),
  optional,
  element,
  ...(hint && { hint: plain(hint, LIMITS.input.hint) }),
})

type ModalWords = { id: string; title: string; blocks: KnownBlock[]; submit?: string; close?: string; keep?: unknown }

/** `keep` comes back with every press and submit of the modal. */
export const modal = ({ id, title, blocks, submit, close, keep }: ModalWords): ModalView => ({
  type: 'modal',
  callback_id: id,
  title: plain(title, LIMITS.view.title),
  close: plain(close ?? 'Close', LIMITS.view.close),
  blocks: blocks.slice(0, LIMITS.view.blocks),
  ...(submit && { submit: plain(submit, LIMITS.view.submit) }),
  ...(keep !== undefined && { private_metadata: JSON.stringify(keep) }),
})

/** A saying as a modal to read. */
export const readingModal = (title: string, saying: Saying, id = 'reading'): ModalView =>
  modal({ id, title, blocks: saying.blocks })
