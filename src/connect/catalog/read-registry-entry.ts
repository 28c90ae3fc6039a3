import { z } from 'zod'
import type { NewCatalogueRow } from '../../registry/catalogue.ts'
import type { RegistryEntry } from '../../registry/entry.ts'
import { readRemote, toPlainLine } from './read-remote.ts'

/** One item of a registry's list: a row to save, the name of an entry to remove, or nothing of use. */
export type RegistryItem = { kind: 'row'; row: NewCatalogueRow } | { kind: 'gone'; name: string } | { kind: 'nothing' }

const OFFICIAL = 'io.modelcontextprotocol.registry/official'

/** A row's name stands in values of buttons and menus, which Slack cuts at 150 characters. */
const MOST_NAME_CHARS = 100

const Named = z.looseObject({
  server: z.looseObject({
    name: z
      .string()
      .max(MOST_NAME_CHARS)
      .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  }),
  _meta: z
    .looseObject({
      [OFFICIAL]: z
        .looseObject({
          status: z.enum(['active', 'deprecated', 'deleted']).default('active'),
          isLatest: z.boolean().default(true),
          updatedAt: z.iso.datetime({ offset: true }).optional(),
        })
        .prefault({}),
    })
    .prefault({}),
})

const Server = z.looseObject({
  version: z.string().regex(/^[\w.+-]{1,40}$/),
  title: z.string().optional(),
  description: z.string().default(''),
  websiteUrl: z.string().optional(),
  repository: z.looseObject({ url: z.string().optional() }).optional().catch(undefined),
  remotes: z.array(z.unknown()).default([]),
})

/**
 * Reads an item that a stranger wrote (server.json 2025-12-11 in the registry's list, API v0.1). Of an entry with several
 * versions only the latest counts; one without a remote that we could connect to is as good as gone.
 */
export function readRegistryItem(item: unknown, usable: (url: string) => boolean): RegistryItem {
  const named = Named.safeParse(item)
  if (!named.success) return { kind: 'nothing' }
  const { name } = named.data.server
  const { status, isLatest, updatedAt } = named.data._meta[OFFICIAL]
  if (!isLatest) return { kind: 'nothing' }
  const entry = status === 'deleted' ? undefined : entryOf(name, named.data.server, usable)
  if (entry === undefined || status === 'deleted') return { kind: 'gone', name }
  const row: NewCatalogueRow = {
    entry,
    status,
    verified: leadsHome(entry),
    searchText: `${entry.title} ${name} ${entry.description}`.toLowerCase(),
    updatedAt: new Date(updatedAt ?? 0),
  }
  return { kind: 'row', row }
}

function entryOf(name: string, written: unknown, usable: (url: string) => boolean): RegistryEntry | undefined {
  const server = Server.safeParse(written)
  if (!server.success) return undefined
  const { version, title, description, websiteUrl, repository, remotes } = server.data
  const [remote] = remotes.flatMap((one) => readRemote(one, usable) ?? []).toSorted(streamableFirst)
  if (remote === undefined) return undefined
  const { url, headers, inputs } = remote
  const docs = pageOf(websiteUrl) ?? pageOf(repository?.url)
  return {
    name,
    version,
    title: titleOf(title ?? '') || titleOf(name.slice(name.indexOf('/') + 1)),
    description: toPlainLine(description, 200),
    ...(docs !== undefined && { docs }),
    url,
    headers,
    inputs,
  }
}

/** Titles are shown in bold and inside sentences, so characters that end either are removed. */
const titleOf = (text: string): string => toPlainLine(text.replace(/[*_~`<>|]/g, ' '), 48)

const streamableFirst = (a: { sse: boolean }, b: { sse: boolean }): number => Number(a.sse) - Number(b.sse)

function pageOf(text: string | undefined): string | undefined {
  const url = text === undefined || text.length > 300 ? null : URL.parse(text)
  return url?.protocol === 'https:' && url.username === '' ? url.href.replaceAll('|', '%7C') : undefined
}

/** The registry gives a namespace to whoever proves its domain; this says whether the server is at that domain too. */
function leadsHome({ name, url }: RegistryEntry): boolean {
  const domain = name.split('/', 1).join().split('.').toReversed().join('.').toLowerCase()
  const host = entryHostOf(url).replace(/:\d+$/, '')
  return domain.includes('.') && (host === domain || host.endsWith(`.${domain}`))
}

/** Where an entry's address leads, with the parts that a person fills in left open. */
export const entryHostOf = (url: string): string =>
  (/^[a-z]+:\/\/([^/?#]+)/i.exec(url)?.[1] ?? '').replace(/\{\w+\}/g, '…').toLowerCase()
