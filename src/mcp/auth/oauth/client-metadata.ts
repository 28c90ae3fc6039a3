import { isIP } from 'node:net'
import type { OAuthClientMetadata } from '@modelcontextprotocol/client'
import type { ClientIdentity } from '../../protocol/auth-config.ts'
import type { DiscoveredAuth } from './discover.ts'

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
function registrationMetadataFor({ redirectUrl }: ClientIdentity): OAuthClientMetadata {
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

/** What a registration says, and what it says less each time that is refused; each differs from the one before. */
export function registrationsFor(
  ours: ClientIdentity,
  { metadata }: Pick<DiscoveredAuth, 'metadata'>,
  scope: string | undefined,
): OAuthClientMetadata[] {
  const { client_uri, application_type, ...required } = registrationMetadataFor(ours)
  const methods = metadata?.token_endpoint_auth_methods_supported ?? []
  const grants = metadata?.grant_types_supported ?? []
  const method = { token_endpoint_auth_method: authMethodFor(methods) }
  const lasting = grants.length === 0 || grants.includes('refresh_token')
  const once = { grant_types: ['authorization_code'] }
  const scoped = { ...(scope !== undefined && { scope }) }
  const { client_name, redirect_uris } = required
  const all = [
    { ...required, client_uri, application_type, ...method, ...(!lasting && once), ...scoped },
    { ...required, client_uri, application_type, ...method, ...once, ...scoped },
    { ...required, ...method, ...(!lasting && once) },
    { ...required, ...method, ...once },
    ...OTHER_METHODS.filter((one) => one !== method.token_endpoint_auth_method).map((one) => ({
      ...required,
      ...once,
      token_endpoint_auth_method: one,
    })),
    { client_name, redirect_uris },
    { redirect_uris },
  ]
  const texts = all.map((one) => JSON.stringify(one))
  return all.filter((_, at) => texts.indexOf(texts[at] ?? '') === at)
}

// Every service with client secrets has to take the first (RFC 6749 section 2.3.1).
const OTHER_METHODS = ['client_secret_basic', 'client_secret_post']

/** A public client where that is possible; some services only register clients that get a secret. */
const authMethodFor = (methods: string[]): string =>
  methods.length === 0 || methods.includes('none')
    ? 'none'
    : (methods.find((one) => OTHER_METHODS.includes(one)) ?? 'none')

/** Our client id metadata document: its own address is the client id. Undefined where it could not be fetched. */
export function clientMetadataDocumentFor(client: ClientIdentity): Record<string, unknown> | undefined {
  return client.documentUrl === undefined
    ? undefined
    : { client_id: client.documentUrl, ...registrationMetadataFor(client) }
}
