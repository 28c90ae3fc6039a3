import { resolve } from 'node:path'
import { AppError } from './errors.ts'
import { dependencyProblems, usesSlack, type Values, Variables } from './variables.ts'

/** `allowed` undefined: any workspace may install the app. */
type InstallConfig = {
  clientId: string
  clientSecret: string
  agent: boolean
  allowed?: string[] | undefined
  budgetUsd?: number | undefined
}

/** One workspace by its token, or with `oauth` any number that install the app. */
type SlackConfig = { appToken: string | undefined; signingSecret: string | undefined; apiUrl: string } & (
  | { botToken: string; oauth?: undefined }
  | { botToken?: undefined; oauth: InstallConfig }
)

/** `signIn` undefined: none of the ways is set. */
type VaultConfig = {
  address: string
  mount: string
  namespace: string | undefined
  signIn:
    | { kind: 'token'; token: string }
    | { kind: 'approle'; roleId: string; secretId: string }
    | { kind: 'kubernetes'; role: string; tokenFile: string }
    | undefined
}

/** What the app is set to, without the names of variables. */
export type Config = {
  /** Undefined: the local workspace stands in. */
  slack: SlackConfig | undefined
  /** Undefined: an embedded Postgres stands in. */
  database: { kind: 'postgres'; url: string } | { kind: 'supabase'; url: string; secretKey: string } | undefined
  /** `apiKey` undefined: the offline model stands in. */
  model: { name: string; fallback?: string | undefined; apiKey: string | undefined; baseURL: string | undefined }
  /** `publicUrl`: where browsers reach this process, without a slash at the end. */
  http: { port: number; publicUrl: string }
  local: { port: number; mode: 'http' | 'socket' }
  dataDir: string
  /** Where the audit's seals are also written; undefined: only to the database and the log. */
  auditSealsFile?: string | undefined
  logLevel: string
  /** `fallback`: the store of the cloud that this runs in, where none is named. */
  credentials: {
    store: string | undefined
    fallback?: 'google' | 'aws' | 'files' | 'supabase' | undefined
    key: string | undefined
    /** The key that takes its place. */
    nextKey?: string | undefined
    googleProject?: string | undefined
    awsRegion?: string | undefined
    filesFolder?: string | undefined
    vault?: VaultConfig | undefined
  }
  /** Where people enter secrets: on a page of ours, or in Slack's forms, where Slack sees them. */
  credentialEntry: 'page' | 'modal'
  /** The organization's own sign-in. Undefined: people sign in to each service themselves. */
  identityProvider: { issuer: string; clientId: string; clientSecret: string } | undefined
  /** `registryUrl` undefined: no registry is mirrored. */
  mcp: {
    maxPerUser: number
    toolTimeoutSeconds: number
    registryUrl: string | undefined
    /** Whether servers that run here are kept in a sandbox. */
    sandbox: 'auto' | 'required' | 'off'
    /** The operator's file of workspace connections, and the variables it may name. */
    sharedFile?: { path: string; valueFor(variable: string): string | undefined } | undefined
  }
  egressAllow: string[]
  /** `MCP_<CARD>_<INPUT>`: values that fill a card's inputs, by card and input. In a real workspace only the OAuth clients of cards. */
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
    model: {
      name: values.MODEL,
      fallback: values.MODEL_FALLBACK,
      apiKey: modelKeyOf(values),
      baseURL: values.ANTHROPIC_BASE_URL,
    },
    http: { port: values.PORT, publicUrl: values.PUBLIC_URL ?? `http://localhost:${values.PORT}` },
    local: { port: values.LOCAL_PORT, mode: values.LOCAL_SLACK_MODE },
    dataDir: resolve(values.DATA_DIR),
    auditSealsFile: values.AUDIT_SEALS_FILE === undefined ? undefined : resolve(values.AUDIT_SEALS_FILE),
    logLevel: values.LOG_LEVEL,
    credentials: credentialsOf(values),
    credentialEntry: values.CREDENTIAL_ENTRY ?? (values.PUBLIC_URL === undefined ? 'modal' : 'page'),
    identityProvider: identityProviderOf(values),
    mcp: {
      maxPerUser: values.MCP_MAX_CONNECTIONS_PER_USER,
      toolTimeoutSeconds: values.MCP_TOOL_TIMEOUT_SECONDS,
      registryUrl: values.MCP_REGISTRY_URL,
      sandbox: values.MCP_SANDBOX ?? SANDBOX_ENABLED[values.MCP_SANDBOX_ENABLED ?? 'unset'],
      sharedFile: sharedFileOf(values, set),
    },
    egressAllow: listIn(values.EGRESS_ALLOW),
    prefills: prefillsOf(set, usesSlack(values)),
  }
}

const sharedFileOf = ({ MCP_WORKSPACE_CONNECTIONS: path }: Values, set: Environment): Config['mcp']['sharedFile'] =>
  path === undefined ? undefined : { path: resolve(path), valueFor: (variable) => set[variable] }

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

function slackOf(values: Values): Config['slack'] {
  const { SLACK_BOT_TOKEN: botToken, SLACK_CLIENT_ID: clientId, SLACK_CLIENT_SECRET: clientSecret } = values
  const reach = {
    appToken: values.SLACK_APP_TOKEN,
    signingSecret: values.SLACK_SIGNING_SECRET,
    apiUrl: values.SLACK_API_URL,
  }
  if (botToken) return { ...reach, botToken }
  return clientId && clientSecret
    ? { ...reach, oauth: { clientId, clientSecret, agent: values.SLACK_AGENT === 'on', ...newcomersOf(values) } }
    : undefined
}

/** Which workspaces may install the app, and what each may spend at first. */
const newcomersOf = (values: Values): Pick<InstallConfig, 'allowed' | 'budgetUsd'> => ({
  allowed: values.INSTALL_ALLOW === undefined ? undefined : listIn(values.INSTALL_ALLOW),
  budgetUsd: values.INSTALL_BUDGET_USD === 0 ? undefined : values.INSTALL_BUDGET_USD,
})

const listIn = (text: string): string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)

/** With both given Supabase is what the app talks to; DATABASE_URL is then for `npm run migrate`. */
function databaseOf(values: Values): Config['database'] {
  if (values.SUPABASE_URL && values.SUPABASE_SECRET_KEY) {
    return { kind: 'supabase', url: values.SUPABASE_URL, secretKey: values.SUPABASE_SECRET_KEY }
  }
  return values.DATABASE_URL ? { kind: 'postgres', url: values.DATABASE_URL } : undefined
}

/** A developer's machine often has a cloud's variables set, so with the local workspace they choose nothing. */
function credentialsOf(values: Values): Config['credentials'] {
  const { GOOGLE_CLOUD_PROJECT: googleProject, AWS_REGION: awsRegion } = values
  const onAws = values.AWS_EXECUTION_ENV !== undefined && awsRegion !== undefined
  const onSupabase = values.SUPABASE_URL !== undefined && /\.supabase\.co$/.test(new URL(values.SUPABASE_URL).hostname)
  const cloud = googleProject === undefined ? (onAws && 'aws') || (onSupabase && 'supabase') : 'google'
  const filesFolder = values.CREDENTIALS_FOLDER && resolve(values.CREDENTIALS_FOLDER)
  const fallback = (filesFolder && 'files') || (usesSlack(values) && cloud) || undefined
  return {
    store: values.CREDENTIAL_STORE,
    fallback,
    key: values.CREDENTIALS_KEY,
    nextKey: values.CREDENTIALS_KEY_NEXT,
    googleProject,
    awsRegion,
    filesFolder,
    vault: vaultOf(values),
  }
}

/** Where Kubernetes puts the token of a pod's service account. */
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

function vaultOf(values: Values): VaultConfig | undefined {
  const { VAULT_ADDR: address, VAULT_MOUNT: mount, VAULT_NAMESPACE: namespace } = values
  return address === undefined ? undefined : { address, mount, namespace, signIn: vaultSignInOf(values) }
}

function vaultSignInOf(values: Values): VaultConfig['signIn'] {
  const { VAULT_TOKEN: token, VAULT_KUBERNETES_ROLE: role, VAULT_ROLE_ID: roleId, VAULT_SECRET_ID: secretId } = values
  if (role !== undefined) return { kind: 'kubernetes', role, tokenFile: SERVICE_ACCOUNT_TOKEN }
  if (roleId !== undefined && secretId !== undefined) return { kind: 'approle', roleId, secretId }
  return token === undefined ? undefined : { kind: 'token', token }
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

/** An OAuth client of the operator's and whom it is registered with; secrets go to that issuer alone. */
const CLIENT_FIELDS = new Set(['client_id', 'client_secret', 'issuer'])

/** `MCP_DEMO_DATABASE_DSN` fills input `dsn` of card `demo-database`; which part is the card, the cards know. */
function prefillsOf(set: Environment, isShared: boolean): Config['prefills'] {
  const prefills: Config['prefills'] = {}
  for (const [name, value] of Object.entries(set)) {
    if (!name.startsWith('MCP_') || name in Variables.shape || value === undefined) continue
    const words = name.slice('MCP_'.length).toLowerCase().split('_')
    for (let at = 1; at < words.length; at++) {
      const card = words.slice(0, at).join('-')
      const input = words.slice(at).join('_')
      if (!isShared || CLIENT_FIELDS.has(input)) prefills[card] = { ...prefills[card], [input]: value }
    }
  }
  return prefills
}
