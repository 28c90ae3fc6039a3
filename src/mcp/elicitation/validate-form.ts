import type { FieldOf, FormField } from './form-field.ts'

type FormProblem = { field: string; message: string }

/** What in the content does not fit the form, in sentences for the person who filled it in; empty when all fits. */
export function validateForm(fields: FormField[], content: Record<string, unknown>): FormProblem[] {
  return fields.flatMap((field) => {
    const value = content[field.name]
    const missing = field.required ? 'Fill this in.' : undefined
    const message = value === undefined ? missing : problemWith(field, value)
    return message === undefined ? [] : [{ field: field.name, message }]
  })
}

function problemWith(field: FormField, value: unknown): string | undefined {
  switch (field.kind) {
    case 'text':
      return textProblem(field, value)
    case 'number':
      return numberProblem(field, value)
    case 'yes_no':
      return typeof value === 'boolean' ? undefined : 'Please choose yes or no.'
    case 'one':
      return isOption(field, value) ? undefined : 'Please choose one of these.'
    case 'many':
      return Array.isArray(value) ? manyProblem(field, value) : 'Please choose from these.'
    default:
      return field satisfies never
  }
}

const characters = (count: number): string => (count === 1 ? '1 character' : `${count} characters`)

const isOption = ({ options }: FieldOf<'one' | 'many'>, value: unknown): boolean =>
  options.some((option) => option.value === value)

function textProblem(
  { format, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: FieldOf<'text'>,
  value: unknown,
): string | undefined {
  if (typeof value !== 'string') return 'Please enter some text.'
  const length = [...value].length
  if (length < minLength) return `This needs at least ${characters(minLength)}; it has ${length}.`
  if (length > maxLength) return `This may have at most ${characters(maxLength)}; it has ${length}.`
  return format === undefined || FITS[format](value) ? undefined : WANTED[format]
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i

const isDate = (text: string): boolean => {
  const at = new Date(`${text}T00:00:00Z`)
  return DATE.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

const FITS = {
  email: (text: string) => /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(text),
  uri: (text: string) => URL.canParse(text),
  date: isDate,
  'date-time': (text: string) => isDate(DATE_TIME.exec(text)?.[1] ?? '') && !Number.isNaN(Date.parse(text)),
}

const WANTED = {
  email: 'Please enter an e-mail address, like ada@example.com.',
  uri: 'Please enter a whole address, like https://example.com/page.',
  date: 'Please enter a date, like 2026-11-30.',
  'date-time': 'Please enter a date and time, like 2026-11-30T14:00:00Z.',
}

function numberProblem({ integer, min, max }: FieldOf<'number'>, value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'Please enter a number.'
  if (integer && !Number.isInteger(value)) return 'Please enter a whole number.'
  if (min !== undefined && value < min) return `This must be at least ${min}.`
  return max !== undefined && value > max ? `This may be at most ${max}.` : undefined
}

function manyProblem(field: FieldOf<'many'>, value: unknown[]): string | undefined {
  const { min = 0, max = Number.POSITIVE_INFINITY } = field
  if (!value.every((one) => isOption(field, one))) return 'Please choose from these.'
  if (value.length < min) return `Please choose at least ${min}.`
  return value.length > max ? `Please choose at most ${max}.` : undefined
}
