import type { JsonValue } from '../../json.ts'
import type { FormField } from '../../mcp/elicitation/form-field.ts'
import { validateForm } from '../../mcp/elicitation/validate-form.ts'

// A door may not look into mcp/, so a form's fields are handed on here.
export type { FormField } from '../../mcp/elicitation/form-field.ts'

export type FormValue = string | number | boolean | string[]

/** Whether a value would be taken for this field. */
export const fitsField = (field: FormField, value: JsonValue | undefined): boolean =>
  value !== undefined && validateForm([field], { [field.name]: value }).length === 0
