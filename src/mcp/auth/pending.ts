import { z } from 'zod'
import { PendingSignIn } from './authorize.ts'
import { PendingIdentity } from './identity-sign-in.ts'

/** A sign-in under way, with the service itself or with the organization. A secret. */
export const Pending = z.union([PendingIdentity, PendingSignIn])
export type Pending = z.infer<typeof Pending>
