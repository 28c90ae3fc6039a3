import type { Connect, ConnectDeps } from '../connect-types.ts'
import {
  PendingSecrets,
  pendingSecretsReferenceFor,
  signInCookieFor,
  stateHashOf,
  stateOf,
} from '../connections/prepare-sign-in.ts'

/** The page of ours that a sign-in starts on. It can be opened again, as browsers and people do. */
export function createOpenSignIn({ signIns, credentials }: ConnectDeps): Connect['openSignIn'] {
  return async (link) => {
    const hash = stateHashOf(stateOf(link))
    const row = await signIns.look(hash)
    const stored = await credentials.get(pendingSecretsReferenceFor(hash))
    if (row === undefined || row.late || stored === undefined) return undefined
    const { pending, url, server } = PendingSecrets.parse(JSON.parse(stored))
    const { about, asker = 'Somebody' } = row.details
    return {
      title: pending.title,
      name: about.name,
      asker,
      host: new URL(url).host,
      server,
      organization: 'kind' in pending,
      url,
      cookie: signInCookieFor(link),
    }
  }
}
