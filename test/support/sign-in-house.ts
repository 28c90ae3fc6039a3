import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLocalStore } from '../../src/credentials/local.ts'
import type { CredentialStore } from '../../src/credentials/store.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createEgress } from '../../src/egress/egress.ts'
import { createConnectionId } from '../../src/ids.ts'
import { createLog } from '../../src/log.ts'
import { type Auth, createAuth } from '../../src/mcp/auth/auth.ts'
import { createClientIdentity } from '../../src/mcp/auth/oauth/client-metadata.ts'
import { createMcp } from '../../src/mcp/mcp.ts'
import type { AuthConfig } from '../../src/mcp/protocol/auth-config.ts'
import type { HttpTarget } from '../../src/mcp/protocol/server-target.ts'
import { createRegistry, type Registry } from '../../src/registry/registry.ts'
import { createOpenSandbox } from '../../src/sandbox/sandbox.ts'
import type { Protected } from '../fixtures/authorization-server.ts'
import type { Provider } from '../fixtures/identity-provider.ts'
import { createTestDatabase } from './database.ts'
import { PERSON, remote } from './mcp-house.ts'

export const termsOf = (change: Partial<AuthConfig> = {}): AuthConfig => ({
  kind: 'oauth',
  registered: [],
  howToRegister: 'ask somebody.',
  ...change,
})

/** Several instances of mcp/ on one database and one credential store, as when the app is started twice. */
export async function startSignInHouse(
  server: Protected,
  o: { instances?: number; publicUrl?: string; idp?: Provider } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-sign-in-'))
  const logged: string[] = []
  const log = createLog('trace', { write: (line) => void logged.push(line) })
  const database = await createTestDatabase()
  const credentials = await openLocalStore({ folder, key: undefined })
  const egress = createEgress({ allow: [...server.hosts, ...(o.idp ? [o.idp.host] : [])] })
  const ours = createClientIdentity(o.publicUrl ?? 'http://127.0.0.1:9')
  o.idp?.letBack(ours.redirectUrl)
  const authDeps = (registry: Registry) => ({
    credentials,
    registry,
    egress,
    ours,
    identityProvider: o.idp?.settings,
    log,
  })
  let target: HttpTarget = remote(server.url, { auth: termsOf() })
  const make = () => {
    const db = connectPostgres(database.url, log)
    const registry = createRegistry(db)
    const auth = createAuth(authDeps(registry))
    const limits = () => ({ callSeconds: 60, idleSeconds: 300 })
    const deps = { registry, credentials, egress, auth, log, limits, target: () => target }
    return {
      db,
      registry,
      auth,
      mcp: createMcp({ sandbox: createOpenSandbox('none'), ...deps, toolTimeoutSeconds: 30, projectRoot: folder }),
    }
  }
  const instances = Array.from({ length: o.instances ?? 1 }, make)
  const [first] = instances
  if (first === undefined) throw new Error('there is no instance')
  return {
    instances,
    first,
    credentials,
    logged,
    /** As an instance's, on another credential store. */
    authWith: (store: CredentialStore) => createAuth({ ...authDeps(first.registry), credentials: store }),
    as(auth: AuthConfig, more: Partial<HttpTarget> = {}) {
      target = remote(server.url, { auth, ...more })
      return target
    },
    target: () => target,
    connection: (id = createConnectionId(), signsIn = true) =>
      first.registry.add(
        {
          ...PERSON,
          id,
          name: id.slice(0, 8),
          card: 'x',
          inputs: {},
          credential: undefined,
          signsIn,
          tools: [],
          era: undefined,
        },
        100,
      ),
    async [Symbol.asyncDispose]() {
      for (const { mcp, db } of instances) {
        await mcp[Symbol.asyncDispose]()
        await db[Symbol.asyncDispose]()
      }
      egress[Symbol.dispose]()
      await database[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type SignInHouse = Awaited<ReturnType<typeof startSignInHouse>>

/** Both legs of a sign-in, with a browser that goes where it is sent. */
export async function signIn(
  auth: Auth,
  target: HttpTarget,
  id: ReturnType<typeof createConnectionId>,
  challenge = {},
) {
  const signal = AbortSignal.timeout(20_000)
  const { url, pending } = await auth.begin(target, {}, { id, challenge, state: 'abc', signal })
  const sent = await fetch(url, { redirect: 'manual' })
  const back = new URL(String(sent.headers.get('location'))).searchParams
  const redeemed = await auth.redeem(pending, back, { id, target, secrets: {}, signal })
  await auth.accept(id, target.by, redeemed)
  return redeemed.tokens
}
