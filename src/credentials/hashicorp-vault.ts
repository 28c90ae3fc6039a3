import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { parseJson } from '../json.ts'
import type { CredentialStore } from './store.ts'
import { secretIn, secretNameOf, storedTextOf, withStoreErrors } from './store-error.ts'

/** How Patchbay signs in: with a token as it is, as an AppRole, or as its Kubernetes service account. */
export type VaultSignIn =
  | { kind: 'token'; token: string }
  | { kind: 'approle'; roleId: string; secretId: string }
  | { kind: 'kubernetes'; role: string; tokenFile: string }

export type VaultSettings = {
  /** Without a slash at the end. */
  address: string
  /** Where the KV engine, version 2, is mounted. */
  mount: string
  namespace: string | undefined
  signIn: VaultSignIn
}

type VaultStoreDeps = { fetch: typeof fetch; requestMs?: number }
type VaultRequest = { method: string; path: string; body?: object }
type VaultAnswer = { status: number; body: unknown }
type VaultToken = { token: string; until: number }

/** Most answers take milliseconds; a person waits for this one. */
const REQUEST_MS = 5_000
/** A token is renewed by a new sign-in while the old one is still good. */
const USE_OF_TOKEN = 2 / 3

const Errors = z.object({ errors: z.array(z.string()) })
const SignedIn = z.object({ auth: z.object({ client_token: z.string().min(1), lease_duration: z.number() }) })
const Found = z.object({ data: z.object({ data: z.object({ secret: z.string() }) }) })
/** Vault still answers with the metadata of a version that somebody deleted by hand. */
const Deleted = z.object({ data: z.object({ data: z.null(), metadata: z.object({ version: z.number() }) }) })
const Saved = z.object({ data: z.object({ version: z.number() }) })

/**
 * Secrets in HashiCorp Vault or OpenBao, in the KV engine version 2 under `patchbay/`; of each only the last version is
 * kept. https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
 */
export function openVaultStore(settings: VaultSettings, deps: VaultStoreDeps): CredentialStore {
  const ask = createVaultClient(settings, deps)
  const pathOf = (what: 'data' | 'metadata', ref: string) => `${settings.mount}/${what}/patchbay/${secretNameOf(ref)}`
  return {
    get: (ref) =>
      withStoreErrors('read', async () => {
        const answer = await ask({ method: 'GET', path: pathOf('data', ref) })
        const found = Found.safeParse(answer.body)
        if (answer.status === 200 && found.success) return secretIn(found.data.data.data.secret)
        if (answer.status === 404 && isNotThere(answer.body)) return undefined
        throw answerError(answer)
      }),
    set: (ref, secret) =>
      withStoreErrors('save', async () => {
        // First, so that no version before stays readable, wherever this stops.
        assertDone(await ask({ method: 'POST', path: pathOf('metadata', ref), body: { max_versions: 1 } }))
        const body = { data: { secret: storedTextOf(secret) } }
        const answer = await ask({ method: 'POST', path: pathOf('data', ref), body })
        if (!Saved.safeParse(answer.body).success) throw answerError(answer)
      }),
    remove: (ref) =>
      withStoreErrors('remove', async () => {
        assertDone(await ask({ method: 'DELETE', path: pathOf('metadata', ref) }))
      }),
  }
}

/** Vault also answers 404 where no engine is mounted, and then names an error. Only a 404 without errors means that there is no secret. */
const isNotThere = (body: unknown): boolean =>
  Errors.safeParse(body).data?.errors.length === 0 || Deleted.safeParse(body).success

function assertDone(answer: VaultAnswer): void {
  if (answer.status !== 200 && answer.status !== 204) throw answerError(answer)
}

/** Asks with a token; where it has ended, signs in again and asks once more. */
function createVaultClient(settings: VaultSettings, deps: VaultStoreDeps) {
  const { signIn } = settings
  let signedIn: Promise<VaultToken> | undefined
  const tokenOf = async (): Promise<string> => {
    if (signIn.kind === 'token') return signIn.token
    const before = signedIn
    const known = await before?.catch(() => undefined)
    if (known !== undefined && known.until > Date.now()) return known.token
    // Unless another call did it meanwhile.
    if (signedIn === before || signedIn === undefined)
      signedIn = requestVaultToken(signIn, (asked) => sendTo(settings, deps, asked, undefined))
    return (await signedIn).token
  }
  return async (asked: VaultRequest): Promise<VaultAnswer> => {
    const answer = await sendTo(settings, deps, asked, await tokenOf())
    if (answer.status !== 403 || signIn.kind === 'token') return answer
    signedIn = undefined
    return sendTo(settings, deps, asked, await tokenOf())
  }
}

async function requestVaultToken(
  signIn: Exclude<VaultSignIn, { kind: 'token' }>,
  ask: (asked: VaultRequest) => Promise<VaultAnswer>,
): Promise<VaultToken> {
  // The file is renewed by the kubelet, so it is read each time.
  const body =
    signIn.kind === 'approle'
      ? { role_id: signIn.roleId, secret_id: signIn.secretId }
      : { role: signIn.role, jwt: (await readFile(signIn.tokenFile, 'utf8')).trim() }
  const answer = await ask({ method: 'POST', path: `auth/${signIn.kind}/login`, body })
  const parsed = SignedIn.safeParse(answer.body)
  if (!parsed.success) throw answerError(answer)
  const { client_token: token, lease_duration: seconds } = parsed.data.auth
  // 0: it does not end.
  return { token, until: seconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000 * USE_OF_TOKEN }
}

async function sendTo(
  { address, namespace }: VaultSettings,
  { fetch, requestMs = REQUEST_MS }: VaultStoreDeps,
  { method, path, body }: VaultRequest,
  token: string | undefined,
): Promise<VaultAnswer> {
  const response = await fetch(`${address}/v1/${path}`, {
    method,
    headers: {
      'x-vault-request': 'true',
      'content-type': 'application/json',
      ...(token !== undefined && { 'x-vault-token': token }),
      ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(requestMs),
  })
  return { status: response.status, body: parseJson(await response.text()) }
}

/** Only what Vault says of the failure goes into the log: a body that was not expected could hold the secret. */
function answerError({ status, body }: VaultAnswer): Error {
  const said = Errors.safeParse(body).data?.errors.join('; ') ?? ''
  const how = said === '' ? 'in a form that KV version 2 does not have' : `with: ${said}`
  return Object.assign(new Error(`Vault answered ${status} ${how}`), { status })
}
