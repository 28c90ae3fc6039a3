import { type JsonRecord, readRecord, readRecords, readString, readText } from '../state/read-json.ts'

/** The options of an external menu are found by their words, all others by their value. */
const nameOf = (option: JsonRecord, element: JsonRecord): string =>
  readString(element.type).endsWith('external_select') ? readText(option.text) : readString(option.value)

/** What a person has entered, read from an element's state in Slack's words; an untouched message has no state, so the initial value counts. */
export function enteredValueOf(state: JsonRecord, element: JsonRecord): unknown {
  const source = Object.keys(state).length === 0 ? initialOf(element) : state
  const [slot, value] = Object.entries(source).find(([name]) => name !== 'type') ?? []
  if (slot === 'selected_option' || slot === 'initial_option') return nameOf(readRecord(value), element)
  if (slot === 'selected_options' || slot === 'initial_options')
    return readRecords(value).map((option) => nameOf(option, element))
  return value
}

const initialOf = (element: JsonRecord): JsonRecord =>
  Object.fromEntries(Object.entries(element).filter(([name]) => name.startsWith('initial_')))
