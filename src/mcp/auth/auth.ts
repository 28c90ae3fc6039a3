import { checkResourceAllowed } from '@modelcontextprotocol/client'
import type { CredentialStore } from '../../credentials/store.ts'
import type { Egress } from '../../egress/egress.ts'
import { isAppError } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Registry } from '../../registry/registry.ts'
import { withDeadline } from '../../timing.ts'
import { type HttpTarget, serverUrlOf, type Target } from '../target.ts'
import { beginSignIn, redeem } from './authorize.ts'
import { type Bearer, createBearer } from './bearer.ts'
import type { Challenge } from './challenge.ts'
import { discover } from './discover.ts'
import { signInFetch } from './fetch.ts'
import { createIdentities, dropIdentity, type Identities } from './identities.ts'
import { readIdentity } from './identity.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { beginIdentity, changedMeanwhile, redeemIdentity } from './identity-sign-in.ts'
import { type Kept, readKept, removeKept, saveKept } from './kept.ts'
import { isManaged } from './managed.ts'
import type { Pending } from './pending.ts'
import { type Revoked, revoke, revokeIdentity } from './revoke.ts'
import { hasSecretHeader, mustSignIn, type Secrets, subjectOf } from './subject.ts'
import type { OurClient } from './terms.ts'
import { createTurns, RENEW_MS, type Turns } from './turns.ts'
import { unattendedTokens } from './unattended.ts'

/** Signing in to servers, without knowing who asks or where a person is shown it. */
export type Auth = {
  /** What a transport to the target speaks with; undefined where its headers or nothing will do. */
  bearer(id: ConnectionId, target: Target, secrets: Secrets): Bearer | undefined
  /** Where to send the person, and what must be known when they come back. Throws AppErrors. */
  begin(target: HttpTarget, secrets: Secrets, o: Wanted & { state: string }): Promise<Begun>
  /** What the browser brought back, as tokens. Throws AppErrors. */
  redeem(pending: Pending, brought: URLSearchParams, o: Redeeming): Promise<Kept>
  /** Gets and keeps what is wanted where the person is signed in with their organization and needs no page for it; else, or when that takes long, false. */
  withoutPage(target: Target, secrets: Secrets, o: Wanted): Promise<boolean>
  kept(id: ConnectionId): Promise<Kept | undefined>
  /** Whether what is kept is what the target is spoken to with: no header has a token, and its address is the same. */
  isUsed(target: Target, secrets: Secrets, kept: Kept): boolean
  /** Waits for a renewal under way, which would else overwrite it. */
  keep(id: ConnectionId, kept: Kept): Promise<void>
  /** With a person's last managed connection their sign-in with the organization goes, too. */
  forget(id: ConnectionId, by: Principal): Promise<void>
  /** Only here: nobody else is asked. */
  forgetIdentity(by: Principal): Promise<void>
  /** Takes back what is kept, or what is given, at the authorization server; undefined when there is nothing. */
  revoke(target: Target, secrets: Secrets, kept: Kept | undefined): Promise<Revoked | undefined>
}

export type Wanted = { id: ConnectionId; challenge: Challenge; signal: AbortSignal }

/** `organization`: the person signs in with it, not with the service. */
type Begun = { url: string; host: string; organization: boolean; pending: Pending }

/** For which connection a browser came back. */
type Redeeming = { id: ConnectionId; target: HttpTarget; secrets: Secrets; signal: AbortSignal }

type AuthDeps = {
  credentials: CredentialStore
  registry: Pick<Registry, 'lease' | 'releaseLease' | 'connectionsOf'>
  egress: Pick<Egress, 'fetch' | 'precheck'>
  ours: OurClient
  /** Left out: people sign in to each service themselves. */
  identityProvider?: IdentityProvider | undefined
  log: Log
}

type Parts = AuthDeps & { turns: Turns; identities: Identities | undefined }

// An instance that was stopped may have left its turn to run out; a person at a button does not wait for that.
const PAGELESS_MS = 5_000
// Disconnecting does not wait longer for a service that is down.
const REVOKE_MS = 10_000

export function createAuth(deps: AuthDeps): Auth {
  const { credentials, egress, identityProvider } = deps
  const turns = createTurns(deps.registry, deps.log)
  const identities = identityProvider && createIdentities(identityProvider, { credentials, turns })
  const parts: Parts = { ...deps, turns, identities }
  return {
    bearer: (id, target, secrets) => {
      const subject = subjectOf(id, target, secrets)
      return subject && createBearer(parts, subject)
    },
    begin: (target, secrets, o) => begin(parts, target, secrets, o),
    redeem: (pending, brought, o) => redeemed(parts, pending, brought, o),
    withoutPage: (target, secrets, o) => withDeadline(withoutPage(parts, target, secrets, o), PAGELESS_MS, false),
    kept: (id) => readKept(credentials, id),
    isUsed,
    keep: (id, kept) => turns.take(id, () => saveKept(credentials, id, kept)),
    forget: async (id, by) => {
      await turns.take(id, () => removeKept(credentials, id))
      await dropUnused(parts, by)
    },
    forgetIdentity: (by) => dropIdentity(by, parts),
    revoke: async (target, secrets, kept) => {
      if (kept === undefined || target.kind !== 'http' || target.auth === undefined) return undefined
      const fetch = signInFetch(egress, AbortSignal.timeout(REVOKE_MS))
      return revoke(kept, { terms: target.auth, values: { ...target.values, ...secrets }, fetch })
    },
  }
}

async function begin(
  parts: Parts,
  target: HttpTarget,
  secrets: Secrets,
  { id, challenge, state, signal }: Wanted & { state: string },
): Promise<Begun> {
  const { credentials, egress, identities, ours } = parts
  const subject = mustSignIn(id, target, secrets)
  const fetch = signInFetch(egress, signal)
  const discovered = await discover({ ...subject, challenge, fetch })
  const asked = { ...subject, ours, challenge, state, fetch, precheck: egress.precheck }
  if (isManaged(identities, subject, discovered))
    return { organization: true, ...(await beginIdentity({ ...asked, provider: identities.provider })) }
  const before = await readKept(credentials, id)
  return { organization: false, ...(await beginSignIn({ ...asked, discovered, before })) }
}

async function redeemed(
  parts: Parts,
  pending: Pending,
  brought: URLSearchParams,
  { id, target, secrets, signal }: Redeeming,
): Promise<Kept> {
  const { identities, egress } = parts
  const fetch = signInFetch(egress, signal)
  if (!('kind' in pending)) return redeem(pending, brought, fetch)
  if (identities === undefined) throw changedMeanwhile()
  await identities.keep(target.by, await redeemIdentity(identities.provider, pending, brought, fetch))
  try {
    const kept = await unattended(parts, target, secrets, { id, challenge: pending.challenge, signal })
    if (kept === undefined) throw changedMeanwhile()
    return kept
  } catch (error) {
    await dropUnused(parts, target.by)
    throw error
  }
}

async function unattended(parts: Parts, target: HttpTarget, secrets: Secrets, { id, challenge, signal }: Wanted) {
  const before = await readKept(parts.credentials, id)
  const fetch = signInFetch(parts.egress, signal)
  const { identities } = parts
  return unattendedTokens({ ...mustSignIn(id, target, secrets), identities, challenge, before, fetch })
}

async function withoutPage(parts: Parts, target: Target, secrets: Secrets, wanted: Wanted): Promise<boolean> {
  const { identities, credentials, turns } = parts
  if (identities === undefined || target.kind !== 'http' || target.auth?.kind !== 'oauth') return false
  try {
    return await turns.take(wanted.id, async () => {
      const signal = AbortSignal.any([wanted.signal, AbortSignal.timeout(RENEW_MS)])
      const kept = await unattended(parts, target, secrets, { ...wanted, signal })
      if (kept !== undefined) await saveKept(credentials, wanted.id, kept)
      return kept !== undefined
    })
  } catch (error) {
    if (isAppError(error, 'sign_in_needed')) return false
    throw error
  }
}

/** A sign-in with the organization is kept for as long as a connection lives by it. */
async function dropUnused(parts: Parts, by: Principal): Promise<void> {
  const { credentials, registry, identities, egress } = parts
  const identity = await readIdentity(credentials, by)
  if (identity === undefined) return
  const connections = await registry.connectionsOf(by)
  const kept = await Promise.all(connections.map(({ id }) => readKept(credentials, id)))
  if (kept.some((one) => one?.managed !== undefined)) return
  await dropIdentity(by, parts)
  if (identities !== undefined)
    await revokeIdentity(identities.provider, identity, signInFetch(egress, AbortSignal.timeout(REVOKE_MS)))
}

function isUsed(target: Target, secrets: Secrets, { resource }: Kept): boolean {
  if (target.kind !== 'http' || target.auth === undefined || hasSecretHeader(target, secrets)) return false
  return checkResourceAllowed({ requestedResource: serverUrlOf(target, secrets), configuredResource: resource })
}
