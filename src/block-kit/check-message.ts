import { blockTextLengthOf } from './block-text.ts'
import { checkBlocks } from './check-blocks.ts'
import { LIMITS } from './limits.ts'
import { createProblem, createSizeProblem, type Problem } from './problem.ts'

/** Why Slack would refuse (or cut) this message; empty when it would take it as it is. */
export function checkMessage(message: { text?: unknown; blocks?: unknown }): Problem[] {
  return [...checkText(message.text), ...(message.blocks === undefined ? [] : checkMessageBlocks(message.blocks))]
}

/** The blocks alone, as `chat.postMessage` checks them; `max` is larger for a finished stream. */
export function checkMessageBlocks(blocks: unknown, max: number = LIMITS.message.blocks): Problem[] {
  const { blockText } = LIMITS.message
  const length = blockTextLengthOf(blocks)
  const tooLong = length > blockText ? [createSizeProblem('', 'max_text_of_blocks', blockText, length)] : []
  return [...checkBlocks(blocks, 'message', max), ...tooLong]
}

function checkText(text: unknown): Problem[] {
  if (text === undefined) return []
  if (typeof text !== 'string') return [createProblem('wrong_type', '/text', 'must be a string')]
  const { textMax } = LIMITS.message
  return text.length > textMax ? [createSizeProblem('/text', 'max_length', textMax, text.length)] : []
}
