import { checkBlock } from './check-shape.ts'
import { LIMITS } from './limits.ts'
import { createProblem, createSizeProblem, isRecord, type Problem } from './problem.ts'
import type { Surface } from './shape.ts'
import { checkUnique, listOf } from './shape-rules.ts'

/** Checks a list of blocks as a whole: each block, how many, ids used twice, and sums over the list. */
export function checkBlocks(blocks: unknown, surface: Surface, max: number): Problem[] {
  if (!Array.isArray(blocks)) return [createProblem('wrong_type', '/blocks', 'must be a list')]
  if (blocks.length > max) return [createSizeProblem('/blocks', 'max_items', max, blocks.length)]
  const records = listOf(blocks)
  return [
    ...blocks.flatMap((block, index) => checkBlock(block, `/blocks/${index}`, surface)),
    ...checkUnique(
      records.map((block) => block.block_id),
      '/blocks',
      'block_id',
    ),
    ...records.flatMap((block, index) => checkUnique(actionIds(block), `/blocks/${index}`, 'action_id')),
    ...checkSums(records),
  ]
}

/** The action_ids of one block, which must differ within it. */
function actionIds(block: Record<string, unknown>): unknown[] {
  const parts = [block.accessory, block.element, ...listOf(block.elements), ...listOf(block.actions)]
  return parts.filter(isRecord).map((part) => part.action_id)
}

function checkSums(blocks: Record<string, unknown>[]): Problem[] {
  const ofType = (type: string) => blocks.filter((block) => block.type === type)
  const markdown = ofType('markdown').reduce((sum, block) => sum + String(block.text).length, 0)
  const sums: [string, number, number][] = [
    ['max_markdown_characters', LIMITS.markdown, markdown],
    ['max_table_characters', LIMITS.table.characters, cellCharacters(ofType('table'))],
    ['max_data_table_characters', LIMITS.dataTable.characters, cellCharacters(ofType('data_table'))],
    ['max_data_visualizations', LIMITS.message.dataVisualizations, ofType('data_visualization').length],
  ]
  return sums
    .filter(([, max, got]) => got > max)
    .map(([type, max, got]) => createSizeProblem('/blocks', type, max, got))
}

function cellCharacters(tables: Record<string, unknown>[]): number {
  return tables.reduce((sum, table) => sum + textLength(table.rows), 0)
}

/** The characters of every `text` inside a value, however deep. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item), 0)
  if (!isRecord(value)) return 0
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + (name === 'text' && typeof inner === 'string' ? inner.length : textLength(inner)),
    0,
  )
}
