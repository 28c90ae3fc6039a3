import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { ChannelId, type Principal, UserId } from '../../ids.ts'
import { truncate } from '../../text.ts'
import { withDeadline } from '../../timing.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { errorText } from '../blocks/error-message.ts'
import { connectCommand } from '../connections/connect-command.ts'
import type { SlackDeps, WebApiDeps } from '../deps.ts'
import { ackOnceOf } from '../interactions/ack-once.ts'
import { responderFor } from '../interactions/interaction.ts'
import { onViewSubmission } from '../interactions/modals.ts'
import { markTaken } from '../interactions/taken.ts'
import { fetchMessageNames, NO_NAMES } from '../messages/message-names.ts'
import { authorOf, filesOfMessage, quoteOfMessage, SlackMessage } from '../messages/slack-message.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { askAboutForm } from './ask-about-form.ts'
import { AboutMessage, askAboutMessage } from './ask-about-message.ts'

/** private_metadata holds 3,000 characters; a longer message is read again from its thread if the app may. */
const MAX_METADATA_CHARS = 2_600

const ShortcutBody = z.object({ user: z.object({ id: UserId }), trigger_id: z.string() })
const MessageShortcutBody = ShortcutBody.extend({
  channel: z.object({ id: ChannelId }),
  message: SlackMessage,
})

/** "Ask Patchbay about this" on a message, and "Connect a tool" anywhere. */
export function registerShortcuts(app: App, deps: SlackDeps): void {
  app.shortcut('ask_about_message', markTaken, async ({ ack, body }) => {
    await ack()
    const { user, trigger_id, channel, message } = MessageShortcutBody.parse(body)
    await withResponder(deps, { user: user.id, triggerId: trigger_id }, async ({ openModal }) => {
      const about = await aboutMessageOf(deps, channel.id, message)
      await openModal(askAboutForm(about, fitToMetadata(about)))
    })
  })
  app.shortcut('connect_tool', markTaken, async ({ ack: acknowledge, body }) => {
    const ack = ackOnceOf(acknowledge)
    await ack()
    const { user, trigger_id } = ShortcutBody.parse(body)
    await withResponder(deps, { user: user.id, triggerId: trigger_id }, (responder) =>
      connectCommand.run(deps, { words: [], responder, ack }),
    )
  })
  onViewSubmission(app, deps, 'ask_about', async ({ by, submissionId, privateMetadata, typed, ack }) => {
    const about = AboutMessage.parse(JSON.parse(privateMetadata))
    await askAboutMessage(deps, {
      by,
      about,
      question: typed.question?.trim() ?? '',
      submissionId,
      stored: () => ack(),
    })
  })
}

/** The form has to open within 3 s of the press: names that take longer are left out. */
const NAMES_WITHIN_MS = 1_000

async function aboutMessageOf(deps: WebApiDeps, channel: ChannelId, message: SlackMessage): Promise<AboutMessage> {
  const [bot, names] = await Promise.all([
    deps.bot(),
    withDeadline(fetchMessageNames(deps.names, [message]), NAMES_WITHIN_MS, NO_NAMES),
  ])
  const { ts, thread_ts: thread, user, bot_id } = message
  const isPerson = user !== undefined && bot_id === undefined && user !== bot.user
  return {
    channel,
    ts,
    thread,
    ...(isPerson ? { author: user } : { app: authorOf(message, names, bot) }),
    text: quoteOfMessage(message, names),
    files: filesOfMessage(message),
    isPart: thread !== undefined || message.attachments.length > 0,
  }
}

/** The message with its text cut to what private_metadata holds. */
function fitToMetadata(about: AboutMessage): AboutMessage {
  const withoutText = {
    ...about,
    text: '',
    files: about.files.slice(0, 10).map((file) => ({ ...file, name: truncate(file.name, 60) })),
  }
  const available = MAX_METADATA_CHARS - JSON.stringify(withoutText).length
  let text = truncate(about.text, Math.max(0, available))
  while (JSON.stringify(text).length > available && text.length > 0)
    text = truncate(text, Math.floor(text.length * 0.8))
  return { ...withoutText, text, isPart: about.isPart || text !== about.text }
}

type Caller = { user: Principal['user']; triggerId: string }

async function withResponder(
  deps: WebApiDeps,
  { user, triggerId }: Caller,
  handle: (responder: ReturnType<typeof responderFor>) => Promise<unknown>,
): Promise<void> {
  const by = { workspace: (await deps.bot()).workspace, user }
  const interaction = { by, triggerId, channel: undefined, thread: undefined, respond: undefined, view: undefined }
  try {
    await handle(responderFor(deps, interaction))
  } catch (error) {
    deps.log.error({ user, why: errorChainOf(error) }, 'shortcut failed')
    await postErrorInDm(deps, by, errorText(error))
  }
}

/** Posts to direct messages, as a shortcut may be used where the app cannot post. Never throws. */
async function postErrorInDm({ webApi, directMessageOf, log }: WebApiDeps, by: Principal, text: string): Promise<void> {
  try {
    const channel = await directMessageOf(by.user)
    if (channel !== undefined)
      await webApi.call('chat.postMessage', { channel, text, blocks: [sectionBlock(`:warning: ${text}`)] }, AnyResponse)
  } catch (error) {
    log.error({ user: by.user, why: errorChainOf(error) }, 'error message not posted')
  }
}
