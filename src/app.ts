import { join } from 'node:path'
import { z } from 'zod'
import { createBuiltinServers } from './builtin/builtin-servers.ts'
import { readCards } from './cards/read.ts'
import type { Config } from './config.ts'
import { curatedCard } from './connect/catalog/curated-card.ts'
import { createRegistryMirror } from './connect/catalog/mirror-registry.ts'
import { createConnect } from './connect/connect.ts'
import type { Connect, ConnectListener } from './connect/connect-types.ts'
import { secureClearInputs } from './connect/connections/secure-clear-inputs.ts'
import { createConnectionFeatures } from './connect/features/features.ts'
import { createInstallations, type Installations } from './connect/installations.ts'
import { createServerTargets } from './connect/server-targets.ts'
import { createServerWatchers } from './connect/server-watchers.ts'
import type { SignInResult } from './connect/sign-in-types.ts'
import { openAuditKey } from './credentials/audit-key.ts'
import { openCredentials } from './credentials/open.ts'
import type { Db } from './db/call.ts'
import { openDatabase } from './db/open-database.ts'
import { createEgress, createEgressTo, type Egress } from './egress/egress.ts'
import { errorChainOf } from './errors.ts'
import { closeServer, listen } from './http.ts'
import type { Log } from './log.ts'
import { createAuth } from './mcp/auth/auth.ts'
import { clientMetadataDocumentFor, createClientIdentity } from './mcp/auth/oauth/client-metadata.ts'
import { createMcp } from './mcp/mcp.ts'
import { createModel } from './model/claude.ts'
import { createAuditCheck } from './policy/audit/audit-check.ts'
import { createOpeningAudit } from './policy/audit/audit-opening.ts'
import { loadSqlReader } from './policy/sql/read-sql.ts'
import { connectRowsIn, createConnectionRecords, recordsIn } from './records.ts'
import { createCatalogue, saveCuratedCards } from './registry/catalogue.ts'
import { createClearConnections } from './registry/clear-connections.ts'
import { createInstallationRows } from './registry/installations.ts'
import { createRuns } from './run/create-runs.ts'
import { resumeSignIns, type SignInEnd } from './run/decisions/resume-sign-ins.ts'
import type { Runs } from './run/runs.ts'
import { openSandbox } from './sandbox/sandbox.ts'
import { createSlack, type Slack, type SlackSettings } from './slack/app/create-slack.ts'
import { answersOf, type Standing, standingIn, triggerDoorIn } from './slack/app/later-slack.ts'
import { createRunRenderer } from './slack/render/render-run.ts'
import { createTriggers } from './triggers/triggers.ts'
import { createPublicServer, listenerFor } from './web/public-server.ts'
import { createWeb, type HealthStatus } from './web/routes.ts'

const ROOT = join(import.meta.dirname, '..')
const MIGRATIONS = join(ROOT, 'supabase', 'migrations')

/** A configuration in which every stand-in has been put in its place. */
export type ResolvedConfig = Omit<Config, 'slack' | 'database' | 'model'> & {
  slack: NonNullable<Config['slack']>
  database: NonNullable<Config['database']>
  model: { name: string; fallback?: string | undefined; apiKey: string; baseURL: string | undefined }
  http: Config['http'] & { host: string | undefined }
  /** Only people of the local Slack workspace are here. */
  isLocal: boolean
}

/** For the screen: where people's secrets rest, and what servers that run here are kept in. */
export type App = {
  secretsPlace: string
  sandbox: string
  start(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Builds the app: the one place where rooms meet. Nothing listens, polls or connects to Slack before `start`. */
export async function createApp(config: ResolvedConfig, log: Log): Promise<App> {
  await using cleanup = new AsyncDisposableStack()
  const { db, status } = await openDatabase(config.database, MIGRATIONS, log)
  cleanup.use(db)
  const egress = cleanup.use(createEgress({ allow: config.egressAllow }))
  const storeEgress = cleanup.use(createEgressTo(config.credentials.vault?.address))
  const parts = await buildParts(config, {
    db,
    egress,
    storeEgress,
    log,
    ...connectListenerFor(() => ({ slack, runs, log })),
    standing: standingIn(() => slack),
  })
  cleanup.use(parts.mcp)
  const renderer = createRunRenderer((origin) => slack.renderDepsOf(origin))
  const runs: ReturnType<typeof createRuns> = cleanup.use(
    createRuns({
      db,
      ...parts,
      log,
      now: () => new Date(),
      findAgent: (by, name) => parts.agents.findNamed(by, name),
      listener: renderer,
      ...answersOf(() => slack),
    }),
  )
  const settings = slackSettings(config, parts.installations)
  const triggers = createTriggers({ db, log, ...triggerDoorIn(() => slack) })
  const slack: Slack = cleanup.use(await createSlack(settings, { ...parts, runs, triggers, log }))
  cleanup.defer(() => renderer.close())
  cleanup.use(triggers)
  const watchers = cleanup.use(createServerWatchers({ ...parts, log }, slack))
  const mirror = cleanup.use(createRegistryMirror({ ...parts, fetch: egress.fetch, log }))
  const auditCheck = cleanup.use(createAuditCheck({ db, log, key: parts.auditKey, sealsFile: config.auditSealsFile }))
  const health = () => ({ database: status(), audit: auditCheck.state() })
  const web = webFor(config, { db, connect: parts.connect, log, health })
  const server = createPublicServer(listenerFor(web, slack.requestListener))
  cleanup.defer(() => closeServer(server))
  const disposables = cleanup.move()
  return {
    secretsPlace: parts.secretsPlace,
    sandbox: parts.sandbox.summary,
    async start() {
      await listen(server, config.http.port, config.http.host)
      // An accept can fail for want of file descriptors: the server goes on, and the next connection may succeed.
      server.on('error', (error) => log.error({ why: errorChainOf(error) }, 'connection not accepted'))
      await slack.start()
      await runs.begin()
      for (const one of [watchers, triggers, mirror, auditCheck]) one.start()
    },
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  }
}

function webFor(
  { http }: ResolvedConfig,
  { db, ...parts }: { db: Db; connect: Connect; log: Log; health: () => HealthStatus },
) {
  const identity = createClientIdentity(http.publicUrl)
  return createWeb({
    ...parts,
    ready: () => db.call('schema_version', {}, z.unknown()),
    clientDocument: clientMetadataDocumentFor(identity),
    callbackUrl: identity.redirectUrl,
  })
}

function slackSettings({ slack, http }: ResolvedConfig, installations: Installations): SlackSettings {
  return slack.oauth ? { ...slack, oauth: { ...slack.oauth, publicUrl: http.publicUrl, installations } } : slack
}

type Infrastructure = { db: Db; egress: Egress; storeEgress: Egress; log: Log; standing: Standing } & ConnectListener

/** Builds what the runs and the doors (Slack, the web) stand on. */
async function buildParts(config: ResolvedConfig, { db, egress, storeEgress, log, standing, ...news }: Infrastructure) {
  const { apiKey, name, fallback, baseURL } = config.model
  const { cards, credentials, secretsPlace, readSql, sandbox } = await load(config, { db, egress, storeEgress, log })
  await secureClearInputs({ connections: createClearConnections(db), credentials, log })
  const kept = createConnectionRecords(db, cards, log)
  const catalogue = createCatalogue(db, config.mcp.registryUrl)
  const targets = createServerTargets(cards, config.dataDir, config.prefills)
  const shared = { registry: kept.registry, credentials, egress, sandbox, log, audit: createOpeningAudit(db) }
  const identity = createClientIdentity(config.http.publicUrl)
  const auth = createAuth({ ...shared, ours: identity, identityProvider: config.identityProvider })
  const sharing = { connections: kept.shared, ...standing }
  const mcp = createMcp({
    ...shared,
    auth,
    ...targets,
    toolTimeoutSeconds: config.mcp.toolTimeoutSeconds,
    projectRoot: ROOT,
    builtin: createBuiltinServers({ egress }),
  })
  const connect = createConnect({
    ...shared,
    cards,
    catalogue,
    auth,
    ...connectRowsIn(db),
    publicUrl: config.http.publicUrl,
    ...news,
    entersSecretsOnPage: config.credentialEntry === 'page',
    mcp,
    prefills: config.prefills,
    noServersHere: sandbox.refusal,
    maxPerUser: config.mcp.maxPerUser,
    targets,
    connectRefusal: standing.connectRefusal,
    sharing,
    sharedFile: config.mcp.sharedFile,
  })
  return {
    secretsPlace,
    auditKey: () => openAuditKey(credentials),
    ...kept,
    catalogue,
    installations: createInstallations({ rows: createInstallationRows(db), credentials, log }),
    mcp: { ...mcp, connectionsOf: connect.usable },
    connect,
    sandbox,
    features: createConnectionFeatures({ ...kept, mcp, sharing }),
    model: createModel({ apiKey, model: name, fallback, log, ...(baseURL && { baseURL }) }),
    ...recordsIn(db),
    readSql,
    ...cardWordsOf(connect),
  }
}

const cardWordsOf = ({ classificationOf, titleOf: cardTitle, destinationOf }: Connect) => ({
  classificationOf,
  cardTitle,
  destinationOf,
})

/** Reads the run cards, opens the credential store, loads the SQL parser and tries the sandbox; the slow ones side by side. */
async function load(
  config: ResolvedConfig,
  { db, egress, storeEgress, log }: Pick<Infrastructure, 'db' | 'egress' | 'storeEgress' | 'log'>,
) {
  const { credentials: settings, dataDir, isLocal } = config
  const cards = readCards(join(ROOT, 'run-cards'))
  const setting = config.mcp.sandbox
  const [{ store, place }, readSql, sandbox] = await Promise.all([
    openCredentials({ ...settings, dataDir, db, fetch: storeEgress.fetch }),
    loadSqlReader(),
    openSandbox({ setting, isLocal, dataDir, projectRoot: ROOT, connect: egress.connect, log }),
    saveCuratedCards(db, cards.map(curatedCard)),
  ])
  return { cards, credentials: store, secretsPlace: place, readSql, sandbox }
}

/** Tells Slack, and the runs that wait. */
const connectListenerFor = (told: () => { slack: Slack; runs: Runs; log: Log }): ConnectListener => ({
  onSignedIn(result) {
    const { slack, runs, log } = told()
    slack.signedIn(result)
    void resumeSignIns({ runs, log }, signInEndOf(result))
  },
  onSignInCode: (news) => told().slack.askForSignInCode(news),
  onSecretsEntered: (news) => told().slack.secretsEntered(news),
})

const signInEndOf = ({ by, ...result }: SignInResult): SignInEnd =>
  result.ok
    ? { by, connections: [result.connection.id, ...result.also], action: 'accept' }
    : { by, connections: result.connection ? [result.connection] : [], action: result.denied ? 'decline' : undefined }
