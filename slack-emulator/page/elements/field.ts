import type { JsonRecord } from '../state/read-json.ts'

/** The ids of an element's label, hint and error. */
export type FieldIds = { id: string; label: string; says: string; wrong: boolean }
export type ElementProps = { element: JsonRecord; block: JsonRecord; field?: FieldIds }

/** The attributes every control of a form has. */
export function controlAttributesOf({ element, field }: ElementProps, words: string) {
  if (field === undefined) return { 'aria-label': words }
  return {
    id: field.id,
    'aria-describedby': field.says || undefined,
    'aria-invalid': field.wrong ? 'true' : undefined,
    autofocus: element.focus_on_load === true,
  }
}
