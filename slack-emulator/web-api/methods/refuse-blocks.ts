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
  return problems.length === 0 ? undefined : { ...refuse(error, problemLinesOf(problems)), errors: problems }
}
