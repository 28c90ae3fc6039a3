import { readSecrets, type Secrets } from '../credentials/secrets.ts'
import type { CredentialStore } from '../credentials/store.ts'
import type { ConnectionId, UserId, WorkspaceId } from '../ids.ts'
import type { Connection } from '../registry/connection.ts'
import type { Registry } from '../registry/registry.ts'
import type { Auth } from './auth/auth.ts'
import type { Background } from './background.ts'
import type { Caches } from './caches.ts'
import { readEra } from './era.ts'
import { type OpenDeps, type Opening, openSession } from './open.ts'
import type { Session } from './session.ts'
import type { Target } from './target.ts'

export type AuditEntry = { what: 'credential_opened'; connection: ConnectionId; workspace: WorkspaceId; user: UserId }

export type OpenerDeps = OpenDeps & {
  registry: Pick<Registry, 'setEra'>
  credentials: CredentialStore
  background: Background
  /** Left out: nobody signs in, servers take what headers hold. */
  auth?: Pick<Auth, 'bearer'> | undefined
  caches: Caches
  target(connection: Connection): Target
  onChanged(connection: Connection): Opening['onChanged']
  onOpened(connection: Connection, session: Session): void
  /** Written before the credential is opened; where it fails, nothing is opened. */
  audit?: ((entry: AuditEntry) => Promise<void>) | undefined
}

/** Opens a connection's session with its saved credential. */
export type Opener = {
  /** `fresh` forgets which protocol the server spoke last. Throws AppErrors. */
  open(connection: Connection, fresh: boolean, signal: AbortSignal): Promise<Session>
  /** False when the credential was replaced since the session was opened. */
  isCurrent(connection: Connection, session: Session): Promise<boolean>
}

// How long an open session may go on with a credential that another instance has replaced meanwhile.
const SECRETS_CHECK_MS = 5 * 60 * 1000

export function createOpener(deps: OpenerDeps): Opener {
  const used = new WeakMap<Session, { secrets: string; checkedAt: number }>()

  const secretsOf = async (c: Connection): Promise<Secrets> => {
    if (c.credential !== undefined)
      await deps.audit?.({ what: 'credential_opened', connection: c.id, workspace: c.workspace, user: c.user })
    return readSecrets(deps.credentials, c.credential)
  }

  return {
    open: async (c, fresh, signal) => {
      const era = fresh ? undefined : readEra(c.era, Date.now())
      const secrets = await secretsOf(c)
      const target = deps.target(c)
      const bearer = deps.auth?.bearer(c.id, target, secrets)
      const cache = deps.caches.storeOf(c.id, [target, secrets])
      const opening = { target, secrets, bearer, era, cache, onChanged: deps.onChanged(c) }
      const session = await openSession(deps, opening, signal)
      used.set(session, { secrets: JSON.stringify(secrets), checkedAt: Date.now() })
      if (era === undefined) deps.background.run('keep era', () => deps.registry.setEra(c, session.era))
      deps.onOpened(c, session)
      return session
    },
    isCurrent: async (c, session) => {
      const last = used.get(session)
      if (last === undefined || Date.now() - last.checkedAt < SECRETS_CHECK_MS) return true
      last.checkedAt = Date.now()
      return JSON.stringify(await secretsOf(c)) === last.secrets
    },
  }
}
