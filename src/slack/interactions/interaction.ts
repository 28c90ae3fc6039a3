import type { AllMiddlewareArgs, App, RespondFn, SlackActionMiddlewareArgs } from '@slack/bolt'
import type { Button, ModalView } from '@slack/types'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { type Principal, UserId } from '../../ids.ts'
import { revealInvisible } from '../../text.ts'
import { createMessageModal, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { errorHelpButtonsFor, errorMessage, errorText } from '../blocks/error-message.ts'
import type { SlackDeps, WebApiDeps } from '../deps.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { ackOnceOf } from './ack-once.ts'
import { openModalOn } from './modals.ts'
import { postDirectly } from './post-in-thread.ts'
import { MessageFields, type PressedMessage, pressedMessageOf } from './pressed-message.ts'
import { type PressedView, PressedViewFields, pressedViewOf } from './pressed-view.ts'
import { markTaken } from './taken.ts'

/** Somebody pressed a button or chose in a menu. */
export type BlockAction = {
  by: Principal
  /** The button's value, or the value of the chosen option. */
  value: string
  /** Everything chosen, where the element is a menu of people, conversations or several options. */
  chosen: string[]
  actionId: string
  blockId: string
  actionTs: string
  /** The message that holds the element; absent for views. */
  message: PressedMessage | undefined
  view: PressedView | undefined
  responder: Responder
  /** Acknowledges the press, once; a handler of `onDurablePress` calls it as soon as its effect is stored. */
  ack(): Promise<void>
}

const Body = z.object({
  user: z.object({ id: UserId }),
  trigger_id: z.string(),
  response_url: z.string().optional(),
  ...MessageFields.shape,
  view: PressedViewFields.optional(),
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        block_id: z.string().optional(),
        action_ts: z.string().optional(),
        value: z.string().optional(),
        selected_option: z.object({ value: z.string() }).optional(),
        selected_options: z.array(z.object({ value: z.string() })).optional(),
        selected_users: z.array(z.string()).optional(),
        selected_conversation: z.string().optional(),
      }),
    )
    .min(1),
})

type ListenerArgs = SlackActionMiddlewareArgs & AllMiddlewareArgs

type PressArgs = Pick<ListenerArgs, 'body' | 'respond'> & { ack: () => Promise<void> }

/** Resolves to false when it failed and told so itself. */
type HandlePress = (press: BlockAction) => Promise<unknown>

/** Listens for an action_id of `action` or `action:anything`: acknowledges at once, then handles; errors are replied to who pressed. */
export function onButtonPress(app: App, deps: WebApiDeps, action: string, handle: HandlePress): void {
  app.action(actionIdPattern(action), markTaken, async (listened: ListenerArgs) => {
    await listened.ack()
    await handleOrReplyError(deps, action, { ...listened, ack: async () => undefined }, handle)
  })
}

/**
 * The same for presses that must not be lost (a decision, a stop, a request): acknowledges when they are stored. If that fails,
 * takes too long or the app dies before, Slack shows that the press failed, and the person presses again.
 */
export function onDurablePress(app: App, deps: WebApiDeps, action: string, handle: HandlePress): void {
  app.action(actionIdPattern(action), markTaken, async (listened: ListenerArgs) => {
    await handleOrReplyError(deps, action, { ...listened, ack: ackOnceOf(listened.ack) }, handle)
  })
}

const actionIdPattern = (action: string): RegExp => new RegExp(`^${action}(:|$)`)

async function handleOrReplyError(
  deps: WebApiDeps,
  action: string,
  listened: PressArgs,
  handle: HandlePress,
): Promise<void> {
  const press = await parsePress(deps, listened)
  try {
    if ((await handle(press)) !== false) await press.ack()
  } catch (error) {
    deps.log.error({ action, user: press.by.user, why: errorChainOf(error) }, 'press failed')
    await press.responder.replyError(errorText(error), errorHelpButtonsFor(error))
  }
}

async function parsePress(deps: WebApiDeps, { body, respond, ack }: PressArgs): Promise<BlockAction> {
  const parsed = Body.parse(body)
  const { workspace } = await deps.bot()
  const by = { workspace, user: parsed.user.id }
  const [action] = parsed.actions
  const message = pressedMessageOf(parsed)
  const view = parsed.view && pressedViewOf(parsed.view)
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
    blockId: action?.block_id ?? '',
    actionTs: action?.action_ts ?? '',
    message,
    view,
    responder,
    ack,
  }
}

function chosenIn(action: z.infer<typeof Body>['actions'][number] | undefined): string[] {
  const { selected_options: options, selected_users: users, selected_conversation: conversation } = action ?? {}
  return [...(options ?? []).map(({ value }) => value), ...(users ?? []), ...(conversation ? [conversation] : [])]
}

/** Answers a person where they pressed, typed or submitted, visible to them alone. */
export type Responder = {
  by: Principal
  /** The conversation of the interaction; absent in modals and the Home tab. */
  channel: string | undefined
  /** The thread of the interaction, if it was in one. */
  thread: string | undefined
  /** Opens a loading modal in views: their trigger_id expires before a slow answer is there. */
  showLoading(title: string, words: string): Promise<void>
  /** Replies with an ephemeral message, or in views with a modal titled `title`. */
  reply(content: MessageContent, title?: string): Promise<void>
  /** Replies in place of the modal or ephemeral message that was pressed. */
  replace(content: MessageContent, title?: string): Promise<void>
  /** Opens a modal, or pushes it on the open one, and returns its id. A trigger_id works once, within 3 s. */
  openModal(view: ModalView): Promise<string>
  /** Replies with an error message and buttons that help. Never throws. */
  replyError(words: string, help?: Button[]): Promise<void>
}

type Interaction = {
  by: Principal
  triggerId: string
  channel: string | undefined
  thread: string | undefined
  respond: RespondFn | undefined
  view: { id: string; kind: 'modal' | 'home' } | undefined
}

export function responderFor(deps: WebApiDeps, interaction: Interaction): Responder {
  const { webApi } = deps
  const { by, channel, thread, respond, triggerId } = interaction
  let loadingViewId: string | undefined

  const below = interaction.view?.kind === 'modal' ? interaction.view.id : undefined
  const openModal = (view: ModalView) => openModalOn(webApi, below, triggerId, view)
  const showInModal = async (content: MessageContent, title: string, replace: boolean) => {
    const view = createMessageModal(title, content)
    const place = (replace ? below : undefined) ?? loadingViewId
    if (place === undefined) await openModal(view)
    else await webApi.call('views.update', { view_id: place, view }, AnyResponse)
  }
  const postEphemeral = async (content: MessageContent) => {
    const place = thread === undefined ? { channel } : { channel, thread_ts: thread }
    await webApi.call('chat.postEphemeral', { ...place, user: by.user, ...content }, AnyResponse)
  }
  const send = async (content: MessageContent, title: string, replace: boolean) => {
    if (interaction.view !== undefined) return showInModal(content, title, replace)
    if (respond !== undefined && thread === undefined) {
      const text = revealInvisible(content.text)
      await respond({ response_type: 'ephemeral', replace_original: replace, ...content, text, unfurl_links: false })
      return
    }
    await postEphemeral(content)
  }

  return {
    by,
    channel,
    thread,
    openModal,
    async showLoading(title, words) {
      if (interaction.view === undefined) return
      loadingViewId = await openModal(createMessageModal(title, { text: words, blocks: [sectionBlock(words)] }))
    },
    reply: (content, title = 'Patchbay') => send(content, title, false),
    replace: (content, title = 'Patchbay') => send(content, title, true),
    async replyError(words, help = []) {
      try {
        await send(errorMessage(words, help), 'That did not work', false)
      } catch (error) {
        // They get it as a direct message instead.
        deps.log.warn({ user: by.user, why: errorChainOf(error) }, 'error message not posted')
        await postDirectly(deps, by.user, errorMessage(words, help))
      }
    },
  }
}

/** A subcommand of `/mcp`. */
export type Command = {
  name: string
  /** The arguments after the name, for the help. */
  usage: string
  description: string
  /** Only buttons run it: it is left out of help and suggestions. */
  hidden?: boolean
  /** The help only names it. */
  rare?: boolean
  /** It changes something, so it is acknowledged when that is stored; others are acknowledged at once. */
  durable?: boolean
  /** It reads mentions as Slack writes them; other commands get names in their place. */
  readsMentions?: boolean
  run(deps: SlackDeps, asked: CommandRequest): Promise<void>
}

/** `ack` acknowledges the command, once; a durable command calls it as soon as its effect is stored. */
export type CommandRequest = { words: string[]; responder: Responder; ack(): Promise<void> }
