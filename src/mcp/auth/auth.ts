import { checkResourceAllowed } from '@modelcontextprotocol/client'
import type { CredentialStore } from '../../credentials/store.ts'
import type { Egress } from '../../egress/egress.ts'
import type { ConnectionId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Registry } from '../../registry/registry.ts'
import { fill } from '../fill.ts'
import { serverUrlOf } from '../open-http.ts'
import type { HttpTarget, Target } from '../target.ts'
import { beginSignIn, type Pending, redeem } from './authorize.ts'
import { type Bearer, createBearer, type Subject } from './bearer.ts'
import type { Challenge } from './challenge.ts'
import { signInFetch } from './fetch.ts'
import { type Kept, readKept, removeKept, saveKept } from './kept.ts'
import { type Revoked, revoke } from './revoke.ts'
import type { OurClient } from './terms.ts'
import { createTurns } from './turns.ts'

export type Secrets = Record<string, string>

/** Signing in to servers, without knowing who asks or where a person is shown it. */
export type Auth = {
  /** What a transport to the target speaks with; undefined where its headers or nothing will do. */
  bearer(id: ConnectionId, target: Target, secrets: Secrets): Bearer | undefined
  /** Where to send the person, and what must be known when they come back. Throws AppErrors. */
  begin(target: HttpTarget, secrets: Secrets, o: BeginOptions): Promise<{ url: string; host: string; pending: Pending }>
  /** What the browser brought back, as tokens. Throws AppErrors. */
  redeem(pending: Pending, brought: URLSearchParams, signal: AbortSignal): Promise<Kept>
  kept(id: ConnectionId): Promise<Kept | undefined>
  /** Whether what is kept is what the target is spoken to with: no header has a token, and its address is the same. */
  isUsed(target: Target, secrets: Secrets, kept: Kept): boolean
  /** Waits for a renewal under way, which would else overwrite it. */
  keep(id: ConnectionId, kept: Kept): Promise<void>
  forget(id: ConnectionId): Promise<void>
  /** Takes back what is kept, or what is given, at the authorization server; undefined when there is nothing. */
  revoke(target: Target, secrets: Secrets, kept: Kept | undefined): Promise<Revoked | undefined>
}

export type BeginOptions = { id: ConnectionId; challenge: Challenge; state: string; signal: AbortSignal }

export type AuthDeps = {
  credentials: CredentialStore
  registry: Pick<Registry, 'lease' | 'unlease'>
  egress: Pick<Egress, 'fetch' | 'precheck'>
  ours: OurClient
  log: Log
}

// Disconnecting does not wait longer for a service that is down.
const REVOKE_MS = 10_000

export function createAuth(deps: AuthDeps): Auth {
  const { credentials, egress, ours } = deps
  const turns = createTurns(deps.registry, deps.log)
  return {
    bearer: (id, target, secrets) => {
      const subject = subjectOf(id, target, secrets)
      return subject && createBearer({ ...deps, turns }, subject)
    },
    begin: async (target, secrets, { id, challenge, state, signal }) => {
      const subject = mustSignIn(id, target, secrets)
      const before = await readKept(credentials, id)
      const fetch = signInFetch(egress, signal)
      return beginSignIn({ ...subject, ours, challenge, before, state, fetch, precheck: egress.precheck })
    },
    redeem: (pending, brought, signal) => redeem(pending, brought, signInFetch(egress, signal)),
    kept: (id) => readKept(credentials, id),
    isUsed,
    keep: (id, kept) => turns.take(id, () => saveKept(credentials, id, kept)),
    forget: (id) => turns.take(id, () => removeKept(credentials, id)),
    revoke: async (target, secrets, kept) => {
      if (kept === undefined || target.kind !== 'http' || target.auth === undefined) return undefined
      const fetch = signInFetch(egress, AbortSignal.timeout(REVOKE_MS))
      return revoke(kept, { terms: target.auth, values: { ...target.values, ...secrets }, fetch })
    },
  }
}

function isUsed(target: Target, secrets: Secrets, { resource }: Kept): boolean {
  if (target.kind !== 'http' || target.auth === undefined || hasSecretHeader(target, secrets)) return false
  return checkResourceAllowed({ requestedResource: serverUrlOf(target, secrets), configuredResource: resource })
}

/** A card may take a token or a sign-in; where a person filled in a token, that is what they want. */
function subjectOf(id: ConnectionId, target: Target, secrets: Secrets): Subject | undefined {
  if (target.kind !== 'http' || target.auth === undefined || hasSecretHeader(target, secrets)) return undefined
  return mustSignIn(id, target, secrets)
}

function mustSignIn(id: ConnectionId, target: HttpTarget, secrets: Secrets): Subject {
  if (target.auth === undefined) throw new TypeError(`${target.title} has no sign-in`)
  const values = { ...target.values, ...secrets }
  return { id, title: target.title, serverUrl: serverUrlOf(target, secrets), terms: target.auth, values }
}

function hasSecretHeader({ headers, values }: HttpTarget, secrets: Secrets): boolean {
  return Object.values(headers).some(
    (text) => fill(text, values) === undefined && fill(text, { ...values, ...secrets }),
  )
}
