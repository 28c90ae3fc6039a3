import { z } from 'zod'
import { PendingIdentity } from './enterprise/identity-sign-in.ts'
import { PendingSignIn } from './oauth/authorize.ts'

/** A sign-in under way, with the service itself or with the organization. A secret. */
export const Pending = z.union([PendingIdentity, PendingSignIn])
export type Pending = z.infer<typeof Pending>
