import type { WorkspaceId } from '../../ids.ts'
import type { ConnectionDeps, PolicyDeps } from '../deps.ts'
import type { Responder } from '../interactions/interaction.ts'
import { connectOfferMessage } from './welcome-message.ts'
import { DEMO_CARD } from './welcome-stage.ts'

/** What a new person can try without an account; undefined where this workspace does not allow it. */
export async function demoCardFor({ connect, settings }: ConnectionDeps & PolicyDeps, workspace: WorkspaceId) {
  const { cards: allowed } = await settings.of(workspace)
  return (allowed?.includes(DEMO_CARD) ?? true) ? connect.card(DEMO_CARD) : undefined
}

/** Tells a person without connections where to begin. */
export async function replyConnectOffer(
  deps: ConnectionDeps & PolicyDeps,
  responder: Responder,
  title: string,
): Promise<void> {
  await responder.reply(connectOfferMessage(await demoCardFor(deps, responder.by.workspace)), title)
}
