import { AwsV4Signer } from 'aws4fetch'

/**
 * How requests to an AWS service are signed, in texts that may hold `{name}`. Signature Version 4: the secret makes the signature and is
 * itself never sent. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export type AwsSigning = {
  service: string
  region: string
  keyId: string
  secret: string
  session?: string | undefined
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
    const { method, url, headers, signal, redirect } = request
    const body = request.body === null ? null : await request.arrayBuffer()
    const signed = await new AwsV4Signer({ ...keys, method, url, headers, body }).sign()
    return fetch(signed.url, { method, headers: signed.headers, body, signal, redirect })
  }
}
