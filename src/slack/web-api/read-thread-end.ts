import { z } from 'zod'
import { isAppError } from '../../errors.ts'
import type { WebApi } from './web-api.ts'

/** Slack's advice for one page (docs.slack.dev/reference/methods/conversations.replies). */
const PAGE_SIZE = 200
/** Of a page; so many are aimed at, as a thread is not written at an even pace. */
const AIM = 0.75
/** Fewer than this part of a page is too little of a long thread. */
const ENOUGH = 0.5
/** A busy hour of a quiet year is found within these. */
const MOST_READS = 20

type Message = { ts: string; reply_count?: number | undefined }

/** What was read of a thread: its root, and replies without a gap between them. */
export type ThreadPart<T> = {
  root: T | undefined
  replies: T[]
  /** Nothing lies between the root and the replies. */
  isWhole: boolean
  /** The replies are the newest. */
  reachesEnd: boolean
}

type ThreadPlace = { channel: string; thread: string; before: string }
type Page<T> = { root: T | undefined; replies: T[]; hasMore: boolean }
type ReadPage<T> = (oldest?: string) => Promise<Page<T>>

/**
 * Reads the newest messages of a thread before a message, however long the thread is: Slack gives the oldest first, so of a
 * long one the time is looked for from which on a page holds the rest. Where Slack refuses a further page, what was read
 * is kept. `maxWaitMs` bounds all waiting for rate limits. Throws AppError `slack_failed` where nothing could be read.
 */
export async function readThreadEnd<T extends Message>(
  webApi: WebApi,
  { channel, thread, before }: ThreadPlace,
  message: z.ZodType<T>,
  maxWaitMs: number,
): Promise<ThreadPart<T>> {
  const Answer = z.object({ messages: z.array(message), has_more: z.boolean().nullish() })
  const until = Date.now() + maxWaitMs
  const readPage = async (oldest?: string): Promise<Page<T>> => {
    const args = { channel, ts: thread, latest: before, limit: PAGE_SIZE, ...(oldest !== undefined && { oldest }) }
    const found = await webApi.call('conversations.replies', args, Answer, Math.max(0, until - Date.now()))
    const replies = found.messages.filter(({ ts }) => ts !== thread && Number(ts) < Number(before))
    return { root: found.messages.find(({ ts }) => ts === thread), replies, hasMore: found.has_more === true }
  }
  const first = await readPage()
  const { root, replies } = first
  if (!first.hasMore) return { root, replies, isWhole: true, reachesEnd: true }
  return { ...(await findEnd(readPage, first, Number(before))), root }
}

type Part<T> = Omit<ThreadPart<T>, 'root'>

/** The search for the time from which on a page holds the rest of the thread. */
type Search<T> = {
  /** Replies up to `low` without a gap, and whether they begin at the root. */
  read: T[]
  isWhole: boolean
  /** More follows after `low`; after `high`, too little. */
  low: string
  high: number
  /** Where the next page is to begin. */
  from: string
  size: number
  end: Part<T> | undefined
  isDone: boolean
}

async function findEnd<T extends Message>(
  readPage: ReadPage<T>,
  { root, replies }: Page<T>,
  before: number,
): Promise<Part<T>> {
  const size = Math.max(1, replies.length)
  const low = lastTsOf(replies) ?? root?.ts ?? '0'
  const from = startFor(low, before, size / Math.max(1, (root?.reply_count ?? Number.POSITIVE_INFINITY) - size))
  const first = { read: replies, isWhole: true, low, high: before, from, size, end: undefined, isDone: false }
  let search: Search<T> = first
  for (let reads = 1; reads < MOST_READS && !search.isDone; reads += 1) {
    const page = await orRefused(readPage(search.from))
    if (page === undefined) break
    search = page.hasMore ? afterFull(search, page.replies) : afterLast(search, page.replies)
  }
  return search.end ?? { replies: search.read, isWhole: false, reachesEnd: false }
}

/** More follows after this page, so the end begins later. */
function afterFull<T extends Message>(search: Search<T>, replies: T[]): Search<T> {
  const low = lastTsOf(replies) ?? search.from
  const joins = search.from === search.low
  const read = joins ? [...search.read, ...replies] : replies
  // At this page's pace, what is left would be so many pages.
  const pages = (search.high - Number(low)) / Math.max(Number(low) - Number(search.from), 0.001)
  const from = search.end === undefined ? startFor(low, search.high, 1 / pages) : middleOf(low, search.high)
  return { ...search, read, isWhole: search.isWhole && joins, low, from }
}

/** The page holds the end; where that is too little, it is to begin earlier. */
function afterLast<T extends Message>(search: Search<T>, replies: T[]): Search<T> {
  const { low, from, size } = search
  const joins = from === low
  const found = joins ? [...search.read, ...replies] : replies
  const end = { replies: found, isWhole: joins && search.isWhole, reachesEnd: true }
  if (joins || found.length >= size * ENOUGH) return { ...search, end, isDone: true }
  return { ...search, end: found.length > 0 ? end : search.end, high: Number(from), from: middleOf(low, Number(from)) }
}

/** Where a page begins that is `share` of what lies between, the later part; at `low` where it holds all of it. */
const startFor = (low: string, high: number, share: number): string =>
  share * AIM >= 1 ? low : tsOf(high - (high - Number(low)) * (share === 0 ? 0.5 : share * AIM))

/** Times closer together than this are the same. */
const NEAR_SECONDS = 0.01

const middleOf = (low: string, high: number): string =>
  high - Number(low) < NEAR_SECONDS ? low : tsOf((Number(low) + high) / 2)

const tsOf = (seconds: number): string => seconds.toFixed(6)
const lastTsOf = (messages: Message[]): string | undefined => messages.at(-1)?.ts

async function orRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    return undefined
  }
}
