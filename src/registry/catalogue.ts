import { z } from 'zod'
import type { Db } from '../db/call.ts'
import type { WorkspaceId } from '../ids.ts'
import { RegistryEntry } from './entry.ts'

/** A registry entry as the mirror keeps it. */
export type NewCatalogueRow = {
  entry: RegistryEntry
  status: 'active' | 'deprecated'
  /** Its namespace is the domain that it leads to. */
  verified: boolean
  /** What a search looks into, in small letters. */
  searchText: string
  updatedAt: Date
}

export type CatalogueRow = Pick<NewCatalogueRow, 'entry' | 'status' | 'verified'> & { popularity: number }

/** What may fit a search, and how often cards are connected: in all workspaces by card, and in this one. */
export type CatalogueMatches = {
  found: CatalogueRow[]
  curated: Record<string, number>
  here: Record<string, number>
  /** False until the registry was read once. */
  walked: boolean
}

/** A turn to read a registry. `since`: what was changed before is here already. */
export type SyncLease = { since: Date | undefined; fullAgeMs: number | undefined; failures: number }

/** The mirror of an MCP registry, kept by one instance at a time; `holder` names the instance. */
export type Catalogue = {
  /** The registry's address. */
  url: string
  /** The turn, for `leaseMs`; undefined when nothing is due or another instance has it. */
  claim(holder: string, leaseMs: number): Promise<SyncLease | undefined>
  /** Keeps a page and renews the lease; false when the turn was lost. */
  put(holder: string, leaseMs: number, page: { rows: NewCatalogueRow[]; gone: string[] }): Promise<boolean>
  /** The end of a walk; after a full one, what was not seen is gone. */
  walked(holder: string, walk: { since: Date; full: boolean; againMs: number }): Promise<void>
  /** Gives the turn back. */
  rest(holder: string, again: { failures: number; againMs: number }): Promise<void>
  get(name: string): Promise<CatalogueRow | undefined>
  /** `patterns`: regular expressions that one text must fit, all of them. `words`: names that look like one of them are found too. */
  find(
    workspace: WorkspaceId,
    looked: { patterns: string[]; words: string[]; limit: number },
  ): Promise<CatalogueMatches>
}

const Row = z.object({
  entry: RegistryEntry,
  status: z.enum(['active', 'deprecated']),
  verified: z.boolean(),
  popularity: z.number(),
})
const Counts = z.record(z.string(), z.number())
const Found = z.object({ found: z.array(Row), curated: Counts, here: Counts, walked: z.boolean() })
const Claimed = z
  .object({ since: z.string().nullable(), failures: z.number(), full_age_ms: z.number().nullable() })
  .transform(
    ({ since, failures, full_age_ms }): SyncLease => ({
      since: since === null ? undefined : new Date(since),
      fullAgeMs: full_age_ms ?? undefined,
      failures,
    }),
  )
const Nothing = z.null().transform(() => undefined)

/** The catalogue over the database, or none without a registry. Errors are db/'s. */
export const createCatalogue = (db: Db, url: string | undefined): Catalogue | undefined =>
  url === undefined ? undefined : catalogueOf(db, url)

const catalogueOf = (db: Db, url: string): Catalogue => ({
  url,
  claim: async (holder, ms) =>
    (await db.call('run_cards_claim', { url, holder, lease_ms: ms }, Claimed.nullable())) ?? undefined,
  put: (holder, ms, { rows, gone }) => db.call('run_cards_put', { url, holder, lease_ms: ms, rows, gone }, z.boolean()),
  walked: async (holder, { since, full, againMs }) => {
    await db.call('run_cards_walked', { url, holder, since: since.toISOString(), full, again_ms: againMs }, z.boolean())
  },
  rest: (holder, { failures, againMs }) =>
    db.call('run_cards_rest', { url, holder, failures, again_ms: againMs }, Nothing),
  get: async (name) => (await db.call('run_card_get', { name }, Row.nullable())) ?? undefined,
  find: (workspace, { patterns, words, limit }) =>
    db.call('run_cards_find', { url, workspace, patterns, words, limit }, Found),
})
