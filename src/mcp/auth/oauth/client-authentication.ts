import { selectClientAuthMethod } from '@modelcontextprotocol/client'
import type { KnownClient } from '../tokens/stored-tokens.ts'

/** A request's headers and body with the client's authentication, by a method that the server supports (RFC 6749 section 2.3). */
export function authenticateClient(
  client: KnownClient,
  methods: string[],
  body: URLSearchParams,
): { headers: Headers; body: URLSearchParams } {
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' })
  const method = selectClientAuthMethod(client, methods)
  if (method === 'client_secret_basic' && client.client_secret !== undefined) {
    const pair = [client.client_id, client.client_secret].map(encodeURIComponent).join(':')
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
    return { headers, body }
  }
  body.set('client_id', client.client_id)
  if (method !== 'none' && client.client_secret !== undefined) body.set('client_secret', client.client_secret)
  return { headers, body }
}
