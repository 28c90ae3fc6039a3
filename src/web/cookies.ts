import type { IncomingMessage } from 'node:http'
import type { SignInCookie } from '../connect/sign-in-types.ts'

/** Only where browsers come back to, and over https only there. */
export type CookieOptions = { path: string; secure: boolean }

export const cookieOptionsFor = (callbackUrl: URL): CookieOptions => ({
  path: callbackUrl.pathname,
  secure: callbackUrl.protocol === 'https:',
})

/** Lax, as the service sends the browser back here by a link or redirect. */
export const cookieHeaderFor = ({ name, value, seconds }: SignInCookie, { path, secure }: CookieOptions): string =>
  `${name}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`

/** The cookies of a request; those that are no pairs are left out. */
export function cookiesOf({ headers }: IncomingMessage): Map<string, string> {
  const pairs = (headers.cookie ?? '').split(';').map((pair): [string, string] => {
    const at = pair.indexOf('=')
    return [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()]
  })
  return new Map(pairs.filter(([name]) => name !== ''))
}
