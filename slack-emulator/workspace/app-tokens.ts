import { randomBytes } from 'node:crypto'
import type { Collection, PersistentCollections } from './persistent-collections.ts'
import { Installation } from './records.ts'

/** The app's tokens in this workspace: one at a time works, and those before it are remembered as dead. */
export type AppTokens = {
  live(): Installation | undefined
  statusOf(token: string): 'live' | 'dead' | 'unknown'
  /** Installed again without having been removed, the app keeps its token, as with Slack. */
  add(by: string, org: boolean): Installation
  /** Undefined when the app is not here. */
  remove(): Installation | undefined
  /** Takes this workspace from an organization's install, whose token lives on. */
  withdraw(): void
}

const MAX_INSTALLS = 500

/** `first` is the token of an app that was there from the beginning. */
export function openAppTokens(
  collections: PersistentCollections,
  o: { teamId: string; first: string | undefined },
): AppTokens {
  const appTokens: Collection<Installation> = collections.collection('installs', Installation, MAX_INSTALLS)
  if (o.first !== undefined && appTokens.get(o.first) === undefined) {
    appTokens.put(o.first, { token: o.first, live: true, org: false, by: '', withdrawn: false })
  }
  const live = () => [...appTokens.values()].findLast((install) => install.live)
  return {
    live,
    statusOf(token) {
      const known = appTokens.get(token)
      if (known === undefined) return 'unknown'
      return known.live ? 'live' : 'dead'
    },
    add(by, org) {
      const known = live()
      if (known !== undefined && known.org === org) {
        if (known.withdrawn) appTokens.put(known.token, { ...known, withdrawn: false })
        return known
      }
      if (known !== undefined) appTokens.put(known.token, { ...known, live: false })
      const token = `xoxb-${o.teamId}-${randomBytes(16).toString('hex')}`
      const install = { token, live: true, org, by, withdrawn: false }
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
  }
}
