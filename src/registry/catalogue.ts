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
  rows: CatalogueRow[]
  curated: Record<string, number>
  inWorkspace: Record<string, number>
  /** False until the registry was read once. */
  synced: boolean
}

/** A run card of ours as its row has it, for whoever reads the table; the app itself reads the card. */
export type CuratedCard = {
  name: string
  title: string
  description: string
  /** How a connection is made. */
  config: object
  /** What a person must bring. */
  credentials: ({ kind: 'secret'; name: string; label: string } | { kind: 'sign_in' })[]
  tools: { name: string; class: string }[]
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
  savePage(holder: string, leaseMs: number, page: { rows: NewCatalogueRow[]; gone: string[] }): Promise<boolean>
  /** The end of a walk; after a full one, what was not seen is gone. */
  finishSync(holder: string, walk: { since: Date; full: boolean; againMs: number }): Promise<void>
  /** Gives the turn back. */
  postpone(holder: string, again: { failures: number; againMs: number }): Promise<void>
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
const Found = z.object({ found: z.array(Row), curated: Counts, in_workspace: Counts, synced: z.boolean() }).transform(
  ({ found, curated, in_workspace, synced }): CatalogueMatches => ({
    rows: found,
    curated,
    inWorkspace: in_workspace,
    synced: synced,
  }),
)
const Claimed = z
  .object({ changes_since: z.string().nullable(), failures: z.number(), full_sync_age_ms: z.number().nullable() })
  .transform(
    ({ changes_since, failures, full_sync_age_ms }): SyncLease => ({
      since: changes_since === null ? undefined : new Date(changes_since),
      fullAgeMs: full_sync_age_ms ?? undefined,
      failures,
    }),
  )
const Nothing = z.null().transform(() => undefined)

/** Brings the rows of our own run cards up to date; how often each was connected stays. */
export const saveCuratedCards = (db: Db, cards: CuratedCard[]): Promise<void> =>
  db.call('run_cards_save_curated', { cards }, Nothing)

/** The catalogue over the database, or none without a registry. Errors are db/'s. */
export const createCatalogue = (db: Db, url: string | undefined): Catalogue | undefined =>
  url === undefined ? undefined : catalogueOf(db, url)

const catalogueOf = (db: Db, url: string): Catalogue => ({
  url,
  claim: async (holder, ms) =>
    (await db.call('registry_sync_claim', { url, owner: holder, lease_ms: ms }, Claimed.nullable())) ?? undefined,
  savePage: (holder, ms, { rows, gone }) =>
    db.call('registry_sync_save_page', { url, owner: holder, lease_ms: ms, rows, gone }, z.boolean()),
  finishSync: async (holder, { since, full, againMs }) => {
    await db.call(
      'registry_sync_finish',
      { url, owner: holder, since: since.toISOString(), full, again_ms: againMs },
      z.boolean(),
    )
  },
  postpone: (holder, { failures, againMs }) =>
    db.call('registry_sync_postpone', { url, owner: holder, failures, again_ms: againMs }, Nothing),
  get: async (name) => (await db.call('run_card_get', { name }, Row.nullable())) ?? undefined,
  find: (workspace, { patterns, words, limit }) =>
    db.call('run_cards_search', { url, workspace, patterns, words, limit }, Found),
})
