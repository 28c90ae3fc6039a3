import { z } from 'zod'
import type { ConnectionId, Principal, SignInId } from '../ids.ts'
import type { Connection } from '../registry/connection.ts'
import { RegistryEntry } from '../registry/entry.ts'

/** Where the person asked for the sign-in, as the caller describes it; returned with the result. */
export type SignInPlace = Record<string, string>

/** What a sign-in is for, beside the connection's id. */
export const SignInDetails = z.object({
  about: z.object({
    card: z.string(),
    entry: RegistryEntry.optional(),
    name: z.string(),
    inputs: z.record(z.string(), z.string()),
  }),
  place: z.record(z.string(), z.string()),
  /** The name of who asked, for the page. */
  asker: z.string().optional(),
})
export type SignInDetails = z.infer<typeof SignInDetails>

/** A sign-in that can be offered; nothing is stored before `show` is called. */
export type SignInOffer = {
  title: string
  /** Where the person will be sent, to show them. */
  host: string
  /** The host that gets what they allow there. */
  server: string
  /** They sign in with their organization, once for all services it manages. */
  organization: boolean
  show(place: SignInPlace, asker: string): Promise<{ url: string; until: Date }>
}

/** The cookie that shows that a browser opened our page. */
export type SignInCookie = { name: string; value: string; seconds: number }

/** The page of ours that a sign-in starts on. `url`: where it goes on. */
export type SignInPage = Pick<SignInOffer, 'title' | 'host' | 'server' | 'organization'> & {
  asker: string
  name: string
  url: string
  cookie: SignInCookie
}

/** What a browser brings when it comes back. */
export type BrowserCallback = { params: URLSearchParams; cookies: ReadonlyMap<string, string> }

/** A sign-in that came back: its page shows the code, and Slack asks who wanted it for it. */
export type SignInCode = {
  id: SignInId
  code: string
  minutes: number
  title: string
  name: string
  server: string
  asker: string
  by: Principal
  place: SignInPlace
}

/** `gone`: it was over already. */
export type CodeAnswer =
  | { outcome: 'wrong'; left: number }
  | { outcome: 'gone' }
  | { outcome: 'over'; finish(): Promise<void> }

/**
 * How a sign-in ended, for the page and for where it was asked for. `place` is absent when the sign-in is unknown.
 * `also`: every connection whose tokens depend on the same sign-in with the organization.
 */
export type SignInResult = {
  /** The service, where it is known. */
  title: string
  by?: Principal
  place?: SignInPlace
  /** What the connection is called. */
  name?: string
  card?: string
  /** What was typed for it, without secrets. */
  inputs?: Record<string, string>
} & (
  | { ok: true; connection: Connection; fresh: boolean; starters: string[]; also: ConnectionId[] }
  /** `denied`: the person, or who decides there, said no. */
  | { ok: false; message: string; connection?: ConnectionId; denied?: boolean }
)

export type FailedSignIn = Extract<SignInResult, { ok: false }>

/** The browser goes on to this address: the service refused the first request, and takes another. */
export type SignInRetry = { retryUrl: string; cookie: SignInCookie }
