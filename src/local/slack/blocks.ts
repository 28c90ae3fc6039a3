import { randomBytes } from 'node:crypto'
import { checkMessageBlocks } from '../../block-kit/check-message.ts'
import { isRecord, type Problem } from '../../block-kit/problem.ts'
import { listOf } from '../../block-kit/rules.ts'
import { type Answer, refuse } from './args.ts'
import type { Json } from './records.ts'

/** An interactive element and the block it stands in. */
export type Placed = { block: Json; element: Json; blockId: string; actionId: string }

const NOT_INTERACTIVE = new Set(['image', 'plain_text', 'mrkdwn', 'url', 'raw_text', 'raw_number', 'card'])

/** Slack's refusal of blocks, with a line for each problem; undefined when they are fine. */
export function refuseBlocks(blocks: Json[] | undefined, error = 'invalid_blocks', max?: number): Answer | undefined {
  const problems = blocks === undefined ? [] : checkMessageBlocks(blocks, max)
  return problems.length === 0 ? undefined : { ...refuse(error, linesOf(problems)), errors: problems }
}

export function linesOf(problems: Problem[]): string[] {
  return problems.map(({ message, pointer }) => `${message.replace(` [${pointer}]`, '')} [json-pointer:${pointer}]`)
}

/** The blocks with ids made up where the app gave none, as Slack does. */
export function withIds(blocks: Json[]): Json[] {
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

const HOLDERS = ['accessory', 'element', 'elements', 'actions', 'child_blocks']

function fill(field: string, held: unknown): unknown {
  if (isRecord(held)) return withActionId(held)
  const items = listOf(held)
  return field === 'child_blocks' || items[0]?.type === 'card' ? withIds(items) : items.map(withActionId)
}

function withActionId(element: Json): Json {
  return NOT_INTERACTIVE.has(String(element.type)) ? element : { ...element, action_id: element.action_id ?? newId() }
}

const newId = () => randomBytes(4).toString('base64url')

/** Every interactive element of blocks that went through `withIds`, in reading order. */
export function placedElements(blocks: Json[]): Placed[] {
  return blocks.flatMap((block) => {
    const own = [block.accessory, block.element, ...listOf(block.elements), ...listOf(block.actions)].filter(isRecord)
    const inner = [...listOf(block.child_blocks), ...(block.type === 'carousel' ? listOf(block.elements) : [])]
    return [
      ...own
        .filter((element) => !NOT_INTERACTIVE.has(String(element.type)))
        .flatMap((element) => placed(block, element)),
      ...placedElements(inner),
    ]
  })
}

function placed(block: Json, element: Json): Placed[] {
  if (typeof element.action_id !== 'string') return []
  return [{ block, element, blockId: String(block.block_id), actionId: element.action_id }]
}

/** The text of a text object. */
export function textOf(value: unknown): string {
  return isRecord(value) && typeof value.text === 'string' ? value.text : ''
}

export function richText(text: string): Json {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] }
}
