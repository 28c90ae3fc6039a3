import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { createBuiltinServers } from '../../src/builtin/builtin-servers.ts'
import { readCards } from '../../src/cards/read.ts'
import { createConnect } from '../../src/connect/connect.ts'
import { ConnectSubmissionDetails } from '../../src/connect/connect-types.ts'
import { SecretEntryDetails } from '../../src/connect/secret-entry-types.ts'
import { createServerTargets } from '../../src/connect/server-targets.ts'
import { SignInDetails } from '../../src/connect/sign-in-types.ts'
import { openLocalStore } from '../../src/credentials/local.ts'
import type { Db } from '../../src/db/call.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createEgress } from '../../src/egress/egress.ts'
import type { JsonObject } from '../../src/json.ts'
import { createLog } from '../../src/log.ts'
import { createAuth } from '../../src/mcp/auth/auth.ts'
import { createClientIdentity } from '../../src/mcp/auth/oauth/client-metadata.ts'
import { createMcp } from '../../src/mcp/mcp.ts'
import { createOpeningAudit } from '../../src/policy/audit/audit-opening.ts'
import { createConnectSubmissions } from '../../src/registry/connect-submissions.ts'
import type { Connection } from '../../src/registry/connection.ts'
import { createOwnCards } from '../../src/registry/own-cards.ts'
import { createPersonRows } from '../../src/registry/person-rows.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { createSecretEntries } from '../../src/registry/secret-entries.ts'
import { createSignInCodes } from '../../src/registry/sign-in-codes.ts'
import { createSignIns } from '../../src/registry/sign-ins.ts'
import { createOpenSandbox } from '../../src/sandbox/sandbox.ts'
import { createTestDatabase } from './database.ts'
import { joinSockets } from './join-sockets.ts'
import { ROOT } from './mcp-house.ts'

export type ConnectHouseOptions = {
  allow?: string[]
  maxPerUser?: number
  prefills?: Record<string, Record<string, string>>
  /** Stands between the app and its database. */
  between?(db: Db): Db
  /** The text of a card for the strange server. */
  strangeCard?: string
}

/** connect/ and the rooms below it, all real, with a database and a folder of its own. */
export async function startConnectHouse(o: ConnectHouseOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-connect-'))
  const root = projectIn(folder)
  const dataDir = join(folder, 'data')
  const cardsFolder = join(folder, 'cards')
  cpSync(join(ROOT, 'run-cards'), cardsFolder, { recursive: true })
  if (o.strangeCard !== undefined) writeFileSync(join(cardsFolder, 'strange.yaml'), o.strangeCard)
  const cards = readCards(cardsFolder)

  const logged: string[] = []
  const log = createLog('trace', { write: (line) => void logged.push(line) })
  const database = await createTestDatabase()
  const db = connectPostgres(database.url, log)
  const registry = createRegistry(o.between?.(db) ?? db)
  const credentials = await openLocalStore({ folder: join(dataDir, 'credentials'), key: undefined })
  const egress = createEgress({ allow: o.allow ?? [] })
  const targets = createServerTargets(cards, dataDir, o.prefills)
  const auth = createAuth({ credentials, registry, egress, ours: createClientIdentity('http://127.0.0.1:1'), log })
  const mcp = createMcp({
    builtin: createBuiltinServers({ egress }),
    sandbox: createOpenSandbox('none'),
    registry,
    credentials,
    egress,
    auth,
    log,
    ...targets,
    toolTimeoutSeconds: 20,
    projectRoot: root,
  })
  const connect = createConnect({
    cards,
    ownCards: createOwnCards(db),
    registry,
    credentials,
    auth,
    signIns: createSignIns(db, SignInDetails),
    signInCodes: createSignInCodes(db, SignInDetails),
    publicUrl: 'http://127.0.0.1:1',
    secretEntries: createSecretEntries(db, SecretEntryDetails),
    personRows: createPersonRows(db),
    entersSecretsOnPage: true,
    submissions: createConnectSubmissions(db, ConnectSubmissionDetails),
    mcp,
    prefills: o.prefills ?? {},
    maxPerUser: o.maxPerUser ?? 10,
    targets,
    audit: createOpeningAudit(db),
    log,
  })
  return {
    connect,
    mcp,
    registry,
    credentials,
    logged,
    folder,
    dataDir,
    databaseUrl: database.url,
    /** How many secrets rest in the store, the key's check left out. */
    secretsKept: () => readdirSync(join(dataDir, 'credentials')).filter((name) => name.endsWith('.sealed')).length - 1,
    call: (connection: Connection, tool: string, args: JsonObject = {}) =>
      mcp.call(connection, { name: tool, description: '', inputSchema: {} }, args, {
        signal: new AbortController().signal,
        onProgress: () => undefined,
      }),
    /** Every row of every table, as text. */
    everythingInTheDatabase: () => dump(database.url),
    async [Symbol.asyncDispose]() {
      await mcp[Symbol.asyncDispose]()
      egress[Symbol.dispose]()
      await db[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type ConnectHouse = Awaited<ReturnType<typeof startConnectHouse>>

/** A project where our own packages and the strange server are installed. */
function projectIn(folder: string): string {
  const root = join(folder, 'project')
  const pack = join(root, 'node_modules', 'strange-server')
  mkdirSync(pack, { recursive: true })
  for (const scope of ['@modelcontextprotocol', '@bytebase', '@supabase'])
    symlinkSync(join(ROOT, 'node_modules', scope), join(root, 'node_modules', scope))
  const fixture = join(ROOT, 'test', 'fixtures', 'mcp-servers', 'strange.ts')
  writeFileSync(join(pack, 'package.json'), JSON.stringify({ version: '1.0.0', type: 'module', bin: 'main.js' }))
  writeFileSync(join(pack, 'main.js'), `await import(${JSON.stringify(fixture)})\n`)
  return root
}

async function dump(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    )
    const rows: string[] = []
    for (const { name } of tables.rows) {
      const found = await client.query<{ row: string }>(`select t::text as row from ${name} t`)
      rows.push(...found.rows.map(({ row }) => `${name} ${row}`))
    }
    return rows.join('\n')
  } finally {
    await client.end()
  }
}

/** The embedded Postgres listens on a socket alone; this gives it a TCP port. */
export async function openTcpTo(databaseUrl: string) {
  const folder = new URL(
    databaseUrl.replace(/^postgres(ql)?:\/\/([^/@]*@)?\//, 'postgres://localhost/'),
  ).searchParams.get('host')
  const file = readdirSync(folder ?? '').find((name) => /^\.s\.PGSQL\.\d+$/.test(name)) ?? ''
  const open = new Set<Socket>()
  const server = createServer((outer) => {
    const inner = connectSocket(join(folder ?? '', file))
    for (const socket of [outer, inner]) {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
    }
    joinSockets(outer, inner)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What every process of this machine was started with. */
export const commandLines = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
    .join('\n')

/** The processes a process started whose command line holds the word. */
export const childrenOf = (parent: number, word: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) . /s, '')
        return Number(stat.split(' ')[0]) === parent && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word)
      } catch {
        return false
      }
    })
