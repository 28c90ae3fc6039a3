import { isIP } from 'node:net'
import type { OAuthClientMetadata } from '@modelcontextprotocol/client'
import type { OurClient } from './terms.ts'

const CALLBACK_PATH = '/oauth/callback'
const DOCUMENT_PATH = '/oauth/client.json'

/** Names that only mean something inside one network. */
const INSIDE = /(?:^|\.)(?:localhost|local|internal|lan|home|test|invalid|example)$/

/** How this installation presents itself, by where browsers reach it. */
export function ourClient(publicUrl: string): OurClient {
  const { protocol, hostname } = new URL(publicUrl)
  const isPublic =
    protocol === 'https:' && isIP(hostname) === 0 && hostname.includes('.') && !INSIDE.test(hostname) && hostname !== ''
  return {
    redirectUrl: `${publicUrl}${CALLBACK_PATH}`,
    documentUrl: isPublic ? `${publicUrl}${DOCUMENT_PATH}` : undefined,
  }
}

/** What we say of ourselves when we register (RFC 7591); a public client, as every instance and person shares it. */
export function ourMetadata({ redirectUrl }: OurClient): OAuthClientMetadata {
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
export function clientDocument(client: OurClient): Record<string, unknown> | undefined {
  return client.documentUrl === undefined ? undefined : { client_id: client.documentUrl, ...ourMetadata(client) }
}
