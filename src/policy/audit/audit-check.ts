import { appendFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { type AuditSeal, sealRow } from './audit-seal.ts'
import { auditedWorkspacesIn, checkAudit } from './find-audit-faults.ts'

/** Rows that were written since the last look have no seal yet. */
const CHECK_EVERY_MS = 600_000
/** In between only rows that came since the last look are read. */
const LOOKS_PER_WHOLE_CHECK = 144

export type AuditCheck = {
  start(): void
  /** Undefined until it was looked at once. */
  state(): 'ok' | 'broken' | undefined
  [Symbol.asyncDispose](): Promise<void>
}

type AuditCheckDeps = {
  db: Db
  log: Log
  /** The key of the seals, which never lies in the database; undefined: the chain is checked, and nothing is sealed. */
  key: () => Promise<string | undefined>
  /** Where each seal is also written, a line each. */
  sealsFile?: string | undefined
  everyMs?: number
}

/** Looks at every workspace's audit now and then, and seals what is whole; a fault is logged as an error, stays told, and is never sealed over. */
export function createAuditCheck(deps: AuditCheckDeps): AuditCheck {
  const good = new Map<string, AuditSeal>()
  let state: 'ok' | 'broken' | undefined
  let looks = 0
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let looking: Promise<void> = Promise.resolve()

  const look = async () => {
    try {
      const found = await lookAtAll(deps, good, looks++ % LOOKS_PER_WHOLE_CHECK === 0)
      state = found === 0 ? 'ok' : 'broken'
    } catch (error) {
      deps.log.warn({ reason: errorChainOf(error) }, 'the audit could not be checked')
    }
  }
  const begin = (afterMs: number) => {
    timer = setTimeout(() => {
      looking = look().then(() => (closed ? undefined : begin(deps.everyMs ?? CHECK_EVERY_MS)))
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

/** How many workspaces have a fault. `good` holds the newest seal of each, as this process saw it. */
async function lookAtAll(deps: AuditCheckDeps, good: Map<string, AuditSeal>, whole: boolean): Promise<number> {
  const workspaces = new Set([...(await auditedWorkspacesIn(deps.db)), ...good.keys()])
  // No key is made before there is something to seal.
  if (workspaces.size === 0) return 0
  const key = await deps.key()
  if (key === undefined)
    deps.log.warn('the audit is checked and not sealed: the credential store has no key, and keeps none')
  let faults = 0
  for (const workspace of workspaces) if (!(await isWhole(deps, { key, workspace, good, whole }))) faults++
  return faults
}

type Look = { key: string | undefined; workspace: string; good: Map<string, AuditSeal>; whole: boolean }

/** Also seals the newest row, where all is as it was. */
async function isWhole(deps: AuditCheckDeps, { key, workspace, good, whole }: Look): Promise<boolean> {
  const known = good.get(workspace)
  const seals = known === undefined ? [] : [known]
  const after = whole ? 0 : (known?.row ?? 0)
  const { fault, newest, seal } = await checkAudit(deps.db, workspace, { key, seals, after, now: new Date() })
  if (fault !== undefined) {
    deps.log.error({ workspace, ...fault }, 'the audit was changed from outside')
    return false
  }
  if (newest === undefined || key === undefined) return true
  const sealed = sealRow(key, newest)
  if (seal === undefined || newest.row > seal.row) await saveSeal(deps, sealed)
  good.set(workspace, sealed)
  return true
}

/** Outside first: a seal that is only in the database could be removed with the rows. */
async function saveSeal({ db, log, sealsFile }: AuditCheckDeps, { mac, ...seal }: AuditSeal): Promise<void> {
  if (sealsFile !== undefined) await appendFile(sealsFile, `${JSON.stringify({ ...seal, mac })}\n`, { mode: 0o600 })
  await db.call('audit_seal', { ...seal, mac }, z.null())
  log.info({ ...seal, mac }, 'the audit is sealed up to this row')
}
