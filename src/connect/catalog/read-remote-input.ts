import { z } from 'zod'
import type { RegistryEntry } from '../../registry/entry.ts'
import { toPlainLine } from './plain-line.ts'

export type RegistryInput = RegistryEntry['inputs'][number]

/** What a server.json says of a value: all of it optional, none of it trusted. */
export const RegistryVariable = z.looseObject({
  description: z.string().default(''),
  isRequired: z.boolean().default(false),
  isSecret: z.boolean().default(false),
  format: z.enum(['string', 'number', 'boolean', 'filepath']).default('string').catch('string'),
  value: z.string().max(500).optional(),
  default: z.string().optional(),
  placeholder: z.string().optional(),
  choices: z.array(z.string()).default([]),
})

/** As many as Slack's menus take, and as long. */
const MOST_CHOICES = 100
const MOST_CHOICE_CHARS = 75

const PATTERNS: Record<string, string> = { number: '-?\\d+(?:\\.\\d+)?' }

/** Its description is the hint; a menu where it names choices. */
export function registryInputOf(name: string, said: z.infer<typeof RegistryVariable>): RegistryInput {
  const choices = choicesOf(said)
  const usual = said.isSecret || said.default === undefined ? undefined : toPlainLine(said.default, 200)
  const fits = usual !== undefined && (choices === undefined || choices.includes(usual))
  return {
    name,
    label: labelOf(name),
    hint: toPlainLine(said.description, 150),
    secret: said.isSecret,
    required: said.isRequired,
    pattern: PATTERNS[said.format],
    example: said.placeholder === undefined ? undefined : toPlainLine(said.placeholder, 100) || undefined,
    choices,
    default: fits && usual !== '' ? usual : undefined,
  }
}

function choicesOf({ format, choices, isSecret }: z.infer<typeof RegistryVariable>): string[] | undefined {
  const named = [...new Set(format === 'boolean' ? ['true', 'false'] : choices)]
  const fit = named.every(
    (one) => one !== '' && one.length <= MOST_CHOICE_CHARS && one === toPlainLine(one, MOST_CHOICE_CHARS),
  )
  return !isSecret && fit && named.length > 0 && named.length <= MOST_CHOICES ? named : undefined
}

/** "api_key" and "apiKey" as "Api key"; Slack itself says of an input that it is optional. */
function labelOf(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_.-]+/g, /[A-Z]/.test(name) ? '-' : ' ')
    .replace(/\boptional\b/gi, '')
    .trim()
  return toPlainLine(words.charAt(0).toUpperCase() + words.slice(1), 48) || 'Value'
}
