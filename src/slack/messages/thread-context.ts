import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { WebApiDeps } from '../deps.ts'
import { fetchNames, MessageFiles, mentionedUsersIn, plainTextOf } from './message-content.ts'

export type ThreadMessage = { author: string; text: string }

/** Of a longer thread, only the last messages are context. */
const MAX_MESSAGES = 50
const MAX_PAGES = 5

const Message = z.object({
  ts: z.string(),
  user: z.string().optional(),
  text: z.string().optional(),
  username: z.string().optional(),
  files: MessageFiles,
})
type Message = z.infer<typeof Message>
const Replies = z.object({
  messages: z.array(Message),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
})

/** The messages of a thread before `before`; empty where the app may not read it. */
export async function readThreadContext(
  deps: WebApiDeps,
  at: { channel: string; thread: string; before: string },
): Promise<ThreadMessage[]> {
  try {
    const earlier = (await fetchReplies(deps, at))
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

async function fetchReplies(
  { webApi }: WebApiDeps,
  { channel, thread, before }: { channel: string; thread: string; before: string },
): Promise<Message[]> {
  const messages: Message[] = []
  let cursor = ''
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const args = { channel, ts: thread, latest: before, limit: 200, ...(cursor && { cursor }) }
    const found = await webApi.call('conversations.replies', args, Replies, 0)
    messages.push(...found.messages)
    cursor = found.response_metadata?.next_cursor ?? ''
    if (cursor === '') break
  }
  return messages
}
