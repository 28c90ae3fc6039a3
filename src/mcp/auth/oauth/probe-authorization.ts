import { OAuthErrorCode, startAuthorization } from '@modelcontextprotocol/client'
import type { ClientIdentity } from '../../protocol/auth-config.ts'
import type { KnownClient } from '../tokens/stored-tokens.ts'
import type { DiscoveredAuth } from './discover.ts'
import { errorCodeIn } from './read-error-page.ts'
import { CLIENT_ERRORS } from './token-errors.ts'

type AuthorizationProbe = {
  discovered: DiscoveredAuth
  ours: ClientIdentity
  scope: string | undefined
  indicator: { resource?: string }
  fetch: typeof fetch
}

// The person waits while it is asked.
const PROBE_MS = 3_000

/**
 * Asks the page a browser would be sent to, because a service that does not know a client or refuses the resource may show its error
 * there and never send back. Undefined where nothing speaks clearly of a refusal.
 */
export async function probeAuthorization(
  client: KnownClient,
  { discovered, ours, scope, indicator, fetch }: AuthorizationProbe,
): Promise<'client_refused' | 'resource_refused' | undefined> {
  const { server, metadata } = discovered
  try {
    const { authorizationUrl } = await startAuthorization(server, {
      ...(metadata && { metadata }),
      clientInformation: client,
      redirectUrl: ours.redirectUrl,
      state: 'known',
      ...indicator,
      ...(scope !== undefined && { scope }),
    })
    const signal = AbortSignal.timeout(PROBE_MS)
    const code = await errorCodeIn(await fetch(authorizationUrl, { redirect: 'manual', signal }), authorizationUrl)
    if (code === OAuthErrorCode.InvalidTarget) return 'resource_refused'
    return CLIENT_ERRORS.has(code ?? '') ? 'client_refused' : undefined
  } catch (error) {
    // What cannot be asked now is asked by the browser.
    if (error instanceof Error) return undefined
    throw error
  }
}
