import { checkMessageBlocks } from '../../src/block-kit/check-message.ts'
import { isRecord } from '../../src/block-kit/problem.ts'
import { listOf } from '../../src/block-kit/shape-rules.ts'
import { basePayloadFor, sendInteraction } from '../delivery/interaction-payloads.ts'
import { EmulatorError } from '../errors.ts'
import { type PlacedElement, problemLinesOf } from '../workspace/blocks.ts'
import type { Json, Person } from '../workspace/records.ts'
import type { EmulatorParts } from './emulator-parts.ts'

/** The fields with which a payload says where an element is. */
export type ElementLocation = { container: Json; [field: string]: unknown }

/** Requests the options of an external select from the app, as Slack's client does while a person types. */
export async function requestOptions(
  parts: EmulatorParts,
  person: Person,
  { placed, spot }: { placed: PlacedElement; spot: ElementLocation },
  typed: string,
): Promise<Json[]> {
  const { element, actionId, blockId } = placed
  const least = typeof element.min_query_length === 'number' ? element.min_query_length : 3
  if (typed.length < least) return []
  const body = await sendInteraction(parts.transport, 'interactive', {
    type: 'block_suggestion',
    ...basePayloadFor(parts.workspace, person),
    ...spot,
    action_id: actionId,
    block_id: blockId,
    value: typed,
  })
  const given = isRecord(body) ? body : {}
  const options = [...listOf(given.options), ...listOf(given.option_groups).flatMap((group) => listOf(group.options))]
  refuseBadOptions(given, options)
  return options
}

function refuseBadOptions(given: Json, options: Json[]): void {
  if (given.options === undefined && given.option_groups === undefined) {
    throw new EmulatorError('app_failed', 'the app answered the suggestion without options')
  }
  if (options.length === 0) return
  const { options: flat, option_groups: grouped } = given
  const element = flat === undefined ? { option_groups: grouped } : { options: flat }
  const problems = checkMessageBlocks([{ type: 'actions', elements: [{ type: 'static_select', ...element }] }])
  if (problems.length > 0)
    throw new EmulatorError('app_failed', `Slack refuses these options: ${problemLinesOf(problems).join('; ')}`)
}
