import { randomBytes } from 'node:crypto'
import { isRecord, type Problem } from '../../src/block-kit/problem.ts'
import { listOf } from '../../src/block-kit/shape-rules.ts'
import type { Json } from './records.ts'

/** An interactive element and its block. */
export type PlacedElement = { block: Json; element: Json; blockId: string; actionId: string }

const NOT_INTERACTIVE = new Set(['image', 'plain_text', 'mrkdwn', 'url', 'raw_text', 'raw_number', 'card'])

export function problemLinesOf(problems: Problem[]): string[] {
  return problems.map(({ message, pointer }) => `${message.replace(` [${pointer}]`, '')} [json-pointer:${pointer}]`)
}

/** Adds block and action ids where the app gave none, as Slack does. */
export function addIds(blocks: Json[]): Json[] {
  return blocks.map((block) => {
    const named = { ...block, block_id: block.block_id ?? newId() }
    if (block.type === 'rich_text') return named
    const filled = HOLDERS.filter((field) => block[field] !== undefined).map((field) => [
      field,
      fill(field, block[field]),
    ])
    return { ...named, ...Object.fromEntries(filled) }
  })
}

/** Attachments as Slack shows them: numbered, with a fallback, and with ids in their blocks. */
export const attachmentsOf = (given: Json[]): Json[] =>
  given.map((attachment, index) => ({
    fallback: '[no preview available]',
    ...attachment,
    id: index + 1,
    ...(Array.isArray(attachment.blocks) ? { blocks: addIds(listOf(attachment.blocks)) } : {}),
  }))

const HOLDERS = ['accessory', 'element', 'elements', 'actions', 'child_blocks']

function fill(field: string, held: unknown): unknown {
  if (isRecord(held)) return withActionId(held)
  const items = listOf(held)
  return field === 'child_blocks' || items[0]?.type === 'card' ? addIds(items) : items.map(withActionId)
}

function withActionId(element: Json): Json {
  return NOT_INTERACTIVE.has(String(element.type)) ? element : { ...element, action_id: element.action_id ?? newId() }
}

const newId = () => randomBytes(4).toString('base64url')

/** Every interactive element of blocks that went through `addIds`, in reading order. */
export function placedElementsIn(blocks: Json[]): PlacedElement[] {
  return blocks.flatMap((block) => {
    const own = [block.accessory, block.element, ...listOf(block.elements), ...listOf(block.actions)].filter(isRecord)
    const inner = [...listOf(block.child_blocks), ...(block.type === 'carousel' ? listOf(block.elements) : [])]
    return [
      ...own
        .filter((element) => !NOT_INTERACTIVE.has(String(element.type)))
        .flatMap((element) => placed(block, element)),
      ...placedElementsIn(inner),
    ]
  })
}

function placed(block: Json, element: Json): PlacedElement[] {
  if (typeof element.action_id !== 'string') return []
  return [{ block, element, blockId: String(block.block_id), actionId: element.action_id }]
}

/** The text of a text object. */
export function textObjectOf(value: unknown): string {
  return isRecord(value) && typeof value.text === 'string' ? value.text : ''
}

export function plainRichTextOf(text: string): Json {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] }
}
