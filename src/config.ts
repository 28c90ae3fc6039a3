import { resolve } from 'node:path'
import { z } from 'zod'
import { AppError } from './errors.ts'

const integer = (low: number, high: number, fallback: number) => {
  const error = `a whole number from ${low} to ${high}`
  return z.coerce.number({ error }).int({ error }).min(low, { error }).max(high, { error }).default(fallback)
}
const port = (fallback: number) => integer(1, 65_535, fallback)
const text = z.string().trim().min(1)
const address = z.url({ protocol: /^https?$/, error: 'an address that begins with http:// or https://' })
const token = (prefix: string, where: string) =>
  text.startsWith(prefix, `a token that begins with ${prefix} (${where})`)

const OFFICIAL_REGISTRY = 'https://registry.modelcontextprotocol.io'
/** A registry's address, or a word for none; people also paste the address with the API's path. */
const registry = z
  .string()
  .trim()
  .transform((text) => (/^(off|no|none|false|0)$/i.test(text) ? undefined : text.replace(/(\/v0(\.\d+)?)?\/*$/, '')))
  .pipe(z.url({ protocol: /^https?$/, error: 'an address that begins with https://, or off' }).optional())

/** Every variable, by its name; `.env.example` explains each, and a test holds the two together. */
export const Variables = z.object({
  SLACK_BOT_TOKEN: token('xoxb-', 'Slack app settings, OAuth & Permissions').optional(),
  SLACK_APP_TOKEN: token('xapp-', 'Slack app settings, Basic Information, App-Level Tokens').optional(),
  SLACK_SIGNING_SECRET: text.optional(),
  SLACK_CLIENT_ID: text.optional(),
  SLACK_CLIENT_SECRET: text.optional(),
  SLACK_AGENT: z.enum(['on', 'off'], { error: 'on or off' }).default('on'),
  SLACK_API_URL: address.default('https://slack.com/api/'),
  SUPABASE_URL: address.optional(),
  SUPABASE_SECRET_KEY: text.optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a connection string that begins with postgres://')
    .optional(),
  ANTHROPIC_API_KEY: text.optional(),
  ANTHROPIC_BASE_URL: address.optional(),
  MODEL: text.default('claude-sonnet-5-5'),
  PORT: port(3000),
  PUBLIC_URL: address.transform((url) => url.replace(/\/+$/, '')).optional(),
  LOCAL_PORT: port(3100),
  LOCAL_SLACK_MODE: z.enum(['http', 'socket'], { error: 'http or socket' }).default('http'),
  DATA_DIR: text.default('.patchbay'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
  CREDENTIAL_STORE: text.optional(),
  CREDENTIALS_KEY: text.optional(),
  ENTERPRISE_IDP_ISSUER: address.optional(),
  ENTERPRISE_IDP_CLIENT_ID: text.optional(),
  ENTERPRISE_IDP_CLIENT_SECRET: text.optional(),
  MCP_MAX_CONNECTIONS_PER_USER: integer(1, 100, 10),
  MCP_TOOL_TIMEOUT_SECONDS: integer(1, 3_600, 30),
  MCP_SANDBOX: z.enum(['auto', 'required', 'off'], { error: 'auto, required or off' }).optional(),
  MCP_SANDBOX_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),
  MCP_REGISTRY_URL: registry.prefault(OFFICIAL_REGISTRY),
  EGRESS_ALLOW: z.string().default(''),
})

type Values = z.infer<typeof Variables>

/** One workspace by its token, or with `oauth` any number that install the app. */
type SlackConfig = { appToken: string | undefined; signingSecret: string | undefined; apiUrl: string } & (
  | { botToken: string; oauth?: undefined }
  | { botToken?: undefined; oauth: { clientId: string; clientSecret: string; agent: boolean } }
)

/** What the app is set to, without the names of variables. */
export type Config = {
  /** Undefined: the local workspace stands in. */
  slack: SlackConfig | undefined
  /** Undefined: an embedded Postgres stands in. */
  database: { kind: 'postgres'; url: string } | { kind: 'supabase'; url: string; secretKey: string } | undefined
  /** `apiKey` undefined: the offline model stands in. */
  model: { name: string; apiKey: string | undefined; baseURL: string | undefined }
  /** `publicUrl`: where browsers reach this process, without a slash at the end. */
  http: { port: number; publicUrl: string }
  local: { port: number; mode: 'http' | 'socket' }
  dataDir: string
  logLevel: string
  credentials: { store: string | undefined; key: string | undefined }
  /** The organization's own sign-in. Undefined: people sign in to each service themselves. */
  identityProvider: { issuer: string; clientId: string; clientSecret: string } | undefined
  /** `registryUrl` undefined: no registry is mirrored. */
  mcp: {
    maxPerUser: number
    toolTimeoutSeconds: number
    registryUrl: string | undefined
    /** Whether servers that run here are kept in a sandbox. */
    sandbox: 'auto' | 'required' | 'off'
  }
  egressAllow: string[]
  /** `MCP_<CARD>_<INPUT>`: values that fill a card's inputs on a developer's machine, by card and input. */
  prefills: Record<string, Record<string, string>>
}

type Environment = Record<string, string | undefined>

/** `slack run` starts the app with the tokens of its own installation, whatever `.env` holds. https://docs.slack.dev/tools/slack-cli/reference/hooks */
const withCliTokens = ({ SLACK_CLI_XOXB: bot, SLACK_CLI_XAPP: app, ...environment }: Environment): Environment =>
  bot && app ? { ...environment, SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app } : environment

/**
 * Reads the environment once. Throws AppError `config_invalid` naming each bad variable, what is wrong and what to put;
 * a value is never repeated, as it may be a secret. An empty variable counts as not set.
 */
export function readConfig(environment: Environment): Config {
  const set = Object.fromEntries(
    Object.entries(withCliTokens(environment)).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const parsed = Variables.safeParse(set)
  if (!parsed.success) {
    throw invalidConfigError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
      parsed.error,
    )
  }
  const values = parsed.data
  const missing = dependencyProblems(values)
  if (missing.length > 0) throw invalidConfigError(missing)
  return {
    slack: slackOf(values),
    database: databaseOf(values),
    model: { name: values.MODEL, apiKey: modelKeyOf(values), baseURL: values.ANTHROPIC_BASE_URL },
    http: { port: values.PORT, publicUrl: values.PUBLIC_URL ?? `http://localhost:${values.PORT}` },
    local: { port: values.LOCAL_PORT, mode: values.LOCAL_SLACK_MODE },
    dataDir: resolve(values.DATA_DIR),
    logLevel: values.LOG_LEVEL,
    credentials: { store: values.CREDENTIAL_STORE, key: values.CREDENTIALS_KEY },
    identityProvider: identityProviderOf(values),
    mcp: {
      maxPerUser: values.MCP_MAX_CONNECTIONS_PER_USER,
      toolTimeoutSeconds: values.MCP_TOOL_TIMEOUT_SECONDS,
      registryUrl: values.MCP_REGISTRY_URL,
      sandbox: values.MCP_SANDBOX ?? SANDBOX_ENABLED[values.MCP_SANDBOX_ENABLED ?? 'unset'],
    },
    egressAllow: values.EGRESS_ALLOW.split(',')
      .map((entry) => entry.trim())
      .filter(Boolean),
    prefills: prefillsOf(set),
  }
}

/** MCP_SANDBOX_ENABLED in the words of MCP_SANDBOX. */
const SANDBOX_ENABLED = { true: 'required', false: 'off', unset: 'auto' } as const

function invalidConfigError(problems: string[], cause?: unknown): AppError {
  const lines = problems.map((problem) => `  - ${problem}`).join('\n')
  return new AppError(
    'config_invalid',
    `Some settings cannot be used:\n${lines}\nSee .env.example for what each is for.`,
    { cause },
  )
}

const usesSlack = (values: Values): boolean => Boolean(values.SLACK_BOT_TOKEN || values.SLACK_CLIENT_ID)

/** Variables that need one another, or must not be alike. */
const DEPENDENCIES: [(values: Values) => boolean, string][] = [
  [
    (v) => Boolean(v.SLACK_BOT_TOKEN && !v.SLACK_APP_TOKEN && !v.SLACK_SIGNING_SECRET),
    'SLACK_BOT_TOKEN: also set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)',
  ],
  [
    (v) => Boolean(!usesSlack(v) && (v.SLACK_APP_TOKEN || v.SLACK_SIGNING_SECRET)),
    'SLACK_BOT_TOKEN: is missing; the other Slack settings need it (or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET)',
  ],
  [
    (v) => Boolean(v.SLACK_BOT_TOKEN && (v.SLACK_CLIENT_ID || v.SLACK_CLIENT_SECRET)),
    'SLACK_BOT_TOKEN: is for one workspace, SLACK_CLIENT_ID and SLACK_CLIENT_SECRET for several; set only one of the two',
  ],
  [
    (v) => Boolean(v.SLACK_CLIENT_ID && !v.SLACK_CLIENT_SECRET),
    'SLACK_CLIENT_SECRET: is missing; SLACK_CLIENT_ID needs it (Slack app settings, Basic Information)',
  ],
  [
    (v) => Boolean(v.SLACK_CLIENT_SECRET && !v.SLACK_CLIENT_ID),
    'SLACK_CLIENT_ID: is missing; SLACK_CLIENT_SECRET needs it (Slack app settings, Basic Information)',
  ],
  [
    (v) => Boolean(v.SLACK_CLIENT_ID && !v.SLACK_APP_TOKEN && !v.SLACK_SIGNING_SECRET),
    'SLACK_CLIENT_ID: also set SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode)',
  ],
  [(v) => !usesSlack(v) && v.PORT === v.LOCAL_PORT, 'LOCAL_PORT: is the same as PORT; each needs its own'],
  [(v) => Boolean(v.SUPABASE_URL && !v.SUPABASE_SECRET_KEY), 'SUPABASE_SECRET_KEY: is missing; SUPABASE_URL needs it'],
  [(v) => Boolean(v.SUPABASE_SECRET_KEY && !v.SUPABASE_URL), 'SUPABASE_URL: is missing; SUPABASE_SECRET_KEY needs it'],
  [
    (v) => identityProviderOf(v) === undefined && Object.keys(v).some((name) => name.startsWith('ENTERPRISE_IDP_')),
    'ENTERPRISE_IDP_ISSUER, ENTERPRISE_IDP_CLIENT_ID and ENTERPRISE_IDP_CLIENT_SECRET: set all three or none',
  ],
]

const dependencyProblems = (values: Values): string[] =>
  DEPENDENCIES.flatMap(([wrong, words]) => (wrong(values) ? [words] : []))

function slackOf(values: Values): Config['slack'] {
  const { SLACK_BOT_TOKEN: botToken, SLACK_CLIENT_ID: clientId, SLACK_CLIENT_SECRET: clientSecret } = values
  const reach = {
    appToken: values.SLACK_APP_TOKEN,
    signingSecret: values.SLACK_SIGNING_SECRET,
    apiUrl: values.SLACK_API_URL,
  }
  if (botToken) return { ...reach, botToken }
  return clientId && clientSecret
    ? { ...reach, oauth: { clientId, clientSecret, agent: values.SLACK_AGENT === 'on' } }
    : undefined
}

/** With both given Supabase is what the app talks to; DATABASE_URL is then for `npm run migrate`. */
function databaseOf(values: Values): Config['database'] {
  if (values.SUPABASE_URL && values.SUPABASE_SECRET_KEY) {
    return { kind: 'supabase', url: values.SUPABASE_URL, secretKey: values.SUPABASE_SECRET_KEY }
  }
  return values.DATABASE_URL ? { kind: 'postgres', url: values.DATABASE_URL } : undefined
}

function identityProviderOf(values: Values): Config['identityProvider'] {
  const {
    ENTERPRISE_IDP_ISSUER: issuer,
    ENTERPRISE_IDP_CLIENT_ID: clientId,
    ENTERPRISE_IDP_CLIENT_SECRET: clientSecret,
  } = values
  return issuer && clientId && clientSecret ? { issuer, clientId, clientSecret } : undefined
}

/** A server of one's own under ANTHROPIC_BASE_URL may want no key at all. */
const modelKeyOf = (values: Values): string | undefined =>
  values.ANTHROPIC_API_KEY ?? (values.ANTHROPIC_BASE_URL ? 'none' : undefined)

/** `MCP_DEMO_DATABASE_DSN` fills input `dsn` of card `demo-database`; which part is the card, the cards know. */
function prefillsOf(set: Environment): Config['prefills'] {
  const prefills: Config['prefills'] = {}
  for (const [name, value] of Object.entries(set)) {
    if (!name.startsWith('MCP_') || name in Variables.shape || value === undefined) continue
    const words = name.slice('MCP_'.length).toLowerCase().split('_')
    for (let at = 1; at < words.length; at++) {
      const card = words.slice(0, at).join('-')
      prefills[card] = { ...prefills[card], [words.slice(at).join('_')]: value }
    }
  }
  return prefills
}
