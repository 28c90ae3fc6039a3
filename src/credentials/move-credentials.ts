import { errorChainOf, errorMessageOf, isAppError } from '../errors.ts'
import type { CredentialReference } from './references.ts'
import type { CredentialStore } from './store.ts'

/** Why one cannot be used; never what it holds. */
export type CredentialProblem = CredentialReference & { why: string }

type CheckReport = { opened: number; problems: CredentialProblem[] }
type MoveReport = { moved: number; same: number; problems: CredentialProblem[] }

/** Enough for a store some milliseconds away, and little for one that counts requests. */
const AT_ONCE = 8
const GONE = 'It is gone.'

/** Opens every one. Throws when the store itself cannot be read. */
export async function checkCredentials(store: CredentialStore, all: CredentialReference[]): Promise<CheckReport> {
  await probeStore(store)
  const found = await forEachOf(all, async ({ reference, required }) => {
    const secret = await store.get(reference)
    if (secret === undefined && required) return { why: GONE }
    return secret === undefined ? 'none' : 'opened'
  })
  return { opened: found.states.filter((state) => state === 'opened').length, problems: found.problems }
}

/**
 * Copies every one and reads each back; what is in both already is left alone, so it can stop anywhere and be run again.
 * A secret that is gone from the first is removed from the second. Throws when a store itself cannot be read.
 */
export async function moveCredentials(
  from: CredentialStore,
  to: CredentialStore,
  all: CredentialReference[],
): Promise<MoveReport> {
  await probeStore(from)
  await probeStore(to)
  const found = await forEachOf(all, (one) => moveOne(from, to, one))
  const count = (wanted: string) => found.states.filter((state) => state === wanted).length
  return { moved: count('moved'), same: count('same'), problems: found.problems }
}

async function moveOne(
  from: CredentialStore,
  to: CredentialStore,
  { reference, required }: CredentialReference,
): Promise<string | { why: string }> {
  const [secret, there] = [await from.get(reference), await to.get(reference)]
  if (secret === undefined) {
    if (there !== undefined) await to.remove(reference)
    return required ? { why: GONE } : 'none'
  }
  if (there === secret) return 'same'
  await to.set(reference, secret)
  const isBack = (await to.get(reference)) === secret
  return isBack ? 'moved' : { why: 'The new store gives back something else than was saved.' }
}

/** A store that is away is told once, not for each secret. */
const probeStore = (store: CredentialStore): Promise<unknown> => store.get('patchbay/probe')

async function forEachOf(
  all: CredentialReference[],
  work: (one: CredentialReference) => Promise<string | { why: string }>,
): Promise<{ states: string[]; problems: CredentialProblem[] }> {
  const states: string[] = []
  const problems: CredentialProblem[] = []
  for (let at = 0; at < all.length; at += AT_ONCE)
    await Promise.all(
      all.slice(at, at + AT_ONCE).map(async (one) => {
        const state = await work(one).catch(toProblem)
        if (typeof state === 'string') states.push(state)
        else problems.push({ ...one, ...state })
      }),
    )
  return { states, problems }
}

function toProblem(error: unknown): { why: string } {
  if (!isAppError(error, 'credential_store_failed', 'credential_missing')) throw error
  const cause = error.cause === undefined ? '' : ` (${errorChainOf(error.cause)})`
  return { why: errorMessageOf(error) + cause }
}
