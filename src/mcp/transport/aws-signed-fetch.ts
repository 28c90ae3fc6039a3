import { AwsV4Signer } from 'aws4fetch'
import { signalOf } from '../../egress/egress.ts'
import { AppError } from '../../errors.ts'
import { type AwsSigning, fillPlaceholders, type HttpTarget } from '../protocol/server-target.ts'

/** Without a value for each of its texts nothing could be signed; a session's token is only for keys that end. */
export function signingOf({ title, signing }: HttpTarget, values: Record<string, string>): AwsSigning | undefined {
  if (signing === undefined) return undefined
  const { service, session = '' } = signing
  const [region, keyId, secret] = [signing.region, signing.keyId, signing.secret].map((text) =>
    fillPlaceholders(text, values),
  )
  if (region !== undefined && keyId !== undefined && secret !== undefined)
    return { service, region, keyId, secret, session: fillPlaceholders(session, values) || undefined }
  throw new AppError(
    'credential_missing',
    `${title} needs an access key and its secret. Press Reconnect and enter them.`,
  )
}

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
    const { method, url, headers, redirect } = request
    const body = request.body === null ? null : await request.arrayBuffer()
    const signed = await new AwsV4Signer({ ...keys, method, url, headers, body }).sign()
    return fetch(signed.url, { method, headers: signed.headers, body, redirect, signal: signalOf(input, init) })
  }
}
