import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client'
import { z } from 'zod'

/** What a server asked for when it answered 401 or 403. */
export const AuthChallenge = z.object({
  scope: z.string().optional(),
  metadataUrl: z.string().optional(),
  bindsTokens: z.boolean().optional(),
})
export type AuthChallenge = z.infer<typeof AuthChallenge>

export function authChallengeOf(response: Response): AuthChallenge {
  const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(response)
  return {
    ...(scope !== undefined && { scope }),
    ...(resourceMetadataUrl !== undefined && { metadataUrl: resourceMetadataUrl.href }),
    ...(/(?:^|,)\s*dpop\b/i.test(response.headers.get('www-authenticate') ?? '') && { bindsTokens: true }),
  }
}

/** Carries what the server wants to whoever can have it got: the cause of a `sign_in_needed`. */
export class SignInChallenge extends Error {
  readonly challenge: AuthChallenge

  constructor(challenge: AuthChallenge, options?: ErrorOptions) {
    super('the server wants a sign-in', options)
    this.name = 'SignInChallenge'
    this.challenge = challenge
  }
}

/** The challenge behind an error, if a sign-in would help. */
export function authChallengeIn(error: unknown): AuthChallenge | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    if (at instanceof SignInChallenge) return at.challenge
  return undefined
}
