import { isIP } from 'node:net'
import type { OAuthClientMetadata } from '@modelcontextprotocol/client'
import type { ClientIdentity } from '../tokens/auth-config.ts'

const CALLBACK_PATH = '/oauth/callback'
const CLIENT_METADATA_PATH = '/oauth/client.json'

/** Names that only mean something inside one network. */
const INSIDE = /(?:^|\.)(?:localhost|local|internal|lan|home|test|invalid|example)$/

/** How this installation presents itself, by where browsers reach it. */
export function createClientIdentity(publicUrl: string): ClientIdentity {
  const { protocol, hostname } = new URL(publicUrl)
  const isPublic =
    protocol === 'https:' && isIP(hostname) === 0 && hostname.includes('.') && !INSIDE.test(hostname) && hostname !== ''
  return {
    redirectUrl: `${publicUrl}${CALLBACK_PATH}`,
    documentUrl: isPublic ? `${publicUrl}${CLIENT_METADATA_PATH}` : undefined,
  }
}

/** What we say of ourselves when we register (RFC 7591); a public client, as every instance and person shares it. */
export function registrationMetadataFor({ redirectUrl }: ClientIdentity): OAuthClientMetadata {
  return {
    client_name: 'Patchbay',
    client_uri: new URL('/', redirectUrl).href,
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'web',
  }
}

/** Our client id metadata document: its own address is the client id. Undefined where it could not be fetched. */
export function clientMetadataDocumentFor(client: ClientIdentity): Record<string, unknown> | undefined {
  return client.documentUrl === undefined
    ? undefined
    : { client_id: client.documentUrl, ...registrationMetadataFor(client) }
}
