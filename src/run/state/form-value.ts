import type { JsonValue } from '../../json.ts'
import type { FormField as Field } from '../../mcp/elicitation/form-field.ts'
import { validateForm } from '../../mcp/elicitation/validate-form.ts'

/** One field of a server's form, as a door shows it. */
export type FormField = Field

export type FormValue = string | number | boolean | string[]

/** Whether a value would be taken for this field. */
export const fitsField = (field: FormField, value: JsonValue | undefined): boolean =>
  value !== undefined && validateForm([field], { [field.name]: value }).length === 0
