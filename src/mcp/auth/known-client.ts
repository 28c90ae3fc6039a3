import type { Principal } from '../../ids.ts'
import type { Challenge } from './challenge.ts'
import type { Discovered } from './discover.ts'
import type { Identities } from './identities.ts'
import type { Kept } from './kept.ts'
import type { Terms } from './terms.ts'

export type Asked = {
  title: string
  serverUrl: URL
  by: Principal
  terms: Terms
  values: Record<string, string>
  challenge: Challenge
  before: Kept | undefined
  identities: Identities | undefined
  fetch: typeof fetch
}

/** What an authorization server was asked, and as which client. */
export type Known = Asked & { discovered: Discovered; client: { id: string; secret: string } }
