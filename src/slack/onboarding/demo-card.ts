import type { WorkspaceId } from '../../ids.ts'
import type { ConnectionDeps, PolicyDeps } from '../deps.ts'
import { DEMO_CARD } from './welcome-stage.ts'

/** What a new person can try without an account; undefined where this workspace does not allow it. */
export async function demoCardFor({ connect, settings }: ConnectionDeps & PolicyDeps, workspace: WorkspaceId) {
  const { cards: allowed } = await settings.of(workspace)
  return (allowed?.includes(DEMO_CARD) ?? true) ? connect.card(DEMO_CARD) : undefined
}
