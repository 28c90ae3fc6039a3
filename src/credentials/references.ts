import { z } from 'zod'
import type { Db } from '../db/call.ts'

/** `required`: without it a connection or an installation does not work. `owner`: whose it is, a user's id. */
const CredentialReference = z.object({
  reference: z.string(),
  required: z.boolean(),
  workspace: z.string(),
  owner: z.string().nullable(),
  connection: z.string().nullable(),
})
export type CredentialReference = z.infer<typeof CredentialReference>

/** Every reference that the store may hold. What is done with them stands in each workspace's audit before any is opened. */
export const credentialReferencesIn = (
  db: Db,
  action: 'credentials_checked' | 'credentials_moved' | 'credentials_key_replaced',
): Promise<CredentialReference[]> => db.call('credential_references', { action }, z.array(CredentialReference))
