import { type Client, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { RAW_RESULT } from '../protocol/message-reader.ts'
import { walkPages } from './walk-pages.ts'

const LIST_MS = 30_000
// However slowly the pages come.
const LIST_ALL_MS = 90_000

const Page = z.looseObject({
  nextCursor: z.string().nullish().catch(undefined),
  [RAW_RESULT]: z.array(z.unknown()).optional(),
})

export type ListPage = {
  method: 'resources/list' | 'resources/templates/list' | 'prompts/list' | 'skills/list'
  field: string
}

/** The items a server lists, up to `most`; `more` when it has others. Undefined when the server does not know the question. */
export async function listPages(
  client: Client,
  listing: ListPage,
  most: number,
  signal: AbortSignal,
): Promise<{ items: unknown[]; more: boolean } | undefined> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(LIST_ALL_MS)])
  const items: unknown[] = []
  const keys = new Set<string>()
  let more: boolean | undefined
  let missing = false
  const onMissing = () => {
    missing = true
  }
  for await (const page of walkPages((cursor) => onePage(client, listing, cursor, within), { signal, onMissing })) {
    // Some servers send a page again under the next cursor.
    items.push(...page.items.filter((item) => isNew(keyOf(item), keys)))
    more = page.nextCursor !== undefined
    if (items.length > most) break
  }
  return more === undefined ? undefined : { items: items.slice(0, most), more: more || missing || items.length > most }
}

const Keyed = z.union([
  z.object({ uri: z.string() }).transform(({ uri }) => uri),
  z.object({ uriTemplate: z.string() }).transform(({ uriTemplate }) => uriTemplate),
  z.object({ name: z.string() }).transform(({ name }) => name),
])

/** What an item is known by: its address, else its name. */
const keyOf = (item: unknown): string | undefined => Keyed.safeParse(item).data

function isNew(key: string | undefined, keys: Set<string>): boolean {
  if (key === undefined) return true
  const known = keys.has(key)
  keys.add(key)
  return !known
}

/** Read loosely, so that one odd item does not hide the others. */
async function onePage(
  client: Client,
  { method, field }: ListPage,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<{ items: unknown[]; nextCursor: string | null | undefined } | undefined> {
  const params = cursor === undefined ? {} : { cursor }
  try {
    const page = await client.request({ method, params }, Page, { signal, timeout: LIST_MS })
    const items = z
      .array(z.unknown())
      .catch([])
      .parse(page[RAW_RESULT] ?? page[field])
    return { items, nextCursor: page.nextCursor }
  } catch (error) {
    // Capabilities lie: some servers declare what they then do not know.
    if (error instanceof ProtocolError && error.code === ProtocolErrorCode.MethodNotFound) return undefined
    throw error
  }
}
