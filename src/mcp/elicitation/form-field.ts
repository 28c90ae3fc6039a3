import { z } from 'zod'

const base = {
  name: z.string(),
  title: z.string(),
  hint: z.string().optional(),
  required: z.boolean(),
}
const Option = z.object({ value: z.string(), title: z.string() })

/** One field of a server's form: its flat schema, read and cut to size. Titles and hints are written by the server. */
export const FormField = z.discriminatedUnion('kind', [
  z.object({
    ...base,
    kind: z.literal('text'),
    format: z.enum(['email', 'uri', 'date', 'date-time']).optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    default: z.string().optional(),
  }),
  z.object({
    ...base,
    kind: z.literal('number'),
    integer: z.boolean(),
    min: z.number().optional(),
    max: z.number().optional(),
    default: z.number().optional(),
  }),
  z.object({ ...base, kind: z.literal('yes_no'), default: z.boolean().optional() }),
  z.object({ ...base, kind: z.literal('one'), options: z.array(Option), default: z.string().optional() }),
  z.object({
    ...base,
    kind: z.literal('many'),
    options: z.array(Option),
    min: z.number().optional(),
    max: z.number().optional(),
    default: z.array(z.string()).optional(),
  }),
])
export type FormField = z.infer<typeof FormField>
export type FieldOf<K extends FormField['kind']> = Extract<FormField, { kind: K }>

/** An answered form, by field. */
export const FormAnswer = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
export type FormAnswer = z.infer<typeof FormAnswer>
