import type { ReceiverEvent } from '@slack/bolt'
import { z } from 'zod'
import { UserId } from '../../ids.ts'
import { errorMessage, errorModal } from '../blocks/error-message.ts'
import type { WebApiDeps } from '../deps.ts'
import { responderFor } from '../interactions/interaction.ts'
import { postDirectly } from '../interactions/post-in-thread.ts'
import { MessageFields, pressedMessageOf } from '../interactions/pressed-message.ts'
import { logIgnoredEvent } from '../interactions/taken.ts'

const Unknown = z.object({
  type: z.string().optional(),
  command: z.string().optional(),
  callback_id: z.string().optional(),
  action_id: z.string().optional(),
  user: z.object({ id: UserId }).optional().catch(undefined),
  trigger_id: z.string().optional(),
  actions: z.array(z.object({ action_id: z.string().optional(), url: z.string().optional() })).default([]),
  view: z
    .object({ id: z.string(), type: z.enum(['modal', 'home']), callback_id: z.string().optional() })
    .optional()
    .catch(undefined),
  ...MessageFields.shape,
})
type Unknown = z.infer<typeof Unknown>

const OLD = 'This comes from an older version of Patchbay and does nothing any more. Please ask again.'

/**
 * Acknowledges a request that no listener takes, and says so in the log; who pressed or submitted something reads it as well. Such are
 * buttons and forms of an older version, and events that somebody else's manifest asks for.
 */
export async function answerUnknownRequest(deps: WebApiDeps, { body, ack }: ReceiverEvent): Promise<void> {
  if (body.type === 'event_callback') {
    logIgnoredEvent(deps.log, body, 'nothing listens to it, or it is the app’s own')
    return ack()
  }
  const { data: request = Unknown.parse({}) } = Unknown.safeParse(body)
  const { type, command } = request
  const action = request.actions[0]?.action_id ?? request.action_id
  const named = { type: type ?? command, callbackId: request.callback_id ?? request.view?.callback_id, action }
  deps.log.info({ ...named, user: request.user?.id, why: 'nothing listens to it' }, 'interaction ignored')
  if (command !== undefined)
    return ack({
      response_type: 'ephemeral',
      text: `Patchbay has no command ${command}. Type \`/mcp help\` for those it has.`,
    })
  if (type === 'view_submission') return ack({ response_action: 'update', view: errorModal(OLD) })
  if (type === 'block_suggestion' || type === 'dialog_suggestion') return ack({ options: [] })
  await ack()
  await tellPerson(deps, request)
}

/** A link opens whether or not the app hears of it, and nobody looks at a form that was closed. */
async function tellPerson(deps: WebApiDeps, request: Unknown): Promise<void> {
  const { type, user, actions, view, trigger_id: triggerId = '' } = request
  if (user === undefined || type === 'view_closed' || actions.some(({ url }) => url !== undefined)) return
  const by = { workspace: (await deps.bot()).workspace, user: user.id }
  const message = pressedMessageOf(request)
  if (message === undefined && view === undefined) return postDirectly(deps, user.id, errorMessage(OLD))
  const responder = responderFor(deps, {
    by,
    triggerId,
    channel: message?.channel,
    thread: message?.ephemeral ? undefined : message?.thread,
    respond: undefined,
    view: view && { id: view.id, kind: view.type },
  })
  await responder.replyError(OLD)
}

/** For a workspace without the app: acknowledges the request, as Slack would only send it again. */
export async function acknowledgeUninstalled({ body, ack }: ReceiverEvent): Promise<void> {
  const text = 'Patchbay is not installed here any more. An owner or admin of this workspace can add it again.'
  await (typeof body.command === 'string' ? ack({ response_type: 'ephemeral', text }) : ack())
}
