import { z } from 'zod'
import { AppError } from '../../errors.ts'

export type RegistryPageDeps = {
  /** Egress's fetch. */
  fetch: typeof fetch
  /** The registry's address, without the API's path. */
  url: string
}

/** One page of the registry's list. `at`: when it was made, by the registry's clock. */
export type RegistryPage = { items: unknown[]; next: string | undefined; at: Date }

const PAGE_ENTRIES = 100
const PAGE_MS = 30_000
/** Forty times what a page of the official registry takes. */
const MOST_PAGE_BYTES = 8 * 1024 * 1024

const Listing = z.looseObject({
  servers: z.array(z.unknown()).max(5 * PAGE_ENTRIES),
  metadata: z.looseObject({ nextCursor: z.string().max(2_000).nullish() }).nullish(),
})

/**
 * Reads a page (registry API v0.1, `GET /v0.1/servers`): the latest versions of all, or of what was changed since, deleted
 * ones too. Throws AppErrors.
 */
export async function fetchRegistryPage(
  { fetch, url }: RegistryPageDeps,
  { cursor, since }: { cursor: string | undefined; since: Date | undefined },
  signal: AbortSignal,
): Promise<RegistryPage> {
  const query = new URLSearchParams({ version: 'latest', limit: String(PAGE_ENTRIES) })
  if (cursor !== undefined) query.set('cursor', cursor)
  if (since !== undefined) {
    query.set('updated_since', since.toISOString())
    query.set('include_deleted', 'true')
  }
  const response = await fetch(`${url}/v0.1/servers?${query}`, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(PAGE_MS)]),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new AppError('server_refused', `The registry answered ${response.status}.`)
  }
  const listing = Listing.safeParse(jsonIn(await textOf(response)))
  if (!listing.success) throw new AppError('server_refused', 'The registry answered with something that is no list.')
  const { servers, metadata } = listing.data
  const next = metadata?.nextCursor || undefined
  if (next !== undefined && next === cursor)
    throw new AppError('server_refused', 'The registry sends the same page again and again.')
  return { items: servers, next, at: dateOf(response) }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MOST_PAGE_BYTES) throw new AppError('server_refused', 'The registry sent more than a page holds.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function dateOf(response: Response): Date {
  const at = new Date(response.headers.get('date') ?? Number.NaN)
  return Number.isNaN(at.getTime()) ? new Date() : at
}
