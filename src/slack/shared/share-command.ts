import type { App } from '@slack/bolt'
import { z } from 'zod'
import { ONLY_OWNERS } from '../../connect/shared/share-connection.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { doneModal } from '../blocks/build-blocks.ts'
import { fieldStateIn } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { findNamedConnection } from '../interactions/find-by-name.ts'
import type { Command } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { roleOf } from '../rules/roles.ts'
import { readShare, shareModal } from './share-form.ts'
import { audienceText } from './shared-blocks.ts'

export const shareCommand: Command = {
  name: 'share',
  usage: '[connection]',
  description: 'shares one of your connections with the workspace (owners)',
  rare: true,
  async run(deps, { words, responder }) {
    if ((await roleOf(deps, responder.by)) !== 'owner') return responder.replyError(ONLY_OWNERS)
    const [name] = words
    if (name === undefined)
      return responder.replyError('Say which connection: `/mcp share name`. `/mcp list` shows yours.')
    const connection = await findNamedConnection(deps, responder, name, 'share')
    if (connection === undefined) return
    const shared = await findShare(deps, connection)
    await responder.openModal(shareModal({ ...connection, shared: shared?.shared }))
  },
}

const findShare = async ({ shared }: ConnectionDeps, { id, workspace }: Connection): Promise<Connection | undefined> =>
  (await shared.in(workspace)).find((one) => one.id === id)

type Deps = WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps

const Metadata = z.object({ connection: ConnectionId })

/** Listens to the form; who may send it is asked again. */
export function registerShare(app: App, deps: Deps): void {
  onViewSubmission(app, deps, 'share', (submit) => saveShare(deps, submit))
}

async function saveShare(deps: Deps, { by, typed, values, privateMetadata, ack }: ViewSubmission): Promise<void> {
  const read = readShare(typed, fieldStateIn(values, 'people')?.selected_users ?? [])
  if ('errors' in read) return ack({ response_action: 'errors', errors: read.errors })
  const { connection } = Metadata.parse(JSON.parse(privateMetadata))
  const outcome = await deps.connect.share(by, connection, read.share)
  if (!outcome.ok) return ack({ response_action: 'errors', errors: { audience: outcome.message } })
  const name = escapeInlineMrkdwn(outcome.connection.name)
  const text = `*${name}* is a workspace connection now. ${audienceText(read.share)} may use it. Whoever has connected the same service uses their own.`
  await ack({ response_action: 'update', view: doneModal('Shared', text) })
  await deps.publishHome(by)
}

/** The workspace connections that a person sees: an owner all of them, others what they may use. */
export async function sharedFor(deps: Pick<Deps, 'connect' | 'shared'>, by: Principal, isOwner: boolean) {
  const all = isOwner ? await deps.shared.in(by.workspace) : await deps.connect.usable(by)
  return all.filter(({ shared }) => shared !== undefined)
}
