import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { SlackDeps } from '../deps.ts'
import { MessageFiles } from './message-files.ts'
import { mentionedUsersIn, plainTextOf } from './message-text.ts'

export type ThreadMessage = { author: string; text: string }

/** What a long thread comes down to for somebody who joins it now. */
const LAST_MESSAGES = 50
const MOST_PAGES = 5

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

/** What was said in the thread before the message at `before`; nothing where the app may not read it. */
export async function readThreadContext(
  deps: SlackDeps,
  at: { channel: string; thread: string; before: string },
): Promise<ThreadMessage[]> {
  try {
    const earlier = (await replies(deps, at)).filter(({ ts }) => Number(ts) < Number(at.before)).slice(-LAST_MESSAGES)
    const users = [
      ...new Set(
        earlier.flatMap((message) => [
          ...(message.user ? [message.user] : []),
          ...mentionedUsersIn(message.text ?? ''),
        ]),
      ),
    ]
    const names = new Map(await Promise.all(users.map(async (user) => [user, await deps.people.nameOf(user)] as const)))
    const nameOf = (user: string) => names.get(user) ?? 'somebody'
    return earlier.flatMap((message) => said(message, nameOf))
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    deps.log.warn({ channel: at.channel, why: errorChainOf(error) }, 'thread could not be read')
    return []
  }
}

function said(message: Message, nameOf: (user: string) => string): ThreadMessage[] {
  const files = message.files.map(({ name }) => `[file ${name}]`)
  const text = [plainTextOf(message.text ?? '', nameOf), ...files].filter(Boolean).join(' ')
  const author = message.user ? nameOf(message.user) : (message.username ?? 'an app')
  return text === '' ? [] : [{ author, text }]
}

async function replies(
  { webApi }: SlackDeps,
  { channel, thread, before }: { channel: string; thread: string; before: string },
): Promise<Message[]> {
  const messages: Message[] = []
  let cursor = ''
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const args = { channel, ts: thread, latest: before, limit: 200, ...(cursor && { cursor }) }
    const found = await webApi.call('conversations.replies', args, Replies, 0)
    messages.push(...found.messages)
    cursor = found.response_metadata?.next_cursor ?? ''
    if (cursor === '') break
  }
  return messages
}
