import { registeredClient } from './client.ts'
import { discover } from './discover.ts'
import type { Kept } from './kept.ts'
import type { Asked, Known } from './known-client.ts'
import { knowsOnlyMachines, machineTokens, missing } from './machine.ts'
import { isManaged, managedTokens } from './managed.ts'

/**
 * Tokens for which nobody opens a page of the service: for the connection's own credentials, where the card says so or
 * the authorization server knows no other way, or on the organization's word. Undefined where a person has to sign in
 * there; throws `sign_in_needed` where they have to sign in with their organization.
 */
export async function unattendedTokens(asked: Asked): Promise<Kept | undefined> {
  const { terms, values } = asked
  if (!terms.registered.some((one) => registeredClient({ registered: [one] }, values)?.client_secret !== undefined))
    return missing(asked)
  const discovered = await discover(asked)
  const { client_id: id, client_secret: secret } = registeredClient(terms, values, discovered.issuer) ?? {}
  if (id === undefined || secret === undefined) return missing(asked)
  const before = asked.before?.issuer === discovered.issuer ? asked.before : undefined
  const known: Known = { ...asked, before, discovered, client: { id, secret } }
  if (terms.kind === 'client_credentials') return machineTokens(known)
  if (isManaged(asked.identities, asked, discovered)) return managedTokens(asked.identities, known)
  return knowsOnlyMachines(discovered) ? machineTokens(known) : undefined
}
