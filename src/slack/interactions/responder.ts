import type { RespondFn } from '@slack/bolt'
import type { Button, ModalView } from '@slack/types'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import { createMessageModal, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { errorMessage } from '../blocks/error-message.ts'
import type { WebApiDeps } from '../deps.ts'
import { AnyResponse } from '../web-api/web-api.ts'

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

const Opened = z.object({ view: z.object({ id: z.string() }) })

export function responderFor(deps: WebApiDeps, interaction: Interaction): Responder {
  const { webApi } = deps
  const { by, channel, thread, respond, triggerId } = interaction
  let loadingViewId: string | undefined

  const openModal = async (view: ModalView) => {
    const method = interaction.view?.kind === 'modal' ? 'views.push' : 'views.open'
    return (await webApi.call(method, { trigger_id: triggerId, view }, Opened, 0)).view.id
  }
  const showInModal = async (content: MessageContent, title: string, replace: boolean) => {
    const view = createMessageModal(title, content)
    const place = replace && interaction.view?.kind === 'modal' ? interaction.view.id : loadingViewId
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
      await respond({ response_type: 'ephemeral', replace_original: replace, ...content, unfurl_links: false })
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
        deps.log.error({ user: by.user, why: errorChainOf(error) }, 'error message not posted')
      }
    },
  }
}
