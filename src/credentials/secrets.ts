import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { ConnectionId } from '../ids.ts'
import { parseJson } from '../json.ts'
import type { CredentialStore } from './store.ts'

/** A connection's secret inputs, by input name. They are saved together as one credential. */
export type ConnectionSecrets = Record<string, string>

const Saved = z.record(z.string(), z.string())

export const credentialReferenceOf = (id: ConnectionId): string => `connection/${id}`

/** The secrets under a reference; none for no reference. Throws `credential_missing` when they are gone. */
export async function readSecrets(store: CredentialStore, ref: string | undefined): Promise<ConnectionSecrets> {
  if (ref === undefined) return {}
  const text = await store.get(ref)
  if (text === undefined)
    throw new AppError(
      'credential_missing',
      'The saved credential of this connection is gone. Press Reconnect and enter it again.',
    )
  // What Node says of a text that is no JSON quotes it.
  const saved = Saved.safeParse(parseJson(text))
  if (!saved.success)
    throw new AppError(
      'credential_missing',
      'The saved credential of this connection cannot be read. Press Reconnect and enter it again.',
    )
  return saved.data
}

export function saveSecrets(store: CredentialStore, ref: string, secrets: ConnectionSecrets): Promise<void> {
  return store.set(ref, JSON.stringify(secrets))
}
