import { createHash, randomBytes, randomInt } from 'node:crypto'
import { z } from 'zod'
import type { CredentialStore } from '../../credentials/store.ts'
import type { SignInId } from '../../ids.ts'
import { RedeemedSignIn } from '../../mcp/auth/redeem.ts'

/** Time to copy a code; what was redeemed lies unused meanwhile. */
export const CODE_MINUTES = 10

/** Letters that make no words and are not taken for one another (RFC 8628 section 6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

/** Eight letters, as `WDJB-MJHT`: of 25,600,000,000 codes five can be tried. */
export function createSignInCode(): string {
  const letters = Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}

export const createSalt = (): string => randomBytes(32).toString('base64url')

/** However it was typed. The salt is sealed, so the hash tells nobody the code. */
export function hashSignInCode(salt: string, code: string): string {
  const letters = code.toUpperCase().replace(/[^A-Z]/g, '')
  return createHash('sha256').update(`${salt} ${letters}`).digest('hex')
}

/** What lies in the credential store until the code comes. */
const KeptSignIn = z.object({
  title: z.string(),
  redeemed: RedeemedSignIn,
  secrets: z.record(z.string(), z.string()),
  salt: z.string(),
})
export type KeptSignIn = z.infer<typeof KeptSignIn>

const keptReferenceFor = (id: SignInId): string => `sign-in-code/${id}`

export const saveKeptSignIn = (store: CredentialStore, id: SignInId, kept: KeptSignIn): Promise<void> =>
  store.set(keptReferenceFor(id), JSON.stringify(kept))

export async function readKeptSignIn(store: CredentialStore, id: SignInId): Promise<KeptSignIn | undefined> {
  const text = await store.get(keptReferenceFor(id))
  return text === undefined ? undefined : KeptSignIn.parse(JSON.parse(text))
}

export const removeKeptSignIn = (store: CredentialStore, id: SignInId): Promise<void> =>
  store.remove(keptReferenceFor(id))
