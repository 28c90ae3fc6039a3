import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { WebApiDeps } from '../deps.ts'
import { readReplies } from '../web-api/read-replies.ts'
import { fetchNames, MessageFiles, mentionedUsersIn, plainTextOf } from './message-content.ts'

export type ThreadMessage = { author: string; text: string }

/** Of a longer thread, only the last messages are context. */
const MAX_MESSAGES = 50

const Message = z.object({
  ts: z.string(),
  user: z.string().optional(),
  text: z.string().optional(),
  username: z.string().optional(),
  files: MessageFiles,
})
type Message = z.infer<typeof Message>

/** The messages of a thread before `before`; empty where the app may not read it. */
export async function readThreadContext(
  deps: WebApiDeps,
  at: { channel: string; thread: string; before: string },
): Promise<ThreadMessage[]> {
  const asked = { channel: at.channel, ts: at.thread, latest: at.before }
  try {
    const earlier = (await readReplies(deps.webApi, asked, Message))
      .filter(({ ts }) => Number(ts) < Number(at.before))
      .slice(-MAX_MESSAGES)
    const users = earlier.flatMap(({ user, text = '' }) => [...(user ? [user] : []), ...mentionedUsersIn(text)])
    const nameOf = await fetchNames(deps.people, users)
    return earlier.flatMap((message) => threadMessagesOf(message, nameOf))
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    deps.log.warn({ channel: at.channel, why: errorChainOf(error) }, 'thread could not be read')
    return []
  }
}

function threadMessagesOf(message: Message, nameOf: (user: string) => string): ThreadMessage[] {
  const files = message.files.map(({ name }) => `[file ${name}]`)
  const text = [plainTextOf(message.text ?? '', nameOf), ...files].filter(Boolean).join(' ')
  const author = message.user ? nameOf(message.user) : (message.username ?? 'an app')
  return text === '' ? [] : [{ author, text }]
}
