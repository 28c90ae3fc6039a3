import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/client'
import type { DiscoveredAuth } from './discover.ts'

/** What requests say of the server the tokens are for (RFC 8707). `refusesResource`: what an earlier request learned. */
export const resourceIndicatorFor = (
  { tellsResource, resource }: Pick<DiscoveredAuth, 'tellsResource' | 'resource'>,
  refusesResource: boolean | undefined,
): { resource?: string } => (tellsResource && refusesResource !== true ? { resource } : {})

/** Asks a token endpoint, once more without the resource where it refuses that, and says whether it did. */
export async function requestNamingResource<T>(
  indicator: { resource?: string },
  request: (indicator: { resource?: string }) => Promise<T>,
): Promise<{ tokens: T; refusesResource?: true }> {
  try {
    return { tokens: await request(indicator) }
  } catch (error) {
    const refused = error instanceof OAuthError && error.code === OAuthErrorCode.InvalidTarget
    if (!refused || indicator.resource === undefined) throw error
    return { tokens: await request({}), refusesResource: true }
  }
}
