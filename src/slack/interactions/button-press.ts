import type { AllMiddlewareArgs, App, SlackActionMiddlewareArgs } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { type Principal, UserId } from '../../ids.ts'
import { withDeadline } from '../../timing.ts'
import { errorHelpButtonsFor, errorText } from '../blocks/error-message.ts'
import type { WebApiDeps } from '../deps.ts'
import { type Responder, responderFor } from './responder.ts'

/** Somebody pressed a button or chose in a menu. */
export type BlockAction = {
  by: Principal
  /** The button's value, or the value of the chosen option. */
  value: string
  /** Everything chosen, where the element is a menu of people, conversations or several options. */
  chosen: string[]
  actionId: string
  actionTs: string
  /** The message that holds the element; absent for views. */
  message: { channel: string; ts: string; thread: string | undefined } | undefined
  view: { id: string; hash: string; privateMetadata: string; kind: 'modal' | 'home'; callbackId: string } | undefined
  responder: Responder
}

const Body = z.object({
  user: z.object({ id: UserId }),
  trigger_id: z.string(),
  response_url: z.string().optional(),
  channel: z.object({ id: z.string() }).optional(),
  container: z
    .object({
      message_ts: z.string().optional(),
      channel_id: z.string().optional(),
      thread_ts: z.string().optional(),
      is_ephemeral: z.boolean().optional(),
    })
    .optional(),
  message: z.object({ thread_ts: z.string().optional() }).optional(),
  view: z
    .object({
      id: z.string(),
      hash: z.string(),
      type: z.enum(['modal', 'home']),
      private_metadata: z.string().optional(),
      callback_id: z.string().optional(),
    })
    .nullish(),
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        action_ts: z.string().optional(),
        value: z.string().nullish(),
        selected_option: z.object({ value: z.string() }).nullish(),
        selected_options: z.array(z.object({ value: z.string() })).nullish(),
        selected_users: z.array(z.string()).nullish(),
        selected_conversation: z.string().nullish(),
      }),
    )
    .min(1),
})

type ListenerArgs = SlackActionMiddlewareArgs & AllMiddlewareArgs

type HandlePress = (press: BlockAction) => Promise<void>

/** Listens for an action_id of `action` or `action:anything`: acknowledges at once, then handles; errors are replied to who pressed. */
export function onButtonPress(app: App, deps: WebApiDeps, action: string, handle: HandlePress): void {
  app.action(actionIdPattern(action), async (listened: ListenerArgs) => {
    await listened.ack()
    await handleOrReplyError(deps, action, listened, handle)
  })
}

/**
 * The same for presses that must not be lost (a decision, a stop, a request): acknowledges when they are handled. If the app dies
 * before, Slack shows that the press failed, and the person presses again.
 */
export function onDurablePress(app: App, deps: WebApiDeps, action: string, handle: HandlePress): void {
  app.action(actionIdPattern(action), async (listened: ListenerArgs) => {
    const done = handleOrReplyError(deps, action, listened, handle)
    await withDeadline(done, ACK_DEADLINE_MS, undefined)
    await listened.ack()
    await done
  })
}

/** Slack waits 3 s for an acknowledgement. */
const ACK_DEADLINE_MS = 2_400

const actionIdPattern = (action: string): RegExp => new RegExp(`^${action}(:|$)`)

async function handleOrReplyError(
  deps: WebApiDeps,
  action: string,
  listened: ListenerArgs,
  handle: HandlePress,
): Promise<void> {
  const press = await parsePress(deps, listened)
  try {
    await handle(press)
  } catch (error) {
    deps.log.error({ action, user: press.by.user, why: errorChainOf(error) }, 'press failed')
    await press.responder.replyError(errorText(error), errorHelpButtonsFor(error))
  }
}

async function parsePress(deps: WebApiDeps, { body, respond }: ListenerArgs): Promise<BlockAction> {
  const parsed = Body.parse(body)
  const { workspace } = await deps.bot()
  const by = { workspace, user: parsed.user.id }
  const [action] = parsed.actions
  const message = messageOf(parsed)
  const view = parsed.view ? viewOf(parsed.view) : undefined
  const responder = responderFor(deps, {
    by,
    triggerId: parsed.trigger_id,
    channel: message?.channel,
    thread: parsed.container?.is_ephemeral ? undefined : message?.thread,
    respond: parsed.response_url === undefined ? undefined : respond,
    view,
  })
  return {
    by,
    value: action?.selected_option?.value ?? action?.value ?? '',
    chosen: chosenIn(action),
    actionId: action?.action_id ?? '',
    actionTs: action?.action_ts ?? '',
    message,
    view,
    responder,
  }
}

const viewOf = (view: NonNullable<z.infer<typeof Body>['view']>): NonNullable<BlockAction['view']> => ({
  id: view.id,
  hash: view.hash,
  privateMetadata: view.private_metadata ?? '',
  kind: view.type,
  callbackId: view.callback_id ?? '',
})

function chosenIn(action: z.infer<typeof Body>['actions'][number] | undefined): string[] {
  const { selected_options: options, selected_users: users, selected_conversation: conversation } = action ?? {}
  return [...(options ?? []).map(({ value }) => value), ...(users ?? []), ...(conversation ? [conversation] : [])]
}

function messageOf({ container, channel, message }: z.infer<typeof Body>): BlockAction['message'] {
  const place = channel?.id ?? container?.channel_id
  if (place === undefined || container?.message_ts === undefined) return undefined
  return { channel: place, ts: container.message_ts, thread: container.thread_ts ?? message?.thread_ts }
}
