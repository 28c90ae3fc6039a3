import type { RespondFn } from '@slack/bolt'
import type { Button, ModalView } from '@slack/types'
import { z } from 'zod'
import { errorChainOf } from '../errors.ts'
import type { Principal } from '../ids.ts'
import { Anything } from './calls.ts'
import type { Deps } from './deps.ts'
import { readingModal, type Saying, section } from './views/blocks.ts'
import { sayTrouble } from './views/trouble.ts'

/** Where a person just did something, and how to answer them there so that only they see it. */
export type Scene = {
  by: Principal
  /** The conversation it happened in; absent in modals and the Home tab. */
  channel: string | undefined
  /** The thread it happened in, if it did in one. */
  thread: string | undefined
  /** Shows that something takes a moment, where an answer could otherwise not be shown any more. */
  wait(title: string, words: string): Promise<void>
  /** `title` is for places where the answer becomes a modal. */
  say(saying: Saying, title?: string): Promise<void>
  /** The same, in place of the modal or the message only they see that was pressed. */
  instead(saying: Saying, title?: string): Promise<void>
  /** Opens a modal, or puts it on top of the one that is open; its id. The trigger lives 3 s and works once. */
  open(view: ModalView): Promise<string>
  /** Words for something that failed, with buttons that help; never throws. */
  trouble(words: string, help?: Button[]): Promise<void>
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

export function sceneOf(deps: Deps, setting: Setting): Scene {
  const { calls } = deps
  const { by, channel, thread, respond, triggerId } = setting
  let waiting: string | undefined

  const open = async (view: ModalView) => {
    const method = setting.view?.kind === 'modal' ? 'views.push' : 'views.open'
    return (await calls.call(method, { trigger_id: triggerId, view }, Opened, 0)).view.id
  }
  const inModal = async (saying: Saying, title: string, replace: boolean) => {
    const view = readingModal(title, saying)
    const place = replace && setting.view?.kind === 'modal' ? setting.view.id : waiting
    if (place === undefined) await open(view)
    else await calls.call('views.update', { view_id: place, view }, Anything)
  }
  const whisper = async (saying: Saying) => {
    const place = thread === undefined ? { channel } : { channel, thread_ts: thread }
    await calls.call('chat.postEphemeral', { ...place, user: by.user, ...saying }, Anything)
  }
  const answer = async (saying: Saying, title: string, replace: boolean) => {
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
    open,
    async wait(title, words) {
      if (setting.view === undefined) return
      waiting = await open(readingModal(title, { text: words, blocks: [section(words)] }))
    },
    say: (saying, title = 'Patchbay') => answer(saying, title, false),
    instead: (saying, title = 'Patchbay') => answer(saying, title, true),
    async trouble(words, help = []) {
      try {
        await answer(sayTrouble(words, help), 'That did not work', false)
      } catch (error) {
        deps.log.error({ user: by.user, why: errorChainOf(error) }, 'trouble could not be told')
      }
    },
  }
}
