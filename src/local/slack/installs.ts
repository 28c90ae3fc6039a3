import { randomBytes } from 'node:crypto'
import type { Collection, Journal } from './journal.ts'
import { Install } from './records.ts'

/** The app's tokens in this workspace: one at a time works, and those before it are remembered as dead. */
export type Installs = {
  live(): Install | undefined
  standing(token: string): 'live' | 'dead' | 'unknown'
  /** Installed again without having been removed, the app keeps its token, as with Slack. */
  add(by: string, org: boolean): Install
  /** Undefined when the app is not here. */
  remove(): Install | undefined
  /** Takes this workspace from an organization's install, whose token lives on. */
  withdraw(): void
}

const MAX_INSTALLS = 500

/** `first` is the token of an app that was there from the beginning. */
export function openInstalls(journal: Journal, o: { teamId: string; first: string | undefined }): Installs {
  const installs: Collection<Install> = journal.collection('installs', Install, MAX_INSTALLS)
  if (o.first !== undefined && installs.get(o.first) === undefined) {
    installs.put(o.first, { token: o.first, live: true, org: false, by: '', withdrawn: false })
  }
  const live = () => [...installs.values()].findLast((install) => install.live)
  return {
    live,
    standing(token) {
      const known = installs.get(token)
      if (known === undefined) return 'unknown'
      return known.live ? 'live' : 'dead'
    },
    add(by, org) {
      const known = live()
      if (known !== undefined && known.org === org) {
        if (known.withdrawn) installs.put(known.token, { ...known, withdrawn: false })
        return known
      }
      if (known !== undefined) installs.put(known.token, { ...known, live: false })
      const token = `xoxb-${o.teamId}-${randomBytes(16).toString('hex')}`
      const install = { token, live: true, org, by, withdrawn: false }
      installs.put(token, install)
      return install
    },
    remove() {
      const gone = live()
      if (gone !== undefined) installs.put(gone.token, { ...gone, live: false })
      return gone
    },
    withdraw() {
      const install = live()
      if (install !== undefined) installs.put(install.token, { ...install, withdrawn: true })
    },
  }
}
