import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../errors.ts'
import { ChannelId, type Principal, UserId } from '../ids.ts'
import { withDeadline } from '../timing.ts'
import { About, askAbout } from './ask-about.ts'
import { Anything } from './calls.ts'
import { connectCommand } from './commands/connect.ts'
import type { Deps } from './deps.ts'
import { MessageFiles } from './files.ts'
import { sceneOf } from './scene.ts'
import { onSubmit } from './submit.ts'
import { askAboutForm } from './views/ask-about.ts'
import { section } from './views/blocks.ts'
import { clip } from './views/text.ts'
import { troubleWords } from './views/trouble.ts'

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
export function registerShortcuts(app: App, deps: Deps): void {
  app.shortcut('ask_about_message', async ({ ack, body }) => {
    await ack()
    const { user, trigger_id, channel, message } = CalledOn.parse(body)
    const { ts, thread_ts, user: author, text, files } = message
    const about = { channel: channel.id, ts, thread: thread_ts, author, text, files }
    await opening(deps, { user: user.id, triggerId: trigger_id }, ({ open }) =>
      open(askAboutForm({ author, text, files }, fitting(about))),
    )
  })
  app.shortcut('connect_tool', async ({ ack, body }) => {
    await ack()
    const { user, trigger_id } = Called.parse(body)
    await opening(deps, { user: user.id, triggerId: trigger_id }, (scene) =>
      connectCommand.run(deps, { words: [], scene }),
    )
  })
  onSubmit(app, deps, 'ask_about', async ({ by, viewId, keep, typed, ack }) => {
    const about = About.parse(JSON.parse(keep))
    const asked = askAbout(deps, { by, about, question: typed.question?.trim() ?? '', viewId })
    await withDeadline(asked, ACK_AT_THE_LATEST_MS, undefined)
    await ack()
    await asked.catch((error) => tellInDm(deps, by, troubleWords(error)))
  })
}

/** As much of it as fits the modal. */
function fitting(about: About): About {
  const bare = {
    ...about,
    text: '',
    files: about.files.slice(0, 10).map((file) => ({ ...file, name: clip(file.name, 60) })),
  }
  const room = KEPT_CHARS - JSON.stringify(bare).length
  let text = clip(about.text, Math.max(0, room))
  while (JSON.stringify(text).length > room && text.length > 0) text = clip(text, Math.floor(text.length * 0.8))
  return { ...bare, text }
}

type From = { user: Principal['user']; triggerId: string }

async function opening(
  deps: Deps,
  { user, triggerId }: From,
  act: (scene: ReturnType<typeof sceneOf>) => Promise<unknown>,
): Promise<void> {
  const by = { workspace: (await deps.bot()).workspace, user }
  const setting = { by, triggerId, channel: undefined, thread: undefined, respond: undefined, view: undefined }
  try {
    await act(sceneOf(deps, setting))
  } catch (error) {
    deps.log.error({ user, why: errorChainOf(error) }, 'shortcut failed')
    await tellInDm(deps, by, troubleWords(error))
  }
}

/** A shortcut may be used where the app cannot speak. Never throws. */
async function tellInDm({ calls, dmOf, log }: Deps, by: Principal, text: string): Promise<void> {
  try {
    const channel = await dmOf(by.user)
    if (channel !== undefined)
      await calls.call('chat.postMessage', { channel, text, blocks: [section(`:warning: ${text}`)] }, Anything)
  } catch (error) {
    log.error({ user: by.user, why: errorChainOf(error) }, 'trouble could not be told')
  }
}
