import { z } from 'zod'

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
  INSTALL_ALLOW: text
    .regex(
      /^[TE][A-Z0-9]+(\s*,\s*[TE][A-Z0-9]+)*$/,
      'ids of workspaces or organizations with commas between, as T012AB3CD',
    )
    .optional(),
  INSTALL_BUDGET_USD: integer(0, 1_000_000, 10),
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
  MODEL_FALLBACK: text.optional(),
  PORT: port(3000),
  PUBLIC_URL: address.transform((url) => url.replace(/\/+$/, '')).optional(),
  LOCAL_PORT: port(3100),
  LOCAL_SLACK_MODE: z.enum(['http', 'socket'], { error: 'http or socket' }).default('http'),
  DATA_DIR: text.default('.patchbay'),
  AUDIT_SEALS_FILE: text.optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
  CREDENTIAL_STORE: text.optional(),
  CREDENTIALS_KEY: text.optional(),
  CREDENTIALS_KEY_NEXT: text.optional(),
  CREDENTIALS_FOLDER: text.optional(),
  VAULT_ADDR: address.transform((url) => url.replace(/\/+$/, '')).optional(),
  VAULT_MOUNT: text.regex(/^[\w-]+(\/[\w-]+)*$/, 'the path of a KV engine, as secret').default('secret'),
  VAULT_NAMESPACE: text.optional(),
  VAULT_TOKEN: text.optional(),
  VAULT_ROLE_ID: text.optional(),
  VAULT_SECRET_ID: text.optional(),
  VAULT_KUBERNETES_ROLE: text.optional(),
  CREDENTIAL_ENTRY: z.enum(['page', 'modal'], { error: 'page or modal' }).optional(),
  GOOGLE_CLOUD_PROJECT: text.optional(),
  AWS_REGION: text.optional(),
  AWS_EXECUTION_ENV: text.optional(),
  ENTERPRISE_IDP_ISSUER: address.optional(),
  ENTERPRISE_IDP_CLIENT_ID: text.optional(),
  ENTERPRISE_IDP_CLIENT_SECRET: text.optional(),
  MCP_MAX_CONNECTIONS_PER_USER: integer(1, 100, 10),
  MCP_TOOL_TIMEOUT_SECONDS: integer(1, 3_600, 30),
  MCP_SANDBOX: z.enum(['auto', 'required', 'off'], { error: 'auto, required or off' }).optional(),
  MCP_SANDBOX_ENABLED: z.enum(['true', 'false'], { error: 'true or false' }).optional(),
  MCP_WORKSPACE_CONNECTIONS: text.optional(),
  MCP_REGISTRY_URL: registry.prefault(OFFICIAL_REGISTRY),
  EGRESS_ALLOW: z.string().default(''),
})

export type Values = z.infer<typeof Variables>
/** Whether a real Slack is set. */
export const usesSlack = (values: Values): boolean => Boolean(values.SLACK_BOT_TOKEN || values.SLACK_CLIENT_ID)

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
    (v) =>
      !(v.ENTERPRISE_IDP_ISSUER && v.ENTERPRISE_IDP_CLIENT_ID && v.ENTERPRISE_IDP_CLIENT_SECRET) &&
      Object.keys(v).some((name) => name.startsWith('ENTERPRISE_IDP_')),
    'ENTERPRISE_IDP_ISSUER, ENTERPRISE_IDP_CLIENT_ID and ENTERPRISE_IDP_CLIENT_SECRET: set all three or none',
  ],
]

export const dependencyProblems = (values: Values): string[] =>
  DEPENDENCIES.flatMap(([wrong, words]) => (wrong(values) ? [words] : []))
