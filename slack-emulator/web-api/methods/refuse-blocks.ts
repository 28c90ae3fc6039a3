import { checkMessageBlocks } from '../../../src/block-kit/check-message.ts'
import { problemLinesOf } from '../../workspace/blocks.ts'
import type { Json } from '../../workspace/records.ts'
import { type MethodResponse, refuse } from './method-args.ts'

/** Slack's refusal of blocks, with a line for each problem; undefined when they are fine. */
export function refuseBlocks(
  blocks: Json[] | undefined,
  error = 'invalid_blocks',
  max?: number,
): MethodResponse | undefined {
  const problems = blocks === undefined ? [] : checkMessageBlocks(blocks, max)
  if (problems.length === 0) return undefined
  const isTooLong = problems.every(({ constraint }) => constraint?.type === 'max_text_of_blocks')
  return { ...refuse(isTooLong ? 'msg_blocks_too_long' : error, problemLinesOf(problems)), errors: problems }
}
