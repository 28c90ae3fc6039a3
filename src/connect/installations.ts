import { randomUUID } from 'node:crypto'
import type { CredentialStore } from '../credentials/store.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Installation, InstallationRows } from '../registry/installations.ts'

export type InstalledWorkspace = Omit<Installation, 'credential'> & { token: string }

/** Where the app is installed: rows in the database, tokens in the credential store. */
export type Installations = {
  /** Undefined where it is not. Another instance's install or uninstall is seen within half a minute, or after `recheck`. */
  of(workspace: WorkspaceId): Promise<InstalledWorkspace | undefined>
  save(installed: InstalledWorkspace): Promise<void>
  /** Token first, then the row; what was installed anew meanwhile stays. */
  remove(installed: InstalledWorkspace): Promise<void>
  /** Drops the cached installation, because Slack does not accept its token any more. */
  recheck(workspace: WorkspaceId): void
}

/** Each request from Slack asks; an installation changes a few times a year. */
const CACHE_MS = 30_000

type CachedInstallation = { found: Promise<Found | undefined>; until: number }
type Found = { installed: InstalledWorkspace; credential: string }

export function createInstallations(o: {
  rows: InstallationRows
  credentials: CredentialStore
  log: Log
}): Installations {
  const { rows, credentials, log } = o
  const cache = new Map<WorkspaceId, CachedInstallation>()

  const read = async (workspace: WorkspaceId): Promise<Found | undefined> => {
    const row = await rows.of(workspace)
    if (row === undefined) return undefined
    const { credential, ...installation } = row
    const token = await credentials.get(credential)
    if (token === undefined) {
      log.error({ workspace }, "Slack's saved token for this workspace is gone: install the app again")
      return undefined
    }
    return { installed: { ...installation, token }, credential }
  }
  const findCached = async (workspace: WorkspaceId): Promise<Found | undefined> => {
    const known = cache.get(workspace)
    if (known !== undefined && known.until > Date.now()) return known.found
    const entry = { found: read(workspace), until: Date.now() + CACHE_MS }
    cache.set(workspace, entry)
    const forget = () => cache.get(workspace) === entry && cache.delete(workspace)
    try {
      const found = await entry.found
      // Whoever installs it now is served at once.
      if (found === undefined) forget()
      return found
    } catch (error) {
      forget()
      throw error
    }
  }

  return {
    of: async (workspace) => (await findCached(workspace))?.installed,
    recheck: (workspace) => void cache.delete(workspace),
    async save({ token, ...installation }) {
      const { workspace } = installation
      const credential = `slack/${workspace}/${randomUUID()}`
      await credentials.set(credential, token)
      const former = await rows.save({ ...installation, credential }).catch(async (error: unknown) => {
        // An answer can be lost after the row was saved, and then the row needs its token.
        if ((await rows.of(workspace))?.credential !== credential) await credentials.remove(credential)
        throw error
      })
      cache.delete(workspace)
      if (former !== undefined) await credentials.remove(former)
      log.info({ workspace, enterprise: installation.enterprise }, 'app installed')
    },
    async remove({ workspace, token }) {
      const found = await findCached(workspace)
      if (found === undefined || found.installed.token !== token) return
      await credentials.remove(found.credential)
      await rows.remove({ workspace, credential: found.credential })
      cache.delete(workspace)
      log.info({ workspace }, 'app uninstalled')
    },
  }
}
