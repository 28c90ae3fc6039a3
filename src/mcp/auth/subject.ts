import type { ConnectionId, Principal } from '../../ids.ts'
import { fill } from '../fill.ts'
import { type HttpTarget, serverUrlOf, type Target } from '../target.ts'
import type { Terms } from './terms.ts'

export type Secrets = Record<string, string>

/** Whose tokens, and for which server. `values`: what stands for the names in the terms. */
export type Subject = {
  id: ConnectionId
  by: Principal
  title: string
  serverUrl: URL
  terms: Terms
  values: Record<string, string>
}

/** A card may take a token or a sign-in; where a person filled in a token, that is what they want. */
export function subjectOf(id: ConnectionId, target: Target, secrets: Secrets): Subject | undefined {
  if (target.kind !== 'http' || target.auth === undefined || hasSecretHeader(target, secrets)) return undefined
  return mustSignIn(id, target, secrets)
}

export function mustSignIn(id: ConnectionId, target: HttpTarget, secrets: Secrets): Subject {
  const { by, title, auth: terms } = target
  if (terms === undefined) throw new TypeError(`${title} has no sign-in`)
  return { id, by, title, serverUrl: serverUrlOf(target, secrets), terms, values: { ...target.values, ...secrets } }
}

export function hasSecretHeader({ headers, values }: HttpTarget, secrets: Secrets): boolean {
  return Object.values(headers).some(
    (text) => fill(text, values) === undefined && fill(text, { ...values, ...secrets }),
  )
}
