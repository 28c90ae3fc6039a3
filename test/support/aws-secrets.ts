import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { z } from 'zod'
import { closeServer, listen } from '../../src/http.ts'

const Asked = z.object({
  Name: z.string().optional(),
  SecretId: z.string().optional(),
  SecretString: z.string().max(65_536).min(1).optional(),
  ForceDeleteWithoutRecovery: z.boolean().optional(),
})

type Saved = { text: string; deleted: boolean }
type Refusal = { refused: string }

const NOT_THERE = { refused: 'ResourceNotFoundException' }
const DELETED = { refused: 'InvalidRequestException' }
export const AWS_REGION = 'eu-central-1'
export const AWS_KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the-right-key' }

/** A stand-in for AWS Secrets Manager that checks signatures, and keeps the name of what was deleted with a recovery window. */
export async function startAwsSecrets(port: number) {
  const saved = new Map<string, Saved>()
  /** Instead of the service's answer, as networks give it. */
  const odd: { answer: { status: number; text: string } | undefined } = { answer: undefined }
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      if (odd.answer !== undefined) return void response.writeHead(odd.answer.status).end(odd.answer.text)
      const answer = isSignedWell(request, body)
        ? answerTo(saved, request, body)
        : { refused: 'InvalidSignatureException' }
      const failed = 'refused' in answer
      response.writeHead(failed ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(failed ? { __type: answer.refused, message: answer.refused } : answer))
    })
  })
  await listen(server, port, '127.0.0.1')
  return { saved, odd, [Symbol.asyncDispose]: () => closeServer(server) }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const piece of request.setEncoding('utf8')) body += piece
  return body
}

function answerTo(saved: Map<string, Saved>, request: IncomingMessage, body: string): Refusal | Record<string, string> {
  const asked = Asked.parse(JSON.parse(body))
  const id = asked.SecretId ?? asked.Name ?? ''
  const what = String(request.headers['x-amz-target']).split('.').at(-1) ?? ''
  const before = saved.get(id)
  if (what === 'CreateSecret') return createAnswer(saved, id, asked.SecretString ?? '')
  if (before === undefined) return NOT_THERE
  if (what === 'RestoreSecret') return keep(saved, id, { ...before, deleted: false })
  if (what === 'DeleteSecret') {
    if (asked.ForceDeleteWithoutRecovery) saved.delete(id)
    else saved.set(id, { ...before, deleted: true })
    return { Name: id }
  }
  if (before.deleted) return DELETED
  if (what === 'GetSecretValue') return { Name: id, SecretString: before.text }
  return keep(saved, id, { text: asked.SecretString ?? '', deleted: false })
}

function createAnswer(saved: Map<string, Saved>, id: string, text: string): Refusal | Record<string, string> {
  const before = saved.get(id)
  if (before === undefined) return keep(saved, id, { text, deleted: false })
  return before.deleted ? DELETED : { refused: 'ResourceExistsException' }
}

function keep(saved: Map<string, Saved>, id: string, one: Saved): Record<string, string> {
  saved.set(id, one)
  return { Name: id }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** Signature Version 4, computed again: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function isSignedWell(request: IncomingMessage, body: string): boolean {
  const header = request.headers.authorization ?? ''
  const [, id, scope = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(header) ?? []
  const lines = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`)
  const canonical = [request.method, request.url, '', lines.join(''), names, sha256(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${AWS_KEY.secretAccessKey}`)
  const isHere = scope.split('/')[1] === AWS_REGION
  return isHere && id === AWS_KEY.accessKeyId && hmac(key, text).toString('hex') === signature
}
