import { z } from 'zod'

/** They stand in a menu, whose options have 75 characters in Slack (docs.slack.dev/reference/block-kit/composition-objects/option-object). */
const Choices = z
  .array(z.string().regex(/\S/, 'must not be empty').max(75))
  .min(2)
  .max(100)
  .refine((choices) => new Set(choices).size === choices.length, 'must differ from each other')

/**
 * A card's file: the MCP registry's server.json (schema 2025-12-11, the parts we use), with ours under `_meta`.
 * Unknown keys of server.json pass, so that a registry entry can be taken over; unknown keys of ours are refused.
 */
const Input = z.looseObject({
  description: z.string().optional(),
  isRequired: z.boolean().default(false),
  isSecret: z.boolean().default(false),
  // A path typed by a person would let them read our disk.
  format: z.enum(['string', 'number', 'boolean'], 'must be string, number or boolean').default('string'),
  default: z.string().optional(),
  placeholder: z.string().optional(),
  choices: Choices.optional(),
})
export type ServerInput = z.infer<typeof Input>

const Variables = z.record(z.string().regex(/^[a-z][a-zA-Z0-9]*$/, 'must be a camelCase word'), Input).default({})

const Setting = z.looseObject({ name: z.string().min(1), value: z.string(), variables: Variables })

const Argument = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('positional'), value: z.string(), variables: Variables }),
  z.looseObject({
    type: z.literal('named'),
    name: z.string().min(1),
    value: z.string().optional(),
    variables: Variables,
  }),
])

const Package = z.looseObject({
  registryType: z.enum(['npm', 'pypi', 'machine'], 'must be npm, pypi or machine'),
  identifier: z.string().regex(/^(@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/, 'must be a package or program'),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/, 'must be one exact version'),
  transport: z.looseObject({ type: z.literal('stdio', 'must be stdio') }),
  packageArguments: z.array(Argument).default([]),
  environmentVariables: z.array(Setting).default([]),
})

const Remote = z.looseObject({
  type: z.literal('streamable-http'),
  url: z.string().regex(/^https:\/\/\S+$/, 'must be an https address'),
  headers: z.array(Setting).default([]),
  variables: Variables,
})

const path = z.string().regex(/^(\.|[\w-][\w.-]*)$/, 'must be a file name in the connection\'s folder, or "."')

const seconds = z.number().int().min(1).max(3600)
const names = z.array(z.string().min(1)).default([])

/** Slack itself writes "(optional)" behind the label of an input that may stay empty. */
const label = z
  .string()
  .min(1)
  .max(48)
  .refine(
    (text) => !/\boptional\b/i.test(text),
    'leave out "optional": Slack says it of every input that may stay empty',
  )

const https = z.url({ protocol: /^https$/, error: 'must be an https address' })

/** An input may be the first label of its host or a whole segment of its path: never what the host ends with. */
const signInAddress = z
  .string()
  .regex(
    /^https:\/\/(?:\{\w+\}\.)?(?:[a-z0-9-]+\.)+[a-z]{2,}(?:\/(?:\{\w+\}|[\w.~-]+))*\/?(?:\?[^\s{}#]*)?$/,
    'must be an https address that names its host, but for an input as its first label',
  )

const Auth = z.strictObject({
  kind: z.enum(['none', 'token', 'oauth', 'client_credentials']),
  issuer: signInAddress.optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be one scope')).optional(),
  client: z.enum(['registered', 'cimd', 'dcr']).optional(),
  managed: z.boolean().optional(),
  id: z.string().optional(),
  secret: z.string().optional(),
  endpoints: z
    .strictObject({
      authorization: signInAddress,
      token: signInAddress,
      revocation: signInAddress.optional(),
      clientAuth: z.literal('client_secret_post').optional(),
    })
    .optional(),
  resource: z.literal('none').optional(),
})

const oneInput = z.string().regex(/^\{\w+\}$/, 'must be one input')

const Ours = z.strictObject({
  icon: z.string().regex(/^:[a-z0-9_+-]+:$/, 'must be an emoji like :file_folder:'),
  category: z.string().min(1),
  /** What people also call it: search finds the card by these. */
  words: z.array(z.string().regex(/^[a-z0-9][a-z0-9 .+-]*$/, 'must be small letters')).default([]),
  docs: https,
  vouches: z.boolean().default(false),
  auth: Auth.optional(),
  /** AWS Signature Version 4 for each request of a remote server. */
  signing: z
    .strictObject({
      service: z.string().regex(/^[a-z0-9-]+$/, 'must be the name that AWS signs it with'),
      region: z.string(),
      keyId: z.string(),
      secret: z.string(),
      session: z.string().optional(),
    })
    .optional(),
  /** A client certificate with its key, and the CA of the server's own certificate: each one input. */
  tls: z.strictObject({ certificate: oneInput, key: oneInput, ca: oneInput }).partial().optional(),
  bin: z.string().optional(),
  own: z.record(z.string(), path).default({}),
  reaches: z.array(z.string()).default([]),
  hosts: z
    .array(
      z
        .string()
        .regex(/^(?:\{\w+\}|(?:\*\.)?(?:[a-z0-9-]+\.)+[a-z]{2,})$/, 'must be a host, *. before one, or one input'),
    )
    .default([]),
  checks: z
    .array(z.strictObject({ tool: z.string(), arguments: z.record(z.string(), z.json()).default({}) }))
    .default([]),
  /** A remote whose very address is a person's input, which server.json cannot say. */
  remote: Remote.extend({ url: z.string().regex(/^\{\w+\}$/, 'must be one input') }).optional(),
  /** A server of our own in this process; a package beside it is started where `address`, an input, was left empty. */
  builtin: z
    .strictObject({ server: z.string(), address: z.string().optional(), settings: z.array(Setting).default([]) })
    .optional(),
  inputs: z
    .record(
      z.string(),
      z.strictObject({
        label,
        hint: z.string().max(150).optional(),
        pattern: z.string().optional(),
        more: z.boolean().optional(),
        lines: z.boolean().optional(),
        instead: z.string().optional(),
      }),
    )
    .default({}),
  tools: z.strictObject({ read: names, write: names, destructive: names }).prefault({}),
  idempotent: names,
  sql: z
    .record(z.string(), z.strictObject({ argument: z.string(), dialect: z.enum(['postgres', 'sqlite', 'mysql']) }))
    .default({}),
  replaces: z
    .record(z.string(), z.strictObject({ argument: z.string(), seenWith: z.string(), sign: z.string().min(1) }))
    .default({}),
  starters: z.array(z.string().min(1).max(150)).length(3, 'must be three questions'),
  limits: z
    .strictObject({
      callSeconds: seconds.default(120),
      idleSeconds: seconds.default(300),
      memoryMb: z.number().int().min(64).max(4096).optional(),
      diskMb: z.number().int().min(1).max(16_384).optional(),
      rate: z.strictObject({ calls: z.number().int().min(1), seconds: z.number().int().min(1) }).optional(),
    })
    .prefault({}),
})

export const CARD_META_KEY = 'io.patchbay.card/v1'

export const CardFile = z.looseObject({
  name: z.string().regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/, 'must be like io.patchbay/files'),
  title: z.string().min(1).max(48),
  description: z.string().min(1).max(100),
  version: z.string().min(1),
  packages: z.array(Package).max(1).default([]),
  remotes: z.array(Remote).max(1).default([]),
  _meta: z.looseObject({ [CARD_META_KEY]: Ours }),
})
export type CardFile = z.infer<typeof CardFile>
export type CardPart = z.infer<typeof Ours>
export type ServerPackage = z.infer<typeof Package>
export type ServerRemote = z.infer<typeof Remote>
