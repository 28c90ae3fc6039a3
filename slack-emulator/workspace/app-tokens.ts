import { randomBytes } from 'node:crypto'
import type { Collection, PersistentCollections } from './persistent-collections.ts'
import { Installation } from './records.ts'

/** The app's tokens in this workspace: at most one is live, and earlier ones are known as dead. */
export type AppTokens = {
  live(): Installation | undefined
  statusOf(token: string): 'live' | 'dead' | 'unknown'
  /** Adds an installation; an app that is installed already keeps its token and gains scopes, as in Slack. */
  add(by: string, org: boolean, scopes: string[]): Installation
  /** Returns undefined when the app is not installed. */
  remove(): Installation | undefined
  /** Takes this workspace out of an organization's installation, whose token stays live. */
  withdraw(): void
  /** The optional scopes that the installation lacks from now on. */
  decline(scopes: string[]): void
}

const MAX_INSTALLS = 500

/** Opens the tokens; `first` is the token of an app that is installed from the start. */
export function openAppTokens(
  collections: PersistentCollections,
  o: { teamId: string; first: string | undefined },
): AppTokens {
  const appTokens: Collection<Installation> = collections.collection('installs', Installation, MAX_INSTALLS)
  if (o.first !== undefined && appTokens.get(o.first) === undefined) {
    appTokens.put(o.first, { token: o.first, live: true, org: false, by: '', declined: [], withdrawn: false })
  }
  const live = () => [...appTokens.values()].findLast((install) => install.live)
  return {
    live,
    statusOf(token) {
      const known = appTokens.get(token)
      if (known === undefined) return 'unknown'
      return known.live ? 'live' : 'dead'
    },
    add(by, org, scopes) {
      const known = live()
      if (known !== undefined && known.org === org) {
        const all = known.scopes && [...new Set([...known.scopes, ...scopes])]
        const again = { ...known, declined: [], withdrawn: false, scopes: all }
        appTokens.put(known.token, again)
        return again
      }
      if (known !== undefined) appTokens.put(known.token, { ...known, live: false })
      const token = `xoxb-${o.teamId}-${randomBytes(16).toString('hex')}`
      const install = { token, live: true, org, by, scopes, declined: [], withdrawn: false }
      appTokens.put(token, install)
      return install
    },
    remove() {
      const gone = live()
      if (gone !== undefined) appTokens.put(gone.token, { ...gone, live: false })
      return gone
    },
    withdraw() {
      const install = live()
      if (install !== undefined) appTokens.put(install.token, { ...install, withdrawn: true })
    },
    decline(declined) {
      const install = live()
      if (install !== undefined) appTokens.put(install.token, { ...install, declined })
    },
  }
}
