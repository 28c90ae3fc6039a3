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
import { truncate } from './text.ts'

/** What is said to a person: blocks, and the same in words for notifications and screen readers. */
export type MessageContent = { text: string; blocks: KnownBlock[] }

export const plainTextObject = (text: string, max: number = LIMITS.text): PlainTextElement => ({
  type: 'plain_text',
  text: truncate(text, max),
  emoji: true,
})

export const sectionBlock = (mrkdwn: string, accessory?: Button): SectionBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: truncate(mrkdwn, LIMITS.section.text) },
  ...(accessory && { accessory }),
})

export const contextBlock = (...mrkdwn: string[]): ContextBlock => ({
  type: 'context',
  elements: mrkdwn.slice(0, LIMITS.context).map((text) => ({ type: 'mrkdwn', text: truncate(text, LIMITS.text) })),
})

export const headerBlock = (text: string): HeaderBlock => ({
  type: 'header',
  text: plainTextObject(text, LIMITS.header),
})

export const DIVIDER_BLOCK: KnownBlock = { type: 'divider' }

export const actionsBlock = (elements: ActionsBlockElement[], blockId?: string): ActionsBlock => ({
  type: 'actions',
  elements,
  ...(blockId && { block_id: truncate(blockId, LIMITS.id) }),
})

type ButtonWords = { text: string; action: string; value: string; style?: 'primary' | 'danger'; says?: string }

/** `action` may carry `:something` to be unique in its block; listeners look at what stands before the colon. */
export const createButton = ({ text, action, value, style, says }: ButtonWords): Button => ({
  type: 'button',
  text: plainTextObject(text, LIMITS.button.text),
  action_id: action,
  value: truncate(value, LIMITS.button.value),
  ...(style && { style }),
  ...(says && { accessibility_label: truncate(says, LIMITS.button.accessibilityLabel) }),
})

/** A button that does what `/mcp <words>` does. */
export const createCommandButton = (text: string, words: string, style?: 'primary' | 'danger'): Button =>
  createButton({ text, action: `command_run:${truncate(words, 200)}`, value: words, ...(style && { style }) })

export const createOption = (text: string, value: string): PlainTextOption => ({
  text: plainTextObject(text, LIMITS.option.text),
  value,
})

type InputWords = { id: string; label: string; hint?: string; optional: boolean; element: InputBlock['element'] }

/** Slack says "(optional)" itself; a tool's own title for an argument may say it too. */
const withoutOptional = (label: string): string => label.replace(/\s*\(optional\)/gi, '') || label

export const inputBlock = ({ id, label, hint, optional, element }: InputWords): InputBlock => ({
  type: 'input',
  block_id: id,
  label: plainTextObject(withoutOptional(label), LIMITS.input.label),
  optional,
  element,
  ...(hint && { hint: plainTextObject(hint, LIMITS.input.hint) }),
})

type ModalWords = { id: string; title: string; blocks: KnownBlock[]; submit?: string; close?: string; keep?: unknown }

/** `keep` comes back with every press and submit of the modal. */
export const createModal = ({ id, title, blocks, submit, close, keep }: ModalWords): ModalView => ({
  type: 'modal',
  callback_id: id,
  title: plainTextObject(title, LIMITS.view.title),
  close: plainTextObject(close ?? 'Close', LIMITS.view.close),
  blocks: blocks.slice(0, LIMITS.view.blocks),
  ...(submit && { submit: plainTextObject(submit, LIMITS.view.submit) }),
  ...(keep !== undefined && { private_metadata: JSON.stringify(keep) }),
})

/** A saying as a modal to read. */
export const createMessageModal = (title: string, saying: MessageContent, id = 'reading'): ModalView =>
  createModal({ id, title, blocks: saying.blocks })
