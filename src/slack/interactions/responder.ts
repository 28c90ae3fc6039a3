import type { RespondFn } from '@slack/bolt'
import type { Button, ModalView } from '@slack/types'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import { createMessageModal, type MessageContent, sectionBlock } from '../blocks/blocks.ts'
import { errorMessage } from '../blocks/error-message.ts'
import type { SlackDeps } from '../deps.ts'
import { AnyResponse } from '../web-api/web-api.ts'

/** Where a person just did something, and how to answer them there so that only they see it. */
export type Responder = {
  by: Principal
  /** The conversation it happened in; absent in modals and the Home tab. */
  channel: string | undefined
  /** The thread it happened in, if it did in one. */
  thread: string | undefined
  /** Shows that something takes a moment, where an answer could otherwise not be shown any more. */
  showLoading(title: string, words: string): Promise<void>
  /** `title` is for places where the answer becomes a modal. */
  reply(saying: MessageContent, title?: string): Promise<void>
  /** The same, in place of the modal or the message only they see that was pressed. */
  replace(saying: MessageContent, title?: string): Promise<void>
  /** Opens a modal, or puts it on top of the one that is open; its id. The trigger lives 3 s and works once. */
  openModal(view: ModalView): Promise<string>
  /** Words for something that failed, with buttons that help; never throws. */
  replyError(words: string, help?: Button[]): Promise<void>
}

type Setting = {
  by: Principal
  triggerId: string
  channel: string | undefined
  thread: string | undefined
  respond: RespondFn | undefined
  view: { id: string; kind: 'modal' | 'home' } | undefined
}

const Opened = z.object({ view: z.object({ id: z.string() }) })

export function responderFor(deps: SlackDeps, setting: Setting): Responder {
  const { webApi } = deps
  const { by, channel, thread, respond, triggerId } = setting
  let waiting: string | undefined

  const openModal = async (view: ModalView) => {
    const method = setting.view?.kind === 'modal' ? 'views.push' : 'views.open'
    return (await webApi.call(method, { trigger_id: triggerId, view }, Opened, 0)).view.id
  }
  const inModal = async (saying: MessageContent, title: string, replace: boolean) => {
    const view = createMessageModal(title, saying)
    const place = replace && setting.view?.kind === 'modal' ? setting.view.id : waiting
    if (place === undefined) await openModal(view)
    else await webApi.call('views.update', { view_id: place, view }, AnyResponse)
  }
  const whisper = async (saying: MessageContent) => {
    const place = thread === undefined ? { channel } : { channel, thread_ts: thread }
    await webApi.call('chat.postEphemeral', { ...place, user: by.user, ...saying }, AnyResponse)
  }
  const answer = async (saying: MessageContent, title: string, replace: boolean) => {
    if (setting.view !== undefined) return inModal(saying, title, replace)
    if (respond !== undefined && thread === undefined) {
      await respond({ response_type: 'ephemeral', replace_original: replace, ...saying, unfurl_links: false })
      return
    }
    await whisper(saying)
  }

  return {
    by,
    channel,
    thread,
    openModal,
    async showLoading(title, words) {
      if (setting.view === undefined) return
      waiting = await openModal(createMessageModal(title, { text: words, blocks: [sectionBlock(words)] }))
    },
    reply: (saying, title = 'Patchbay') => answer(saying, title, false),
    replace: (saying, title = 'Patchbay') => answer(saying, title, true),
    async replyError(words, help = []) {
      try {
        await answer(errorMessage(words, help), 'That did not work', false)
      } catch (error) {
        deps.log.error({ user: by.user, why: errorChainOf(error) }, 'trouble could not be told')
      }
    },
  }
}
