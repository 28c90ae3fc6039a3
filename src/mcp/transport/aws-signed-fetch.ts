import { AwsV4Signer } from 'aws4fetch'
import type { AwsSigning } from '../protocol/server-target.ts'

/** Signs each request, with the time it is sent at; a body is read whole for it. */
export function createAwsSignedFetch(fetch: typeof globalThis.fetch, signing: AwsSigning): typeof globalThis.fetch {
  const { service, region, keyId: accessKeyId, secret: secretAccessKey, session } = signing
  const keys = {
    service,
    region,
    accessKeyId,
    secretAccessKey,
    ...(session !== undefined && { sessionToken: session }),
  }
  return async (input, init) => {
    const request = new Request(input, init)
    const { method, url, headers, signal, redirect } = request
    const body = request.body === null ? null : await request.arrayBuffer()
    const signed = await new AwsV4Signer({ ...keys, method, url, headers, body }).sign()
    return fetch(signed.url, { method, headers: signed.headers, body, signal, redirect })
  }
}
