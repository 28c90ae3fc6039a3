import { type Client, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { RAW_RESULT } from '../protocol/message-reader.ts'

const LIST_MS = 30_000
const MAX_PAGES = 64
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
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const one = await onePage(client, listing, cursor, within)
    if (one === undefined) return page === 0 ? undefined : { items, more: false }
    items.push(...one.items)
    cursor = one.next
    if (items.length > most || cursor === undefined) break
  }
  return { items: items.slice(0, most), more: items.length > most || cursor !== undefined }
}

/** Read loosely, so that one odd item does not hide the others. */
async function onePage(
  client: Client,
  { method, field }: ListPage,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<{ items: unknown[]; next: string | undefined } | undefined> {
  const params = cursor === undefined ? {} : { cursor }
  try {
    const page = await client.request({ method, params }, Page, { signal, timeout: LIST_MS })
    const items = z
      .array(z.unknown())
      .catch([])
      .parse(page[RAW_RESULT] ?? page[field])
    return { items, next: page.nextCursor || undefined }
  } catch (error) {
    // Capabilities lie: some servers declare what they then do not know.
    if (error instanceof ProtocolError && error.code === ProtocolErrorCode.MethodNotFound) return undefined
    throw error
  }
}
