import { createHash } from 'node:crypto'
import { DpopSession, generateDpopKeyPair } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { DpopKey } from './stored-tokens.ts'

const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }
const Point = z.object({ crv: z.string(), kty: z.string(), x: z.string(), y: z.string() })

/** A new key for tokens to be bound to (RFC 9449). */
export async function createDpopKey(): Promise<DpopKey> {
  const { privateKey, publicJwk } = await generateDpopKeyPair({ alg: 'ES256', extractable: true })
  const { crv, kty, x, y } = Point.parse(publicJwk)
  const { d } = z.object({ d: z.string() }).parse(await crypto.subtle.exportKey('jwk', privateKey))
  return { privateKey: { crv, kty, x, y, d }, publicKey: { crv, kty, x, y } }
}

/** Signs with a stored key. One per connection, because it remembers the servers' nonces. */
export async function createDpopSession(key: DpopKey): Promise<DpopSession> {
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey('jwk', key.privateKey, ES256, false, ['sign']),
    crypto.subtle.importKey('jwk', key.publicKey, ES256, true, ['verify']),
  ])
  const { crv, kty, x, y } = Point.parse(key.publicKey)
  // RFC 7638: these members, in this order.
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  return DpopSession.create({ keyPair: { privateKey, publicKey, publicJwk: key.publicKey, thumbprint, alg: 'ES256' } })
}
