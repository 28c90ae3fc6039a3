import { ApprovalId, type ConnectionId, InputId, type Principal, RunId } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { PendingInput } from '../../run/runs.ts'
import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'
import type { SlackDeps } from '../deps.ts'

/** A call that waits or waited for a decision, and its run. */
export type PendingApproval = { state: RunState; call: CallState; approval: ApprovalState }

/** The run of this id, if it belongs to the person's workspace. */
export async function findRunFor(
  { runs }: Pick<SlackDeps, 'runs'>,
  by: Principal,
  id: string,
): Promise<RunState | undefined> {
  const parsed = RunId.safeParse(id)
  return parsed.success ? runs.state(parsed.data, by.workspace) : undefined
}

/** The approval of this id, if it belongs to the person's workspace. */
export async function findApprovalFor(
  { runs }: Pick<SlackDeps, 'runs'>,
  by: Principal,
  id: string,
): Promise<PendingApproval | undefined> {
  const parsed = ApprovalId.safeParse(id)
  const found = parsed.success ? await runs.approval(parsed.data, by.workspace) : undefined
  const approval = found?.call.approval
  return found && approval && { ...found, approval }
}

/** The question of this id, if it belongs to the person's workspace. */
export async function findInputFor(
  { runs }: Pick<SlackDeps, 'runs'>,
  by: Principal,
  id: string,
): Promise<PendingInput | undefined> {
  const parsed = InputId.safeParse(id)
  return parsed.success ? runs.input(parsed.data, by.workspace) : undefined
}

/** The connection of this id, if the person may change it: their own, or as an owner a workspace connection. */
export const findConnectionFor = (
  { connect }: Pick<SlackDeps, 'connect'>,
  by: Principal,
  id: ConnectionId,
): Promise<Connection | undefined> => connect.managed(by, id)
