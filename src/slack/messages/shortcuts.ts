import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { ChannelId, type Principal, UserId } from '../../ids.ts'
import { withDeadline } from '../../timing.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import { errorText } from '../blocks/error-message.ts'
import { truncate } from '../blocks/text.ts'
import { connectCommand } from '../connections/connect-command.ts'
import type { SlackDeps } from '../deps.ts'
import { responderFor } from '../interactions/responder.ts'
import { onViewSubmission } from '../interactions/view-submission.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { askAboutForm } from './ask-about-form.ts'
import { AboutMessage, askAboutMessage } from './ask-about-message.ts'
import { MessageFiles } from './message-files.ts'

/** Slack waits 3 s for an acknowledgement; a submission is acknowledged when its question is kept. */
const ACK_AT_THE_LATEST_MS = 2_400

/** private_metadata holds 3,000 characters; a long message is read again from its thread where that is allowed. */
const KEPT_CHARS = 2_600

const Called = z.object({ user: z.object({ id: UserId }), trigger_id: z.string() })
const CalledOn = Called.extend({
  channel: z.object({ id: ChannelId }),
  message: z.object({
    ts: z.string(),
    thread_ts: z.string().optional(),
    user: z.string().optional(),
    text: z.string().default(''),
    files: MessageFiles,
  }),
})

/** "Ask Patchbay about this" on a message, and "Connect a tool" anywhere. */
export function registerShortcuts(app: App, deps: SlackDeps): void {
  app.shortcut('ask_about_message', async ({ ack, body }) => {
    await ack()
    const { user, trigger_id, channel, message } = CalledOn.parse(body)
    const { ts, thread_ts, user: author, text, files } = message
    const about = { channel: channel.id, ts, thread: thread_ts, author, text, files }
    await opening(deps, { user: user.id, triggerId: trigger_id }, ({ openModal }) =>
      openModal(askAboutForm({ author, text, files }, fitting(about))),
    )
  })
  app.shortcut('connect_tool', async ({ ack, body }) => {
    await ack()
    const { user, trigger_id } = Called.parse(body)
    await opening(deps, { user: user.id, triggerId: trigger_id }, (scene) =>
      connectCommand.run(deps, { words: [], scene }),
    )
  })
  onViewSubmission(app, deps, 'ask_about', async ({ by, viewId, keep, typed, ack }) => {
    const about = AboutMessage.parse(JSON.parse(keep))
    const asked = askAboutMessage(deps, { by, about, question: typed.question?.trim() ?? '', viewId })
    await withDeadline(asked, ACK_AT_THE_LATEST_MS, undefined)
    await ack()
    await asked.catch((error) => tellInDm(deps, by, errorText(error)))
  })
}

/** As much of it as fits the modal. */
function fitting(about: AboutMessage): AboutMessage {
  const bare = {
    ...about,
    text: '',
    files: about.files.slice(0, 10).map((file) => ({ ...file, name: truncate(file.name, 60) })),
  }
  const room = KEPT_CHARS - JSON.stringify(bare).length
  let text = truncate(about.text, Math.max(0, room))
  while (JSON.stringify(text).length > room && text.length > 0) text = truncate(text, Math.floor(text.length * 0.8))
  return { ...bare, text }
}

type From = { user: Principal['user']; triggerId: string }

async function opening(
  deps: SlackDeps,
  { user, triggerId }: From,
  act: (scene: ReturnType<typeof responderFor>) => Promise<unknown>,
): Promise<void> {
  const by = { workspace: (await deps.bot()).workspace, user }
  const setting = { by, triggerId, channel: undefined, thread: undefined, respond: undefined, view: undefined }
  try {
    await act(responderFor(deps, setting))
  } catch (error) {
    deps.log.error({ user, why: errorChainOf(error) }, 'shortcut failed')
    await tellInDm(deps, by, errorText(error))
  }
}

/** A shortcut may be used where the app cannot speak. Never throws. */
async function tellInDm({ webApi, directMessageOf, log }: SlackDeps, by: Principal, text: string): Promise<void> {
  try {
    const channel = await directMessageOf(by.user)
    if (channel !== undefined)
      await webApi.call('chat.postMessage', { channel, text, blocks: [sectionBlock(`:warning: ${text}`)] }, AnyResponse)
  } catch (error) {
    log.error({ user: by.user, why: errorChainOf(error) }, 'trouble could not be told')
  }
}
