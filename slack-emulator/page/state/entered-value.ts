import { type JsonRecord, readRecord, readRecords, readString, readText } from './read-json.ts'

/** Options of an external menu are identified by their text, all others by their value. */
const nameOf = (option: JsonRecord, element: JsonRecord): string =>
  readString(element.type).endsWith('external_select') ? readText(option.text) : readString(option.value)

/** The value in an element's state, or its initial value: an untouched message has no state. */
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
