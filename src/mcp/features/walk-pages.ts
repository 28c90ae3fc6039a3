import { SdkError, SdkErrorCode } from '@modelcontextprotocol/client'
import { statusIn } from '../protocol/classify-error.ts'
import { isLostSession } from '../protocol/lost-session.ts'

export const MAX_PAGES = 64

type Page = { nextCursor?: string | null | undefined }

/**
 * The pages of a list, the last without a cursor unless there are others. Every text is a cursor, also the empty one (MCP
 * 2026-07-28, server/utilities/pagination); one that came before ends the list, because some servers give the same for ever.
 * When a later page fails, `onMissing` hears why, and the pages before it count.
 */
export async function* walkPages<T extends Page>(
  read: (cursor: string | undefined) => Promise<T | undefined>,
  { signal, onMissing }: { signal: AbortSignal; onMissing(error: unknown): void },
): AsyncGenerator<T> {
  const seen = new Set<string>()
  let cursor: string | undefined
  for (let number = 0; number < MAX_PAGES; number++) {
    const page = await read(cursor).catch((error: unknown) => {
      if (cursor === undefined || signal.aborted || isForSession(error)) throw error
      onMissing(error)
    })
    if (page === undefined) return
    cursor = page.nextCursor ?? undefined
    if (cursor !== undefined && seen.has(cursor)) cursor = undefined
    yield { ...page, nextCursor: cursor }
    if (cursor === undefined) return
    seen.add(cursor)
  }
}

const NO_SESSION: unknown[] = [SdkErrorCode.ConnectionClosed, SdkErrorCode.NotConnected]
const REFUSED: unknown[] = [401, 403, 404]

/** The whole session is lost or refused, so the whole list is asked for again in another one. */
const isForSession = (error: unknown): boolean =>
  isLostSession(error) ||
  REFUSED.includes(statusIn(error)) ||
  (error instanceof SdkError && NO_SESSION.includes(error.code))
