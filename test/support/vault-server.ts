import { createServer, type IncomingMessage } from 'node:http'
import { z } from 'zod'
import { closeServer, listen } from '../../src/http.ts'

type Version = { text: string | undefined; deleted: boolean }
type Entry = { max: number; first: number; versions: Version[] }
type Answer = { status: number; body?: unknown }

const Body = z.object({
  data: z.record(z.string(), z.string()).optional(),
  max_versions: z.number().optional(),
  role_id: z.string().optional(),
  secret_id: z.string().optional(),
  role: z.string().optional(),
  jwt: z.string().optional(),
})
type Body = z.infer<typeof Body>

/** What the engine keeps of a secret where nobody says. https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 */
const MAX_VERSIONS = 10
const ROOT_TOKEN = 'hvs.the-root-token'
export const VAULT = { token: ROOT_TOKEN, roleId: 'role', secretId: 'the-secret-id', role: 'patchbay', jwt: 'a.jwt.x' }

const refuse = (status: number, ...errors: string[]): Answer => ({ status, body: { errors } })

/** A stand-in for Vault's KV engine version 2 at `secret`, with sign-ins, as its API documentation has them. */
export async function startVaultServer(port: number) {
  const entries = new Map<string, Entry>()
  const tokens = new Set([ROOT_TOKEN])
  const state = { sealed: false, signIns: 0, leaseSeconds: 3600 }
  /** Answers instead of the engine, to be as odd as networks are. */
  let odd: ((request: IncomingMessage) => Answer | string | undefined) | undefined

  const signIn = (method: string, body: Body): Answer => {
    const known =
      method === 'approle'
        ? body.role_id === VAULT.roleId && body.secret_id === VAULT.secretId
        : body.role === VAULT.role && body.jwt === VAULT.jwt
    if (!known) return refuse(400, 'invalid role or secret ID')
    const token = `hvs.${++state.signIns}`
    tokens.add(token)
    return { status: 200, body: { auth: { client_token: token, lease_duration: state.leaseSeconds, renewable: true } } }
  }
  const answerTo = ({ method = '', url = '', headers }: IncomingMessage, body: Body): Answer => {
    if (state.sealed) return refuse(503, 'Vault is sealed')
    const [, login] = /^\/v1\/auth\/(approle|kubernetes)\/login$/.exec(url) ?? []
    if (login !== undefined) return signIn(login, body)
    if (!tokens.has(String(headers['x-vault-token']))) return refuse(403, 'permission denied')
    const [, kind, path = ''] = /^\/v1\/secret\/(data|metadata)\/(.+)$/.exec(url) ?? []
    if (kind === undefined) return refuse(404, `no handler for route "${url.slice(4)}". route entry not found.`)
    return kind === 'data' ? answerData(entries, method, path, body) : answerMetadata(entries, method, path, body)
  }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request.setEncoding('utf8')) text += piece
    const answer = odd?.(request) ?? answerTo(request, Body.parse(text === '' ? {} : JSON.parse(text)))
    // A text is sent as a proxy would, cut off where it ends.
    if (typeof answer === 'string') return response.writeHead(200, { 'content-type': 'text/html' }).end(answer)
    if (answer.status === 0) return undefined
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    return response.end(answer.body === undefined ? '' : JSON.stringify(answer.body))
  })
  await listen(server, port, '127.0.0.1')
  return {
    entries,
    state,
    /** Those of sign-ins. */
    revokeTokens: () => {
      for (const token of tokens) if (token !== ROOT_TOKEN) tokens.delete(token)
    },
    answerOddly: (how: typeof odd) => {
      odd = how
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await closeServer(server)
    },
  }
}

function answerData(entries: Map<string, Entry>, method: string, path: string, body: Body): Answer {
  const entry = entries.get(path)
  const number = (entry?.first ?? 1) + (entry?.versions.length ?? 0) - 1
  const last = entry?.versions.at(-1)
  if (method === 'GET') {
    if (last === undefined) return refuse(404)
    const metadata = { version: number, destroyed: false, deletion_time: last.deleted ? '2026-11-30T00:00:00Z' : '' }
    if (last.deleted) return { status: 404, body: { data: { data: null, metadata } } }
    return { status: 200, body: { data: { data: JSON.parse(last.text ?? 'null'), metadata } } }
  }
  if (method === 'DELETE') {
    if (last !== undefined) last.deleted = true
    return { status: 204 }
  }
  const kept = entry ?? { max: MAX_VERSIONS, first: 1, versions: [] }
  kept.versions.push({ text: JSON.stringify(body.data), deleted: false })
  while (kept.versions.length > kept.max) {
    kept.versions.shift()
    kept.first++
  }
  entries.set(path, kept)
  return { status: 200, body: { data: { version: number + 1, destroyed: false, deletion_time: '' } } }
}

function answerMetadata(entries: Map<string, Entry>, method: string, path: string, body: Body): Answer {
  if (method === 'DELETE') entries.delete(path)
  else {
    const entry = entries.get(path) ?? { max: MAX_VERSIONS, first: 1, versions: [] }
    entries.set(path, { ...entry, max: body.max_versions ?? entry.max })
  }
  return { status: 204 }
}
