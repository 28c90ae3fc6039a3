import type { ConnectionId } from '../../ids.ts'
import { fillPlaceholders, type HttpTarget, serverUrlOf, type Target } from '../protocol/server-target.ts'
import type { TokenSubject } from './bearer-tokens.ts'
import { isResourceFor } from './oauth/discover.ts'
import type { StoredTokens } from './tokens/stored-tokens.ts'

export type TokenSecrets = Record<string, string>

/** Whether requests to the target carry these tokens: no header has a token of its own, and the address is the same. */
export function isTokenUsed(target: Target, secrets: TokenSecrets, { resource }: StoredTokens): boolean {
  if (target.kind !== 'http' || target.auth === undefined || hasSecretHeader(target, secrets)) return false
  return isResourceFor(serverUrlOf(target, secrets), resource)
}

/** A card may take a token or a sign-in; where a person filled in a token, that is what they want. */
export function tokenSubjectOf(id: ConnectionId, target: Target, secrets: TokenSecrets): TokenSubject | undefined {
  if (target.kind !== 'http' || target.auth === undefined || hasSecretHeader(target, secrets)) return undefined
  return signInSubjectOf(id, target, secrets)
}

export function signInSubjectOf(id: ConnectionId, target: HttpTarget, secrets: TokenSecrets): TokenSubject {
  const { by, title, auth: terms } = target
  if (terms === undefined) throw new TypeError(`${title} has no sign-in`)
  return { id, by, title, serverUrl: serverUrlOf(target, secrets), terms, values: { ...target.values, ...secrets } }
}

function hasSecretHeader({ headers, values }: HttpTarget, secrets: TokenSecrets): boolean {
  return Object.values(headers).some(
    (text) => fillPlaceholders(text, values) === undefined && fillPlaceholders(text, { ...values, ...secrets }),
  )
}
