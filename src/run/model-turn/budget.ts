import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { AppError } from '../../errors.ts'
import type { BudgetOf } from '../deps.ts'
import type { LeasedRun } from '../storage/leased-run.ts'

const Row = z
  .object({ budget_usd: z.number(), spent_usd: z.number() })
  .nullable()
  .transform((row) => (row === null ? undefined : { budgetUsd: row.budget_usd, spentUsd: row.spent_usd }))

export const createBudgetOf =
  (db: Db): BudgetOf =>
  (workspace) =>
    db.call('budget_state', { workspace }, Row)

/**
 * Throws `limit_reached` when a run that has cost nothing yet would begin over its workspace's budget.
 * One that is under way may end: stopping it half-way would waste what it cost.
 */
export async function refuseOverBudget(
  { budgetOf, now }: { budgetOf: BudgetOf; now(): Date },
  { state }: Pick<LeasedRun, 'state'>,
): Promise<void> {
  if (state.usage.costUsd > 0) return
  const budget = await budgetOf(state.origin.workspace)
  if (budget === undefined || budget.spentUsd < budget.budgetUsd) return
  const [month, next] = [now(), nextMonth(now())].map((at) =>
    at.toLocaleDateString('en-US', { month: 'long', timeZone: 'UTC' }),
  )
  throw new AppError(
    'limit_reached',
    `This workspace has used up its budget for ${month} ($${budget.budgetUsd.toFixed(2)}), so I can't begin this. An owner or admin can raise it here or in my Home tab. Otherwise, ask again in ${next}.`,
  )
}

const nextMonth = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1))
