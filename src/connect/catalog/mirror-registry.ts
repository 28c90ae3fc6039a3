import { randomUUID } from 'node:crypto'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Mcp } from '../../mcp/mcp.ts'
import type { Catalogue, SyncLease } from '../../registry/catalogue.ts'
import { pollEvery } from '../../timing.ts'
import { fetchRegistryPage, type RegistryPage } from './fetch-registry-page.ts'
import { readRegistryItem } from './read-registry-entry.ts'

export type RegistryMirrorDeps = {
  /** Undefined: there is nothing to mirror. */
  catalogue: Pick<Catalogue, 'url' | 'claim' | 'savePage' | 'finishSync' | 'postpone'> | undefined
  /** A guarded way out. */
  fetch: typeof fetch
  /** Says which addresses people here could connect to at all. */
  mcp: Pick<Mcp, 'addressProblemIn'>
  log: Log
  /** For tests: instead of the times below. */
  times?: Partial<typeof TIMES>
}

/** Keeps the catalogue like the registry, about hourly; of several instances one does. Nobody waits for it. */
export type RegistryMirror = { start(): void; [Symbol.asyncDispose](): Promise<void> }

const MINUTE_MS = 60_000
const TIMES = {
  /** How often an instance looks whether a walk is due; the row in the database says when. */
  lookMs: MINUTE_MS,
  /** The registry asks to be mirrored about this often, not more. */
  everyMs: 60 * MINUTE_MS,
  /** Everything is read anew so often: it finds what no list of changes said. */
  fullMs: 24 * 60 * MINUTE_MS,
  /** After failures in a row. */
  againMs: [5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS, 360 * MINUTE_MS],
}
/** Longer than one page takes; it is renewed with each. */
const LEASE_MS = 2 * MINUTE_MS
/** A page holds 100: four times what there is now. */
const MOST_PAGES = 400
const WALK_MS = 20 * MINUTE_MS
/** Changes that were made while the registry's clock was read, or that came to its list late. */
const OVERLAP_MS = 10 * MINUTE_MS

export function createRegistryMirror(deps: RegistryMirrorDeps): RegistryMirror {
  const { catalogue } = deps
  return catalogue === undefined
    ? { start: () => undefined, [Symbol.asyncDispose]: async () => undefined }
    : mirroring({ ...deps, catalogue })
}

type Deps = RegistryMirrorDeps & { catalogue: NonNullable<RegistryMirrorDeps['catalogue']> }

function mirroring(deps: Deps): RegistryMirror {
  const times = { ...TIMES, ...deps.times }
  const me = randomUUID()
  const closing = new AbortController()
  const look = async () => {
    const given = await deps.catalogue.claim(me, LEASE_MS)
    if (given !== undefined) await takeTurn(deps, { given, me, times }, closing.signal)
  }
  const polling = pollEvery({ everyMs: times.lookMs, firstMs: 0 }, look, (error) =>
    deps.log[isAppError(error) ? 'debug' : 'error']({ why: errorChainOf(error) }, 'the MCP registry was not looked at'),
  )

  return {
    start: polling.start,
    async [Symbol.asyncDispose]() {
      closing.abort()
      await polling.stop()
    },
  }
}

type Taken = { given: SyncLease; me: string; times: typeof TIMES }

/** A walk to its end, or the turn given back. */
async function takeTurn(deps: Deps, taken: Taken, closing: AbortSignal): Promise<void> {
  const { given, me, times } = taken
  try {
    await walk(deps, taken, AbortSignal.any([closing, AbortSignal.timeout(WALK_MS)]))
  } catch (error) {
    if (closing.aborted) {
      await deps.catalogue.postpone(me, { failures: given.failures, againMs: 0 })
      return
    }
    const failures = given.failures + 1
    const againMs = times.againMs[Math.min(failures, times.againMs.length) - 1] ?? 0
    sayFailed(deps, error, againMs)
    await deps.catalogue.postpone(me, { failures, againMs })
  }
}

async function walk(deps: Deps, { given, me, times }: Taken, signal: AbortSignal): Promise<void> {
  const full = given.since === undefined || given.fullAgeMs === undefined || given.fullAgeMs > times.fullMs
  const walked = await walkPages(deps, me, full ? undefined : given.since, signal)
  if (walked === undefined) return
  const { began, entries, ended } = walked
  if (!ended) deps.log.warn({ pages: MOST_PAGES }, 'the MCP registry lists more than is mirrored')
  const since = new Date(began.getTime() - OVERLAP_MS)
  await deps.catalogue.finishSync(me, { since, full: full && ended, againMs: times.everyMs })
  deps.log.info({ registry: deps.catalogue.url, entries, full }, 'MCP registry mirrored')
}

function sayFailed({ log, catalogue }: Deps, error: unknown, againMs: number): void {
  log.warn(
    { registry: catalogue.url, why: errorChainOf(error), againInMinutes: Math.round(againMs / MINUTE_MS) },
    'MCP registry not mirrored: searches find our own cards and what was mirrored last; it is tried again by itself (MCP_REGISTRY_URL=off ends that)',
  )
}

/** Keeps page by page; undefined when another instance took the turn over. `began`: by the registry's clock. */
async function walkPages(deps: Deps, holder: string, since: Date | undefined, signal: AbortSignal) {
  const { catalogue, mcp } = deps
  const usable = (address: string) => mcp.addressProblemIn(address) === undefined
  let began: Date | undefined
  let entries = 0
  let cursor: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await fetchRegistryPage({ fetch: deps.fetch, url: catalogue.url }, { cursor, since }, signal)
    began ??= page.at
    const kept = keptOf(page, usable)
    if (!(await catalogue.savePage(holder, LEASE_MS, kept))) return undefined
    entries += kept.rows.length
    if (page.next === undefined) return { began, entries, ended: true }
    cursor = page.next
  }
  return { began: began ?? new Date(), entries, ended: false }
}

/** One row per name; what is listed last counts. */
function keptOf({ items }: RegistryPage, usable: (url: string) => boolean) {
  const listed = items.map((item) => readRegistryItem(item, usable))
  const rows = new Map(listed.flatMap((one) => (one.kind === 'row' ? [[one.row.entry.name, one.row]] : [])))
  const gone = listed.flatMap((one) => (one.kind === 'gone' && !rows.has(one.name) ? [one.name] : []))
  return { rows: [...rows.values()], gone }
}
