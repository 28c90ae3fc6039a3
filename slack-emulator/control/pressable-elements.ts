import { isRecord } from '../../src/block-kit/problem.ts'
import { listOf } from '../../src/block-kit/shape-rules.ts'
import { EmulatorError } from '../errors.ts'
import { type PlacedElement, placedElementsIn, textObjectOf } from '../workspace/blocks.ts'
import { VALUE_FIELDS } from '../workspace/form-state.ts'
import type { Json } from '../workspace/records.ts'
import { type Choosable, enterValue } from './enter-value.ts'

/** One thing a person can press or choose: a button, an entry of a menu, or an element that takes a value. */
export type PressableElement = { placed: PlacedElement; label: string; value: string | undefined; action: Json }

/** Finds the one element with a label or action_id, told apart by its value if several match. */
export function findPressable(
  blocks: Json[],
  { button, value, block_id }: { button: string; value?: unknown; block_id?: string | undefined },
  user: string,
): PressableElement {
  const all = placedElementsIn(blocks)
    .filter(({ element, blockId }) => mayPress(element, user) && (block_id === undefined || block_id === blockId))
    .flatMap(pressablesOf)
  const named = all.filter((one) => one.label === button || one.placed.actionId === button)
  if (named.length === 0) {
    const there = all.length === 0 ? 'there is nothing to press' : `there are: ${namesOf(all)}`
    throw new EmulatorError('conflict', `there is no "${button}" here; ${there}`)
  }
  const chosen = named.length === 1 ? named : named.filter((one) => one.value === value)
  const [only] = chosen
  if (only === undefined || chosen.length > 1) {
    throw new EmulatorError(
      'conflict',
      `"${button}" is there ${named.length} times; choose by action_id or value: ${namesOf(named)}`,
    )
  }
  return only
}

function namesOf(all: PressableElement[]): string {
  return all
    .map(
      ({ label, placed, value }) => `"${label}" (${placed.actionId}${value === undefined ? '' : `, value ${value}`})`,
    )
    .join(', ')
}

function mayPress({ visible_to_user_ids: only }: Json, user: string): boolean {
  return !Array.isArray(only) || only.includes(user)
}

function pressablesOf(placed: PlacedElement): PressableElement[] {
  const { element, actionId, blockId } = placed
  const action: Json = { type: element.type, action_id: actionId, block_id: blockId }
  switch (element.type) {
    case 'overflow':
      return listOf(element.options).map((option) => ({
        placed,
        label: textObjectOf(option.text),
        value: String(option.value),
        action: { ...action, selected_option: option },
      }))
    case 'feedback_buttons':
      return [element.positive_button, element.negative_button].filter(isRecord).map((button) => ({
        placed,
        label: textObjectOf(button.text),
        value: String(button.value),
        action: { ...action, text: button.text, value: button.value },
      }))
    default:
      return [
        { placed, label: labelOf(placed), value: ownValue(element), action: { ...action, ...buttonFields(element) } },
      ]
  }
}

function labelOf({ element, block, actionId }: PlacedElement): string {
  return textObjectOf(element.text) || textObjectOf(block.label) || actionId
}

function ownValue(element: Json): string | undefined {
  return typeof element.value === 'string' ? element.value : undefined
}

function buttonFields({ text, value, style, url }: Json): Json {
  const given = Object.entries({ text, value, style, url }).filter(([, field]) => field !== undefined)
  return Object.fromEntries(given)
}

/** The new state of an element that takes a value; undefined for a button. */
export function chosenStateOf({ placed, action }: PressableElement, value: unknown, from: Choosable): Json | undefined {
  const slot = VALUE_FIELDS[String(placed.element.type)]
  if (slot === undefined) return undefined
  if (value === undefined) throw new EmulatorError('conflict', `"${String(action.action_id)}" needs a value`)
  const entry = enterValue(placed.element, value, from)
  if (!entry.ok) throw new EmulatorError('conflict', entry.message)
  return entry.state
}
