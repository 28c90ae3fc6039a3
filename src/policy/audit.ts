import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { errorChainOf } from '../errors.ts'
import type { ConnectionId, UserId, WorkspaceId } from '../ids.ts'
import type { Log } from '../log.ts'

type OpenedCredential = { what: 'credential_opened'; connection: ConnectionId; workspace: WorkspaceId; user: UserId }

const Nothing = z.null().transform(() => undefined)
const Part = z.object({ last: z.number().nullable(), broken: z.number().nullable() })

/** Small enough to be hashed well within the time a call to the database has. */
const ROWS_PER_PART = 20_000
const CHECK_EVERY_MS = 3_600_000
/** In between only rows that came since the last look are read. */
const LOOKS_PER_WHOLE_CHECK = 24

/**
 * Writes the row of a credential that is about to be opened, and throws when it cannot: a credential is opened only after
 * that. Nothing is queued, so nothing is lost; while the database is away no call could be recorded either.
 */
export const createOpeningAudit =
  (db: Db) =>
  ({ what, workspace, user, connection }: OpenedCredential): Promise<void> =>
    db.call('audit_append', { workspace, actor: user, action: what, details: { connection } }, Nothing)

/** The first row after `after` whose hash does not follow from the one before, and the last row that was read. */
async function checkChain(db: Db, workspace: string, after: number): Promise<{ last: number; broken?: number }> {
  for (let last = after; ; ) {
    const part = await db.call('audit_check', { workspace, after: last, most: ROWS_PER_PART }, Part)
    if (part.broken !== null) return { last, broken: part.broken }
    if (part.last === null) return { last }
    last = part.last
  }
}

/** Each workspace's first bad row after the rows in `good`, which is brought up to date. */
export async function findBrokenChains(db: Db, good = new Map<string, number>()): Promise<Map<string, number>> {
  const broken = new Map<string, number>()
  for (const workspace of await db.call('audit_workspaces', {}, z.array(z.string()))) {
    const found = await checkChain(db, workspace, good.get(workspace) ?? 0)
    good.set(workspace, found.last)
    if (found.broken !== undefined) broken.set(workspace, found.broken)
  }
  return broken
}

export type AuditCheck = {
  start(): void
  /** Undefined until it was looked at once. */
  state(): 'ok' | 'broken' | undefined
  [Symbol.asyncDispose](): Promise<void>
}

/** Looks at every workspace's chain now and then; a broken one is logged as an error and stays told. */
export function createAuditCheck({ db, log, everyMs }: { db: Db; log: Log; everyMs?: number }): AuditCheck {
  const good = new Map<string, number>()
  let state: 'ok' | 'broken' | undefined
  let looks = 0
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let looking: Promise<void> = Promise.resolve()

  const look = async () => {
    try {
      if (looks++ % LOOKS_PER_WHOLE_CHECK === 0) good.clear()
      const broken = await findBrokenChains(db, good)
      for (const [workspace, row] of broken) log.error({ workspace, row }, 'the audit was changed from outside')
      state = broken.size > 0 ? 'broken' : 'ok'
    } catch (error) {
      log.warn({ reason: errorChainOf(error) }, 'the audit could not be checked')
    }
  }
  const begin = (afterMs: number) => {
    timer = setTimeout(() => {
      looking = look().then(() => (closed ? undefined : begin(everyMs ?? CHECK_EVERY_MS)))
    }, afterMs)
  }

  return {
    start: () => begin(0),
    state: () => state,
    async [Symbol.asyncDispose]() {
      closed = true
      clearTimeout(timer)
      await looking
    },
  }
}
