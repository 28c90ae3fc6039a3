import { generateKeyPairSync, verify } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { z } from 'zod'
import { closeServer, listen } from '../../src/http.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
export const GOOGLE_ACCOUNT = { client_email: 'patchbay@example.iam.gserviceaccount.com', private_key: pem }

const Added = z.object({ payload: z.object({ data: z.string() }) })
type Answer = { status: number; body: object }

const refusal = (code: number, status: string): Answer => ({
  status: code,
  body: { error: { code, status, message: status } },
})
const MISSING = refusal(404, 'NOT_FOUND')

/** A stand-in for Google Secret Manager that checks the signature of the account's token; `versions` in base64, destroyed ones undefined. */
export async function startGoogleSecrets(port: number) {
  const versions = new Map<string, (string | undefined)[]>()
  /** Instead of the service's answer, as networks give it. */
  const odd: { answer: { status: number; text: string } | undefined } = { answer: undefined }
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      if (odd.answer !== undefined) return void response.writeHead(odd.answer.status).end(odd.answer.text)
      const answer = isSignedWell(request) ? answerTo(versions, request, body) : refusal(401, 'UNAUTHENTICATED')
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
    })
  })
  await listen(server, port, '127.0.0.1')
  return { versions, odd, [Symbol.asyncDispose]: () => closeServer(server) }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const piece of request.setEncoding('utf8')) body += piece
  return body
}

function answerTo(versions: Map<string, (string | undefined)[]>, request: IncomingMessage, body: string): Answer {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const [, secret = '', rest = ''] = /^\/v1\/(projects\/[^/]+\/secrets\/[^/:]+)(.*)$/.exec(url.pathname) ?? []
  if (secret === '') return createAnswer(versions, url)
  const kept = versions.get(secret)
  if (kept === undefined) return MISSING
  if (request.method === 'DELETE') return { status: versions.delete(secret) ? 200 : 404, body: {} }
  if (rest === ':addVersion') {
    const count = kept.push(Added.parse(JSON.parse(body)).payload.data)
    return { status: 200, body: { name: `${secret}/versions/${count}` } }
  }
  if (rest.endsWith(':destroy')) {
    kept[Number(/\d+/.exec(rest)?.[0]) - 1] = undefined
    return { status: 200, body: {} }
  }
  const data = kept.at(-1)
  return data === undefined
    ? MISSING
    : { status: 200, body: { name: `${secret}/versions/${kept.length}`, payload: { data } } }
}

function createAnswer(versions: Map<string, (string | undefined)[]>, url: URL): Answer {
  const name = `${url.pathname.slice('/v1/'.length)}/${url.searchParams.get('secretId')}`
  if (versions.has(name)) return refusal(409, 'ALREADY_EXISTS')
  versions.set(name, [])
  return { status: 200, body: { name } }
}

/** The account's own JWT (RFC 7515, RS256), checked with its public key. */
function isSignedWell({ headers }: IncomingMessage): boolean {
  const [head = '', claims = '', signature = ''] = (headers.authorization ?? '').replace('Bearer ', '').split('.')
  return verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), keys.publicKey, Buffer.from(signature, 'base64url'))
}
