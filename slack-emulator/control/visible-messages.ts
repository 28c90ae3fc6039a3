import { findSession } from '../web-api/methods/agents.ts'
import type { Channel, Json, Message, Person } from '../workspace/records.ts'
import { fileObjectOf, isStreaming } from '../workspace/slack-objects.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** Lists a conversation as one person sees it, oldest first, with their own ephemeral messages only. */
export function listVisibleMessages(
  workspace: Workspace,
  person: Person,
  channel: Channel,
  threadTs: string | undefined,
): Json[] {
  return conversation(workspace, channel, threadTs)
    .filter((message) => isVisible(workspace, message, person))
    .map((message) => shown(workspace, person, message))
}

/** Slack shows an ephemeral in a thread only if the thread had replies then (docs.slack.dev/reference/methods/chat.postEphemeral). */
function isVisible({ messages }: Workspace, message: Message, person: Person): boolean {
  const { ephemeral_to, channel, thread_ts, ts } = message
  if (ephemeral_to === undefined) return true
  if (ephemeral_to !== person.id) return false
  if (thread_ts === undefined) return true
  return messages.replies(channel, thread_ts).some((reply) => reply.ephemeral_to === undefined && reply.ts < ts)
}

function conversation({ messages }: Workspace, channel: Channel, threadTs: string | undefined): Message[] {
  if (threadTs === undefined) return messages.topLevel(channel.id)
  const root = messages.get(channel.id, threadTs)
  return root === undefined ? [] : [root, ...messages.replies(channel.id, threadTs)]
}

function shown(workspace: Workspace, person: Person, message: Message): Json {
  const { ts, thread_ts, user, text, blocks, files, ephemeral_to, stream, edited, reactions } = message
  const replies = workspace.messages.replies(message.channel, ts).filter((reply) => isVisible(workspace, reply, person))
  const latest = replies.at(-1)
  return {
    ts,
    ...(thread_ts === undefined ? {} : { thread_ts }),
    from: nameOf(workspace, user),
    user,
    text,
    ...(blocks === undefined || blocks.length === 0 ? {} : { blocks }),
    ...(ephemeral_to === undefined ? {} : { ephemeral: true }),
    ...(files === undefined ? {} : { files: files.flatMap((id) => shownFile(workspace, id)) }),
    ...(stream === undefined ? {} : { streaming: isStreaming(stream, workspace.now()) }),
    ...(edited === undefined ? {} : { edited: true }),
    ...(reactions === undefined || reactions.length === 0 ? {} : { reactions }),
    ...(latest === undefined
      ? {}
      : {
          reply_count: replies.length,
          latest_reply: latest.ts,
          reply_users: [...new Set(replies.map((reply) => reply.user))],
        }),
  }
}

function nameOf(workspace: Workspace, user: string): string {
  const person = workspace.person(user)
  if (person === undefined) return user
  return person.bot ? person.realName : person.name
}

function shownFile(workspace: Workspace, id: string): Json[] {
  const file = workspace.files.get(id)
  if (file === undefined) return []
  const { name, title, mimetype, size, url_private } = fileObjectOf(file, workspace, workspace.url)
  return [{ id, name, title, mimetype, size, url: url_private }]
}

/** Reads the thread's session with its status text and suggested prompts, which the page shows at the composer. */
export function readVisibleSession(workspace: Workspace, channel: Channel, threadTs: string | undefined): Json {
  const session = findSession(workspace, { channel: channel.id, thread_ts: threadTs })
  if (session === undefined) return {}
  const { status, title, words, prompts } = session
  return { session: { status, title, words, prompts } }
}
