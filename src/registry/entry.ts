import { z } from 'zod'

const EntryInput = z.object({
  name: z.string(),
  label: z.string(),
  hint: z.string(),
  secret: z.boolean(),
  required: z.boolean(),
  pattern: z.string().optional(),
  example: z.string().optional(),
  choices: z.array(z.string()).optional(),
  default: z.string().optional(),
})

/**
 * One server of an MCP registry, as far as connecting to it needs. What is in it was written by strangers; it is checked and cut
 * when it is mirrored. A connection keeps the entry it was made from, so it does not change with the registry.
 */
export const RegistryEntry = z.object({
  /** The registry's name: `namespace/name`. */
  name: z.string(),
  version: z.string(),
  title: z.string(),
  /** An emoji's short code that a person chose for a card of theirs. */
  icon: z.string().optional(),
  description: z.string(),
  /** A page about it, where it names one. */
  docs: z.string().optional(),
  /** Texts hold `{input}` as a card's do. */
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  inputs: z.array(EntryInput),
})
export type RegistryEntry = z.infer<typeof RegistryEntry>
