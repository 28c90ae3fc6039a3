import { errorChainOf } from '../../errors.ts'
import type { RunDeps } from '../deps.ts'
import { reportLeftChildren } from '../team/report-child.ts'

/** Each in a transaction of its own, so that none waits for another's locks. */
const MAX_EXPIRED_AT_ONCE = 50

/** Settles what is overdue and removes what is old; a failure of one part does not keep the others from it. */
export async function runHousekeeping(deps: RunDeps): Promise<void> {
  const parts = [
    () => expireOverdue(deps, 'approval', deps.store.expireApproval),
    () => expireOverdue(deps, 'input', deps.store.expireInput),
    () => reportLeftChildren(deps),
    () => deps.store.prune(),
  ]
  for (const part of parts) {
    if (deps.closing.aborted) return
    await part().catch((error: unknown) => {
      deps.log.warn({ task: 'housekeeping', reason: errorChainOf(error) }, 'background work failed')
    })
  }
}

type Expire = RunDeps['store']['expireApproval']

async function expireOverdue(deps: RunDeps, what: string, expire: Expire): Promise<void> {
  const failed: string[] = []
  let settled = 0
  while (settled < MAX_EXPIRED_AT_ONCE && !deps.closing.aborted) {
    const one = await expire(deps.now().toISOString(), failed)
    if (one === null) return
    if (one.failed === null) {
      settled += 1
      continue
    }
    failed.push(one.id)
    deps.log.error({ [what]: one.id, reason: one.failed }, 'overdue, and cannot be settled')
  }
}
