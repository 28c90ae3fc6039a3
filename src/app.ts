import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { z } from 'zod'
import { createBuiltinServers } from './builtin/builtin-servers.ts'
import { readCards } from './cards/read.ts'
import type { Config } from './config.ts'
import { curatedCard } from './connect/catalog/curated-card.ts'
import { createRegistryMirror } from './connect/catalog/mirror-registry.ts'
import { createConnect } from './connect/connect.ts'
import { ConnectSubmissionDetails, SignInDetails, type SignInResult } from './connect/connect-types.ts'
import { secureClearInputs } from './connect/connections/secure-clear-inputs.ts'
import { createConnectionFeatures } from './connect/features/features.ts'
import { createResourceWatcher } from './connect/features/resource-watcher.ts'
import { createInstallations, type Installations } from './connect/installations.ts'
import { createServerTargets } from './connect/server-targets.ts'
import { openCredentials } from './credentials/open.ts'
import type { Db } from './db/call.ts'
import { openDatabase } from './db/open-database.ts'
import { createEgress, type Egress } from './egress/egress.ts'
import { errorChainOf } from './errors.ts'
import { closeServer, listen } from './http.ts'
import type { Log } from './log.ts'
import { createAuth } from './mcp/auth/auth.ts'
import { clientMetadataDocumentFor, createClientIdentity } from './mcp/auth/oauth/client-metadata.ts'
import { createMcp } from './mcp/mcp.ts'
import { createModel } from './model/claude.ts'
import { type AuditCheck, createAuditCheck, createOpeningAudit } from './policy/audit.ts'
import { createRules } from './policy/rules.ts'
import { createSettings } from './policy/settings.ts'
import { loadSqlReader } from './policy/sql.ts'
import { createCatalogue, saveCuratedCards } from './registry/catalogue.ts'
import { createClearConnections } from './registry/clear-connections.ts'
import { createConnectSubmissions } from './registry/connect-submissions.ts'
import { createInstallationRows } from './registry/installations.ts'
import { createOnboardingMessages } from './registry/onboarding-messages.ts'
import { createOwnCards } from './registry/own-cards.ts'
import { createRegistry } from './registry/registry.ts'
import { createResourceSubscriptions } from './registry/resource-subscriptions.ts'
import { createSignIns } from './registry/sign-ins.ts'
import { createRuns } from './run/create-runs.ts'
import { createReminders } from './run/decisions/reminders.ts'
import type { Runs } from './run/runs.ts'
import { createUsageReports } from './run/usage.ts'
import { openSandbox } from './sandbox/sandbox.ts'
import { createSlack, type Slack, type SlackSettings } from './slack/app/create-slack.ts'
import { createRunRenderer } from './slack/render/render-run.ts'
import { createWeb, type HealthStatus } from './web/routes.ts'

const ROOT = join(import.meta.dirname, '..')
const MIGRATIONS = join(ROOT, 'supabase', 'migrations')

/** A configuration in which every stand-in has been put in its place. */
export type ResolvedConfig = Omit<Config, 'slack' | 'database' | 'model'> & {
  slack: NonNullable<Config['slack']>
  database: NonNullable<Config['database']>
  model: { name: string; apiKey: string; baseURL: string | undefined }
  http: Config['http'] & { host: string | undefined }
  /** Only people of the local Slack workspace are here. */
  isLocal: boolean
}

/** `sandbox`: what servers that run here are kept in, for the screen. */
export type App = { start(): Promise<void>; sandbox: string; [Symbol.asyncDispose](): Promise<void> }

/** Builds the app: the one place where rooms meet. Nothing listens, polls or connects to Slack before `start`. */
export async function createApp(config: ResolvedConfig, log: Log): Promise<App> {
  await using cleanup = new AsyncDisposableStack()
  const { db, status } = await openDatabase(config.database, MIGRATIONS, log)
  cleanup.use(db)
  const egress = cleanup.use(createEgress({ allow: config.egressAllow }))
  const parts = await buildParts(config, { db, egress, log, onSignedIn: (result) => signedIn(result) })
  cleanup.use(parts.mcp)
  const renderer = createRunRenderer((origin) => slack.renderDepsOf(origin))
  const runs: ReturnType<typeof createRuns> = cleanup.use(
    createRuns({
      db,
      ...parts,
      log,
      now: () => new Date(),
      listener: renderer,
      readFile: (...file) => slack.readFile(...file),
      readThread: (...thread) => slack.readThread(...thread),
      ableApprovers: (...asked) => slack.ableApprovers(...asked),
    }),
  )
  const signedIn = (result: SignInResult) => {
    slack.signedIn(result)
    void resumeAfterSignIn(runs, result, log)
  }
  const slack: Slack = cleanup.use(
    await createSlack(slackSettings(config, parts.installations), { ...parts, runs, log }),
  )
  cleanup.defer(() => renderer.close())
  const watcher = cleanup.use(createResourceWatcher({ ...parts, log, tell: slack.announceResourceChange }))
  const mirror = cleanup.use(createRegistryMirror({ ...parts, fetch: egress.fetch, log }))
  const auditCheck = cleanup.use(createAuditCheck({ db, log }))
  const web = createWeb({
    health: () => healthOf(status(), auditCheck),
    ready: () => db.call('schema_version', {}, z.unknown()),
    clientDocument: clientMetadataDocumentFor(createClientIdentity(config.http.publicUrl)),
    finishSignIn: parts.connect.finishSignIn,
    log,
  })
  const server = createServer(routes(slack.requestListener, web))
  cleanup.defer(() => closeServer(server))
  const disposables = cleanup.move()
  return {
    sandbox: parts.sandbox.summary,
    async start() {
      await listen(server, config.http.port, config.http.host)
      // An accept can fail for want of file descriptors: the server goes on, and the next connection may succeed.
      server.on('error', (error) => log.error({ why: errorChainOf(error) }, 'connection not accepted'))
      await slack.start()
      await runs.begin()
      watcher.start()
      mirror.start()
      auditCheck.start()
    },
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  }
}

function slackSettings(
  { slack, http }: Pick<ResolvedConfig, 'slack' | 'http'>,
  installations: Installations,
): SlackSettings {
  return slack.oauth ? { ...slack, oauth: { ...slack.oauth, publicUrl: http.publicUrl, installations } } : slack
}

type Infrastructure = { db: Db; egress: Egress; log: Log; onSignedIn(result: SignInResult): void }

/** Builds what the runs and the doors (Slack, the web) stand on. */
async function buildParts(config: ResolvedConfig, { db, egress, log, onSignedIn }: Infrastructure) {
  const { cards, credentials, readSql, sandbox } = await load(config, { db, egress, log })
  await secureClearInputs({ connections: createClearConnections(db), credentials, log })
  const registry = createRegistry(db)
  const subscriptions = createResourceSubscriptions(db)
  const settings = createSettings(db)
  const catalogue = createCatalogue(db, config.mcp.registryUrl)
  const targets = createServerTargets(cards, config.dataDir, config.prefills)
  const shared = { registry, credentials, egress, sandbox, log }
  const identity = createClientIdentity(config.http.publicUrl)
  const auth = createAuth({ ...shared, ours: identity, identityProvider: config.identityProvider })
  const mcp = createMcp({
    ...shared,
    auth,
    ...targets,
    toolTimeoutSeconds: config.mcp.toolTimeoutSeconds,
    projectRoot: ROOT,
    builtin: createBuiltinServers({ egress }),
    audit: createOpeningAudit(db),
  })
  const connect = createConnect({
    cards,
    catalogue,
    ownCards: createOwnCards(db),
    registry,
    credentials,
    auth,
    signIns: createSignIns(db, SignInDetails),
    submissions: createConnectSubmissions(db, ConnectSubmissionDetails),
    onSignedIn,
    mcp,
    prefills: config.prefills,
    noServersHere: sandbox.refusal,
    maxPerUser: config.mcp.maxPerUser,
    targets,
    mayConnect: async (workspace, card) => (await settings.of(workspace)).cards?.includes(card) ?? true,
    log,
  })
  return {
    registry,
    catalogue,
    installations: createInstallations({ rows: createInstallationRows(db), credentials, log }),
    subscriptions,
    mcp,
    connect,
    sandbox,
    features: createConnectionFeatures({ registry, subscriptions, mcp }),
    model: modelOf(config, log),
    settings,
    ...recordsIn(db),
    readSql,
    classificationOf: connect.classificationOf,
    cardTitle: connect.titleOf,
  }
}

/** Reads the run cards, opens the credential store, loads the SQL parser and tries the sandbox; the slow ones side by side. */
async function load(config: ResolvedConfig, { db, egress, log }: Omit<Infrastructure, 'onSignedIn'>) {
  const { credentials: settings, dataDir, isLocal } = config
  const cards = readCards(join(ROOT, 'run-cards'))
  const setting = config.mcp.sandbox
  const [credentials, readSql, sandbox] = await Promise.all([
    openCredentials({ ...settings, dataDir }),
    loadSqlReader(),
    openSandbox({ setting, isLocal, dataDir, projectRoot: ROOT, connect: egress.connect, log }),
    saveCuratedCards(db, cards.map(curatedCard)),
  ])
  return { cards, credentials, readSql, sandbox }
}

const recordsIn = (db: Db) => ({
  onboarding: createOnboardingMessages(db),
  rules: createRules(db),
  usage: createUsageReports(db),
  reminders: createReminders(db),
})

const modelOf = ({ model: { apiKey, name, baseURL } }: ResolvedConfig, log: Log) =>
  createModel({ apiKey, model: name, log, ...(baseURL && { baseURL }) })

/** Answers the runs that wait for this sign-in: accept when it worked, decline when the person refused. Never throws, as the person can press Sign in again. */
async function resumeAfterSignIn(runs: Runs, { by, ...result }: SignInResult, log: Log): Promise<void> {
  if (by === undefined || (!result.ok && !result.denied)) return
  const connections = result.ok ? [result.connection.id, ...result.also] : [result.connection]
  const action = result.ok ? 'accept' : 'decline'
  try {
    for (const { state, input } of await runs.openInputs(by)) {
      const { request } = input
      if (request.kind === 'sign_in' && connections.includes(request.connection))
        await runs.answerInput({ run: state.id, input: input.id, by, action })
    }
  } catch (error) {
    log.error({ workspace: by.workspace, reason: errorChainOf(error) }, 'a run was not told of a sign-in')
  }
}

function routes(
  slack: RequestListener | undefined,
  web: (...request: Parameters<RequestListener>) => boolean,
): RequestListener {
  return (request, response) => {
    if (web(request, response)) return
    if (slack && request.url?.startsWith('/slack/')) slack(request, response)
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('There is nothing here.')
  }
}

function healthOf(database: HealthStatus['database'], audit: Pick<AuditCheck, 'state'>): HealthStatus {
  const state = audit.state()
  return { database, ...(state && { audit: state }) }
}
