export const MAX_PAGES = 64

type Page = { nextCursor?: string | null | undefined }

/**
 * The pages of a list, the last without a cursor unless there are others. Every text is a cursor, also the empty one (MCP
 * 2026-07-28, server/utilities/pagination); one that came before ends the list, because some servers give the same for ever.
 */
export async function* walkPages<T extends Page>(
  read: (cursor: string | undefined) => Promise<T | undefined>,
): AsyncGenerator<T> {
  const seen = new Set<string>()
  let cursor: string | undefined
  for (let number = 0; number < MAX_PAGES; number++) {
    const page = await read(cursor)
    if (page === undefined) return
    cursor = page.nextCursor ?? undefined
    if (cursor !== undefined && seen.has(cursor)) cursor = undefined
    yield { ...page, nextCursor: cursor }
    if (cursor === undefined) return
    seen.add(cursor)
  }
}
