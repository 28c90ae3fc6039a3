import type { ConnectionId, Principal } from '../../../ids.ts'
import { fillPlaceholders } from '../../protocol/fill-placeholders.ts'
import { type HttpTarget, serverUrlOf, type Target } from '../../protocol/server-target.ts'
import type { AuthConfig } from './auth-config.ts'

export type TokenSecrets = Record<string, string>

/** Whose tokens, and for which server. `values`: what stands for the names in the terms. */
export type TokenSubject = {
  id: ConnectionId
  by: Principal
  title: string
  serverUrl: URL
  terms: AuthConfig
  values: Record<string, string>
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

export function hasSecretHeader({ headers, values }: HttpTarget, secrets: TokenSecrets): boolean {
  return Object.values(headers).some(
    (text) => fillPlaceholders(text, values) === undefined && fillPlaceholders(text, { ...values, ...secrets }),
  )
}
