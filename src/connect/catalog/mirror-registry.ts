import { randomUUID } from 'node:crypto'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Mcp } from '../../mcp/mcp.ts'
import type { Catalogue, NewCatalogueRow, SyncLease } from '../../registry/catalogue.ts'
import { pollEvery } from '../../timing.ts'
import { fetchRegistryPage, type RegistryPage } from './fetch-registry-page.ts'
import { NO_LOSS, readRegistryItem } from './read-registry-entry.ts'

export type RegistryMirrorDeps = {
  /** Undefined: there is nothing to mirror. */
  catalogue: Pick<Catalogue, 'url' | 'claim' | 'savePage' | 'finishSync' | 'postpone'> | undefined
  /** Egress's fetch. */
  fetch: typeof fetch
  /** Says which addresses people here could connect to at all. */
  mcp: Pick<Mcp, 'addressProblemIn'>
  log: Log
  /** For tests: instead of the times below. */
  times?: Partial<typeof TIMES>
}

/** Copies the registry into the catalogue, about hourly; of several instances one does it at a time. */
export type RegistryMirror = { start(): void; [Symbol.asyncDispose](): Promise<void> }

const MINUTE_MS = 60_000
const TIMES = {
  /** How often an instance checks whether a sync is due; the row in the database says when. */
  lookMs: MINUTE_MS,
  /** The registry asks to be mirrored about this often, not more. */
  everyMs: 60 * MINUTE_MS,
  /** How often everything is read, to find what no list of changes said. */
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
    : createMirror({ ...deps, catalogue })
}

type Deps = RegistryMirrorDeps & { catalogue: NonNullable<RegistryMirrorDeps['catalogue']> }

function createMirror(deps: Deps): RegistryMirror {
  const times = { ...TIMES, ...deps.times }
  const instance = randomUUID()
  const closing = new AbortController()
  const syncIfDue = async () => {
    const lease = await deps.catalogue.claim(instance, LEASE_MS)
    if (lease !== undefined) await syncOrPostpone(deps, { lease, instance, times }, closing.signal)
  }
  const polling = pollEvery({ everyMs: times.lookMs, firstMs: 0 }, syncIfDue, (error) =>
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

type Turn = { lease: SyncLease; instance: string; times: typeof TIMES }

/** Syncs, or gives the lease back. */
async function syncOrPostpone(deps: Deps, turn: Turn, closing: AbortSignal): Promise<void> {
  const { lease, instance, times } = turn
  try {
    await sync(deps, turn, AbortSignal.any([closing, AbortSignal.timeout(WALK_MS)]))
  } catch (error) {
    if (closing.aborted) {
      await deps.catalogue.postpone(instance, { failures: lease.failures, againMs: 0 })
      return
    }
    const failures = lease.failures + 1
    const againMs = times.againMs[Math.min(failures, times.againMs.length) - 1] ?? 0
    logFailure(deps, error, againMs)
    await deps.catalogue.postpone(instance, { failures, againMs })
  }
}

async function sync(deps: Deps, { lease, instance, times }: Turn, signal: AbortSignal): Promise<void> {
  const full = lease.since === undefined || lease.fullAgeMs === undefined || lease.fullAgeMs > times.fullMs
  const saved = await savePages(deps, instance, full ? undefined : lease.since, signal)
  if (saved === undefined) return
  const { began, entries, ended } = saved
  if (!ended) deps.log.warn({ pages: MOST_PAGES }, 'the MCP registry lists more than is mirrored')
  const since = new Date(began.getTime() - OVERLAP_MS)
  await deps.catalogue.finishSync(instance, { since, full: full && ended, againMs: times.everyMs })
  deps.log.info({ registry: deps.catalogue.url, entries, full }, 'MCP registry mirrored')
}

function logFailure({ log, catalogue }: Deps, error: unknown, againMs: number): void {
  log.warn(
    { registry: catalogue.url, why: errorChainOf(error), againInMinutes: Math.round(againMs / MINUTE_MS) },
    'the public MCP registry cannot be read, so searches find only the services that come with Patchbay and those read before; MCP_REGISTRY_URL=off ends further tries',
  )
}

/** Saves page by page; undefined when another instance has the lease. `began`: by the registry's clock. */
async function savePages(deps: Deps, instance: string, since: Date | undefined, signal: AbortSignal) {
  const { catalogue } = deps
  let began: Date | undefined
  let entries = 0
  let cursor: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await fetchRegistryPage({ fetch: deps.fetch, url: catalogue.url }, { cursor, since }, signal)
    began ??= page.at
    const saved = await savePage(deps, instance, page)
    if (saved === undefined) return undefined
    entries += saved
    if (page.next === undefined) return { began, entries, ended: true }
    cursor = page.next
  }
  return { began: began ?? new Date(), entries, ended: false }
}

/** Saves what can be read of a page, and logs how much is left out and why; the rows saved, undefined without the lease. */
async function savePage(deps: Deps, instance: string, page: RegistryPage): Promise<number | undefined> {
  const { items, leftOut } = readItems(deps, page)
  const gone = leftOut.flatMap(({ name }) => (name === undefined || items.has(name) ? [] : [name]))
  const whole = { rows: [...items.values()].flat(), gone }
  try {
    if (!(await deps.catalogue.savePage(instance, LEASE_MS, whole))) return undefined
  } catch (error) {
    if (!isAppError(error, 'database_failed', 'input_invalid')) throw error
    const refused = await saveOneByOne(deps, instance, items, gone)
    if (refused === undefined) return undefined
    leftOut.push(...refused.map((name) => ({ name, why: 'refused by the database' })))
  }
  logLeftOut(deps, leftOut)
  return whole.rows.length
}

/** One entry that the database refuses must not keep the others of its page out; the names of those refused. */
async function saveOneByOne(deps: Deps, instance: string, items: Map<string, NewCatalogueRow[]>, gone: string[]) {
  const refused: string[] = []
  if (!(await deps.catalogue.savePage(instance, LEASE_MS, { rows: [], gone }))) return undefined
  for (const [name, rows] of items) {
    try {
      if (!(await deps.catalogue.savePage(instance, LEASE_MS, { rows, gone: [] }))) return undefined
    } catch (error) {
      if (!isAppError(error, 'database_failed', 'input_invalid')) throw error
      deps.log.warn({ entry: name, why: errorChainOf(error) }, 'an entry of the MCP registry cannot be saved')
      refused.push(name)
    }
  }
  return refused
}

type LeftOut = { name: string | undefined; why: string }

/** The rows by entry; what is listed last counts. */
function readItems({ mcp }: Deps, { items }: RegistryPage) {
  const usable = (address: string) => mcp.addressProblemIn(address) === undefined
  const rows = new Map<string, NewCatalogueRow[]>()
  const leftOut: LeftOut[] = []
  for (const item of items) {
    const read = readRegistryItem(item, usable)
    if (read.kind === 'rows') rows.set(read.name, read.rows)
    else leftOut.push(read)
  }
  return { items: rows, leftOut }
}

function logLeftOut({ log, catalogue }: Deps, leftOut: LeftOut[]): void {
  const counts = new Map<string, number>()
  for (const { why } of leftOut) if (!NO_LOSS.has(why)) counts.set(why, (counts.get(why) ?? 0) + 1)
  if (counts.size > 0)
    log.info({ registry: catalogue.url, leftOut: Object.fromEntries(counts) }, 'entries of the MCP registry left out')
}
