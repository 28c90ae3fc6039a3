import { z } from 'zod'
import { PendingIdentity } from './enterprise/identity-sign-in.ts'
import { PendingSignIn } from './oauth/authorize.ts'

/** A sign-in under way, with the service itself or with the organization. A secret. */
export const PendingAuthorization = z.union([PendingIdentity, PendingSignIn])
export type PendingAuthorization = z.infer<typeof PendingAuthorization>
