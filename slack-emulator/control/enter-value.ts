import { LIMITS } from '../../src/block-kit/limits.ts'
import { listOf } from '../../src/block-kit/shape-rules.ts'
import { textObjectOf } from '../workspace/blocks.ts'
import { createState, isEmptyState, optionsOf, VALUE_FIELDS } from '../workspace/form-state.ts'
import type { Json } from '../workspace/records.ts'

/** The element's new state, or why Slack's client would refuse the value. */
export type EntryResult = { ok: true; state: Json } | { ok: false; message: string }

const no = (message: string): EntryResult => ({ ok: false, message })

/** What a value is chosen from beside the element's own options. */
export type Choosable = {
  /** The options the app suggested for an external select. */
  offered: Json[]
  /** The people or channels of a menu of Slack's own. */
  known: { id: string; name: string }[]
}

/** Checks a value for an element. */
export function enterValue(element: Json, entered: unknown, { offered, known }: Choosable): EntryResult {
  const found = VALUE_FIELDS[String(element.type)]
  if (found === undefined) return no(`a ${String(element.type)} takes no value`)
  if (entered === null || entered === '') return { ok: true, state: createState(element, found.many ? [] : null) }
  if (found.kind === 'option') return enterOptions(element, entered, offered, found.many)
  if (found.kind === 'id') return enterIds(element, entered, known, found.many)
  if (found.kind === 'text') return enterText(element, String(entered))
  return { ok: true, state: createState(element, entered) }
}

function enterOptions(element: Json, entered: unknown, offered: Json[], many: boolean): EntryResult {
  const options = [...optionsOf(element), ...offered]
  const wanted = Array.isArray(entered) ? entered : [entered]
  const chosen = wanted.map((one) =>
    options.find((option) => option.value === one || textObjectOf(option.text) === one),
  )
  const missing = wanted.find((_, index) => chosen[index] === undefined)
  if (missing !== undefined) {
    return no(
      `there is no option "${String(missing)}"; there are: ${options.map((option) => textObjectOf(option.text)).join(', ')}`,
    )
  }
  return { ok: true, state: createState(element, many ? chosen : chosen[0]) }
}

function enterIds(element: Json, entered: unknown, known: Choosable['known'], many: boolean): EntryResult {
  const wanted = Array.isArray(entered) ? entered : [entered]
  const ids = wanted.map((one) => known.find((item) => item.id === one || item.name === one)?.id)
  const missing = wanted.find((_, index) => ids[index] === undefined)
  return missing === undefined
    ? { ok: true, state: createState(element, many ? ids : ids[0]) }
    : no(`there is no "${String(missing)}" here`)
}

type Check = [fits: (text: string, element: Json) => boolean, message: (element: Json) => string]

/** The checks that Slack's client makes before it sends a form. */
const CHECKS: Record<string, Check[]> = {
  plain_text_input: [
    [(text, { min_length }) => typeof min_length !== 'number' || text.length >= min_length, minWords],
    [(text, { max_length }) => text.length <= Number(max_length ?? LIMITS.plainTextInput), maxWords],
    [(text, { multiline }) => multiline === true || !text.includes('\n'), () => 'This field takes one line only.'],
  ],
  number_input: [
    [
      (text, element) => (element.is_decimal_allowed === true ? DECIMAL : WHOLE).test(text),
      () => 'Please enter a number.',
    ],
    [(text, { min_value }) => min_value === undefined || Number(text) >= Number(min_value), minValue],
    [(text, { max_value }) => max_value === undefined || Number(text) <= Number(max_value), maxValue],
  ],
  email_text_input: [[(text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text), () => 'Please enter a valid email address.']],
  url_text_input: [[(text) => URL.canParse(text), () => 'Please enter a valid URL.']],
  datepicker: [[(text) => /^\d{4}-\d\d-\d\d$/.test(text), () => 'Please choose a date (YYYY-MM-DD).']],
  timepicker: [[(text) => /^\d\d:\d\d$/.test(text), () => 'Please choose a time (HH:MM).']],
  datetimepicker: [[(text) => /^\d{10}$/.test(text), () => 'Please choose a date and time (UNIX seconds).']],
}

const WHOLE = /^-?\d+$/
const DECIMAL = /^-?\d+(\.\d+)?$/

function minWords({ min_length }: Json): string {
  return `Please enter at least ${String(min_length)} characters.`
}

function maxWords({ max_length }: Json): string {
  return `Please enter at most ${String(max_length ?? LIMITS.plainTextInput)} characters.`
}

function minValue({ min_value }: Json): string {
  return `Please enter a number of at least ${String(min_value)}.`
}

function maxValue({ max_value }: Json): string {
  return `Please enter a number of at most ${String(max_value)}.`
}

function enterText(element: Json, text: string): EntryResult {
  const broken = (CHECKS[String(element.type)] ?? []).find(([fits]) => !fits(text, element))
  if (broken !== undefined) return no(broken[1](element))
  return { ok: true, state: createState(element, element.type === 'datetimepicker' ? Number(text) : text) }
}

/** Slack's message for each required input that is empty, by block_id. */
export function missingInputsIn(blocks: unknown, state: Record<string, Record<string, Json>>): Record<string, string> {
  const empty = listOf(blocks).filter((block) => {
    const values = Object.values(state[String(block.block_id)] ?? {})
    return block.type === 'input' && block.optional !== true && values.every(isEmptyState)
  })
  return Object.fromEntries(empty.map((block) => [String(block.block_id), 'Please complete this required field.']))
}
