import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { CardDetails } from '../../connect/own-cards/own-card-types.ts'
import { isAppError } from '../../errors.ts'
import { ConnectionId } from '../../ids.ts'
import type { OwnCard } from '../../registry/own-cards.ts'
import { doneModal } from '../blocks/build-blocks.ts'
import { errorModal } from '../blocks/error-message.ts'
import { escapeInlineMrkdwn, escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, HomeTabDeps, WebApiDeps } from '../deps.ts'
import { findNamedConnection } from '../interactions/find-by-name.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import type { Command } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { requestSharing } from './card-sharing.ts'
import { FOR_WORKSPACE, labelFieldId, saveCardModal } from './save-card-form.ts'

/** Runs from the buttons of a connection that works. */
export const saveCardCommand: Command = {
  name: 'save-card',
  usage: '[connection]',
  description: 'makes a run card of a connection',
  hidden: true,
  async run(deps, { words, responder }) {
    const connection = await findNamedConnection(deps, responder, words[0] ?? '', 'save-card')
    if (connection === undefined) return
    const draft = await deps.connect.own.draft(connection)
    if ('why' in draft) await responder.replyError(`${escapeMrkdwn(connection.name)} is not saved. ${draft.why}`)
    else await responder.openModal(saveCardModal(connection, draft))
  },
}

const Metadata = z.object({ connection: ConnectionId })

type Deps = WebApiDeps & ConnectionDeps & HomeTabDeps

export function registerSaveCard(app: App, deps: Deps): void {
  onViewSubmission(app, deps, 'card_save', (submit) => saveCard(deps, submit))
}

async function saveCard(deps: Deps, submit: ViewSubmission): Promise<void> {
  const { by, typed, ack } = submit
  const connection = await findConnectionFor(deps, by, Metadata.parse(JSON.parse(submit.privateMetadata)).connection)
  if (connection === undefined) {
    await ack({ response_action: 'update', view: errorModal('This connection is gone, so no card was made of it.') })
    return
  }
  const details = detailsIn(submit)
  const errors = problemsIn(details)
  if (Object.keys(errors).length > 0) {
    await ack({ response_action: 'errors', errors })
    return
  }
  const card = await deps.connect.own.save(by, connection, details).catch((error: unknown) => {
    if (isAppError(error, 'limit_reached', 'input_invalid')) return error.message
    throw error
  })
  if (typeof card === 'string') await ack({ response_action: 'errors', errors: { title: card } })
  else await shareAndShow(deps, submit, { card, shares: typed.who === FOR_WORKSPACE })
}

async function shareAndShow(
  deps: Deps,
  { by, ack }: ViewSubmission,
  { card, shares }: { card: OwnCard; shares: boolean },
): Promise<void> {
  const said = shares ? await requestSharing(deps, by, card) : 'It is yours alone.'
  const text = `*${escapeInlineMrkdwn(card.entry.title)}* is saved. ${said} You find it under *Connect a tool* and with *Find a tool*.`
  await ack({ response_action: 'update', view: doneModal('Saved', text) })
}

function detailsIn({ typed, submissionId }: ViewSubmission): CardDetails {
  const icon = typed.icon?.trim() ?? ''
  const labels = Object.entries(typed).flatMap(([id, text]) =>
    id.startsWith(labelFieldId('')) ? [[id.slice(labelFieldId('').length), text?.trim() ?? '']] : [],
  )
  return {
    id: submissionId,
    title: typed.title?.trim() ?? '',
    icon: /^[a-z0-9_+'-]+$/.test(icon) ? `:${icon}:` : icon,
    description: typed.description?.trim() ?? '',
    labels: Object.fromEntries(labels),
  }
}

const ICON = /^(?::[a-z0-9_+'\-]{1,50}:|\p{RGI_Emoji})$/v

const problemsIn = ({ title, icon }: CardDetails): Record<string, string> => ({
  ...(!/[\p{L}\p{N}]/u.test(title) && { title: 'Give it a name with letters or digits.' }),
  ...(!ICON.test(icon) && { icon: 'Use one emoji, such as :seedling:' }),
})
