import { z } from 'zod'
import { headOf } from '../../text.ts'

/**
 * A server.json as strangers write it (schema 2025-12-11). What an entry can do without counts as absent when it is odd: null,
 * of another type, or in snake_case. Only what connecting needs makes a part unreadable.
 */

/** No text of an entry needs more; a longer one is cut before anything is looked for in it. */
const MOST_TEXT_CHARS = 4_000

/** An object with each name in snake_case also in camelCase; anything else as it is. */
const withCamelCaseNames = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries([
        ...Object.entries(value).map(([name, field]) => [toCamelCase(name), field]),
        ...Object.entries(value),
      ])

const toCamelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

const plainText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value

const Text = z
  .preprocess(plainText, z.string())
  .transform((text) => headOf(text, MOST_TEXT_CHARS))
  .optional()
  .catch(undefined)

const Flag = z
  .preprocess(
    (value) => (typeof value === 'string' ? { true: true, false: false }[value.toLowerCase()] : value),
    z.boolean(),
  )
  .optional()
  .catch(undefined)

const List = z.array(z.unknown()).catch([])

const Choices = List.transform((items) =>
  items.map(plainText).filter((item): item is string => typeof item === 'string'),
)

const Input = z.looseObject({
  description: Text,
  isRequired: Flag,
  isSecret: Flag,
  format: z.enum(['string', 'number', 'boolean', 'filepath']).catch('string'),
  value: Text,
  default: Text,
  placeholder: Text,
  choices: Choices,
})

/** A value that a person fills in, or a fixed one. */
export const RegistryVariable = z.preprocess(withCamelCaseNames, Input)
export type RegistryVariable = z.infer<typeof RegistryVariable>

const Variables = z
  .record(z.string(), z.unknown())
  .catch({})
  .transform((variables) =>
    Object.fromEntries(
      Object.entries(variables).flatMap(([name, written]) => {
        const read = RegistryVariable.safeParse(written)
        return read.success ? [[name, read.data]] : []
      }),
    ),
  )
export type RegistryVariables = z.infer<typeof Variables>

/** RFC 9110 section 5.6.2: a token. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/

const Header = z.preprocess(
  withCamelCaseNames,
  Input.extend({ name: z.string().trim().regex(HEADER_NAME), variables: Variables }),
)
export type RegistryHeader = z.infer<typeof Header>

/** One that cannot be read is left out. */
const Headers = List.transform((items) => items.flatMap((item) => Header.safeParse(item).data ?? []))

const TYPES: Record<string, 'streamable-http' | 'sse'> = {
  'streamable-http': 'streamable-http',
  streamablehttp: 'streamable-http',
  http: 'streamable-http',
  sse: 'sse',
}

/** Where a server is on the web. */
export const RegistryServerRemote = z
  .preprocess(
    withCamelCaseNames,
    z.looseObject({
      type: z.unknown().optional(),
      transportType: z.unknown().optional(),
      url: z.string().trim().max(2_000),
      headers: Headers,
      variables: Variables,
    }),
  )
  .transform(({ type, transportType, ...rest }, context) => {
    const written = String(type ?? transportType ?? '')
      .toLowerCase()
      .replaceAll('_', '-')
    const known = TYPES[written]
    if (known !== undefined) return { ...rest, type: known }
    context.addIssue('an unknown type')
    return z.NEVER
  })

const OFFICIAL = 'io.modelcontextprotocol.registry/official'

const Official = z.preprocess(
  withCamelCaseNames,
  z.looseObject({
    status: z.enum(['active', 'deprecated', 'deleted']).catch('active'),
    isLatest: Flag,
    updatedAt: z.iso.datetime({ offset: true }).optional().catch(undefined),
  }),
)

/** One item of a registry's list (API v0.1). */
export const ListedServer = z
  .looseObject({
    server: z.looseObject({
      name: z
        .string()
        .max(200)
        .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
    }),
    _meta: z.looseObject({ [OFFICIAL]: z.unknown() }).catch({ [OFFICIAL]: undefined }),
  })
  .transform(({ server, _meta }) => ({ server, official: Official.parse(_meta[OFFICIAL] ?? {}) }))

export const ServerJson = z.preprocess(
  withCamelCaseNames,
  z.looseObject({
    version: z
      .string()
      .trim()
      .regex(/^[\w.+-]{1,255}$/),
    title: Text,
    description: Text,
    websiteUrl: Text,
    repository: z
      .preprocess(withCamelCaseNames, z.looseObject({ url: Text }))
      .optional()
      .catch(undefined),
    remotes: List,
  }),
)
