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
import type { RunId } from '../../ids.ts'
import { revealInvisible, truncate } from '../../text.ts'

/** A message as blocks, and as text for notifications and screen readers. */
export type MessageContent = { text: string; blocks: KnownBlock[] }

export const plainTextObject = (text: string, max: number = LIMITS.text): PlainTextElement => ({
  type: 'plain_text',
  text: visible(text, max),
  emoji: true,
})

/** Every text of a block goes through here, whoever wrote it. */
const visible = (text: string, max: number): string => truncate(revealInvisible(text), max)

export const sectionBlock = (mrkdwn: string, accessory?: Button): SectionBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: visible(mrkdwn, LIMITS.section.text) },
  ...(accessory && { accessory }),
})

export const contextBlock = (...mrkdwn: string[]): ContextBlock => ({
  type: 'context',
  elements: mrkdwn.slice(0, LIMITS.context).map((text) => ({ type: 'mrkdwn', text: visible(text, LIMITS.text) })),
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

type ButtonOptions = {
  text: string
  action: string
  value: string
  style?: 'primary' | 'danger'
  accessibilityLabel?: string
}

/** `action` may end in `:suffix` to be unique in its block; listeners match the part before the colon. */
export const createButton = ({ text, action, value, style, accessibilityLabel }: ButtonOptions): Button => ({
  type: 'button',
  text: plainTextObject(text, LIMITS.button.text),
  action_id: action,
  value: truncate(value, LIMITS.button.value),
  ...(style && { style }),
  ...(accessibilityLabel && { accessibility_label: visible(accessibilityLabel, LIMITS.button.accessibilityLabel) }),
})

/** A button that does what `/mcp <words>` does. */
export const createCommandButton = (text: string, words: string, style?: 'primary' | 'danger'): Button =>
  createButton({ text, action: `command_run:${truncate(words, 200)}`, value: words, ...(style && { style }) })

export const createOption = (text: string, value: string): PlainTextOption => ({
  text: plainTextObject(text, LIMITS.option.text),
  value,
})

type InputOptions = { id: string; label: string; hint?: string; optional: boolean; element: InputBlock['element'] }

/** Slack adds "(optional)" to labels itself; a tool's title for an argument may have it already. */
const withoutOptional = (label: string): string => label.replace(/(?<!\s)\s*\(optional\)/gi, '') || label

export const inputBlock = ({ id, label, hint, optional, element }: InputOptions): InputBlock => ({
  type: 'input',
  block_id: id,
  label: plainTextObject(withoutOptional(label), LIMITS.input.label),
  optional,
  element,
  ...(hint && { hint: plainTextObject(hint, LIMITS.input.hint) }),
})

type ModalOptions = {
  id: string
  title: string
  blocks: KnownBlock[]
  submit?: string
  close?: string
  metadata?: unknown
}

/** `metadata` comes back as private_metadata with every press and submission of the modal. */
export const createModal = ({ id, title, blocks, submit, close, metadata }: ModalOptions): ModalView => ({
  type: 'modal',
  callback_id: id,
  title: plainTextObject(title, LIMITS.view.title),
  close: plainTextObject(close ?? 'Close', LIMITS.view.close),
  blocks: blocks.slice(0, LIMITS.view.blocks),
  ...(submit && { submit: plainTextObject(submit, LIMITS.view.submit) }),
  ...(metadata !== undefined && { private_metadata: JSON.stringify(metadata) }),
})

/** A message as a modal without fields. */
export const createMessageModal = (title: string, content: MessageContent, id = 'reading'): ModalView =>
  createModal({ id, title, blocks: content.blocks })

/** The button that opens the budget form; its listener refuses all but owners. */
export const createBudgetButton = ({ budgetUsd }: { budgetUsd?: number | undefined }) =>
  createButton({
    text: budgetUsd === undefined ? 'Set a budget' : 'Change budget',
    action: 'setting_budget',
    value: 'budget',
  })

/** The modal that says that something is done. */
export const doneModal = (title: string, words: string) =>
  createModal({ id: 'done', title, blocks: [sectionBlock(`:white_check_mark: ${words}`)] })

/** The same request once more: by another agent, or by several. */
export const createAnotherButtons = (run: RunId): Button[] => [
  createButton({ text: 'Ask another agent', action: 'agent_another', value: run }),
  createButton({ text: 'Second opinion', action: 'second_opinion', value: run }),
]

/** Keeps what a run did, to be done again. */
export const createSaveButton = (run: RunId): Button =>
  createButton({
    text: 'Save as workflow',
    action: 'workflow_save',
    value: run,
    accessibilityLabel: 'Save as workflow what was done here',
  })

/** Opens the form of a schedule, filled with what was asked for. */
export const createScheduleButton = (run: RunId): Button =>
  createButton({ text: 'Schedule this', action: 'schedule_this', value: run })

/** Opens the details of a run. */
export const createDetailsButton = (run: RunId): Button =>
  createButton({
    text: 'Details',
    action: 'run_details',
    value: run,
    accessibilityLabel: 'Details of what was done, step by step',
  })
