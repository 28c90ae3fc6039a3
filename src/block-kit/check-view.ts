import { checkBlocks } from './check-blocks.ts'
import { checkShape } from './check-shape.ts'
import { LIMITS } from './limits.ts'
import { createProblem, createSizeProblem, isRecord, type Problem } from './problem.ts'
import { anything, flag, object, one, plainText, text } from './shape.ts'
import { listOf } from './shape-rules.ts'

const COMMON = {
  blocks: anything,
  'private_metadata?': text(LIMITS.view.privateMetadata, 0),
  'callback_id?': text(LIMITS.id, 0),
  'external_id?': text(LIMITS.view.externalId, 0),
}
const HOME = object({ type: one('home'), ...COMMON })
const MODAL = object({
  type: one('modal'),
  ...COMMON,
  title: plainText(LIMITS.view.title),
  'submit?': plainText(LIMITS.view.submit),
  'close?': plainText(LIMITS.view.close),
  'clear_on_close?': flag,
  'notify_on_close?': flag,
  'submit_disabled?': flag,
})

/** Why Slack would refuse this modal or Home tab; empty when it would take it. */
export function checkView(view: unknown): Problem[] {
  if (!isRecord(view)) return [createProblem('wrong_type', '', 'a view must be an object')]
  const surface = view.type === 'home' ? 'home' : 'modal'
  const bytes = Buffer.byteLength(JSON.stringify(view))
  return [
    ...checkShape(surface === 'home' ? HOME : MODAL, view, '', surface),
    ...(view.blocks === undefined ? [] : checkBlocks(view.blocks, surface, LIMITS.view.blocks)),
    ...(bytes > LIMITS.view.bytes ? [createSizeProblem('', 'max_bytes', LIMITS.view.bytes, bytes)] : []),
    ...checkSubmit(view, surface),
  ]
}

/** A modal that asks for something must have a button to send it. */
function checkSubmit(view: Record<string, unknown>, surface: 'home' | 'modal'): Problem[] {
  const asks = listOf(view.blocks).some((block) => block.type === 'input')
  if (surface === 'home' || !asks || view.submit !== undefined) return []
  return [createProblem('missing_field', '/submit', 'missing required field: submit (a modal with inputs needs it)')]
}
