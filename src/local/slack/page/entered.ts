import { type Json, record, records, str, textOf } from './read.ts'

/** The options of an external menu are found by their words, all others by their value. */
const nameOf = (option: Json, element: Json): string =>
  str(element.type).endsWith('external_select') ? textOf(option.text) : str(option.value)

/** What a person has entered, read from an element's state in Slack's words; an untouched message has no state, so the initial value counts. */
export function enteredOf(state: Json, element: Json): unknown {
  const source = Object.keys(state).length === 0 ? initialOf(element) : state
  const [slot, value] = Object.entries(source).find(([name]) => name !== 'type') ?? []
  if (slot === 'selected_option' || slot === 'initial_option') return nameOf(record(value), element)
  if (slot === 'selected_options' || slot === 'initial_options')
    return records(value).map((option) => nameOf(option, element))
  return value
}

const initialOf = (element: Json): Json =>
  Object.fromEntries(Object.entries(element).filter(([name]) => name.startsWith('initial_')))
