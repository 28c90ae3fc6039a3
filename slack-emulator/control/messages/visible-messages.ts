import { findSession } from '../../web-api/methods/agents.ts'
import { fileObjectOf } from '../../workspace/objects/file-object.ts'
import { isStreaming } from '../../workspace/objects/message-object.ts'
import type { Channel, Json, Message, Person } from '../../workspace/records.ts'
import type { Workspace } from '../../workspace/workspace.ts'

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
  const { ts, thread_ts, user, text, subtype, blocks, attachments, files, ephemeral_to, stream, edited, reactions } =
    message
  const replies = workspace.messages.replies(message.channel, ts).filter((reply) => isVisible(workspace, reply, person))
  const latest = replies.at(-1)
  const optional = {
    subtype,
    thread_ts,
    attachments,
    username: message.more?.username,
    icons: message.more?.icons,
    ...(edited && { edited: true }),
  }
  return {
    ts,
    ...definedIn(optional),
    from: nameOf(workspace, message),
    user,
    text,
    ...(blocks === undefined || blocks.length === 0 ? {} : { blocks }),
    ...(ephemeral_to === undefined ? {} : { ephemeral: true }),
    ...(files === undefined ? {} : { files: files.flatMap((id) => shownFile(workspace, id)) }),
    ...(stream === undefined ? {} : { streaming: isStreaming(stream, workspace.now()) }),
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

const definedIn = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

export function nameOf(workspace: Workspace, { user, more }: Message): string {
  if (typeof more?.username === 'string') return more.username
  const person = workspace.person(user)
  if (person === undefined) return user
  return person.bot ? person.realName : person.name
}

function shownFile(workspace: Workspace, id: string): Json[] {
  const file = workspace.files.get(id)
  if (file === undefined) return []
  const { name, title, mimetype, size, url_private } = fileObjectOf(file, workspace, workspace.url)
  const isGone = file.stub === 'tombstone' || file.stub === 'hidden_by_limit'
  return [{ id, name, title, mimetype, size, url: url_private, ...(isGone ? { gone: file.stub } : {}) }]
}

/** Reads the thread's session with its status text and suggested prompts, which the page shows at the composer. */
export function readVisibleSession(workspace: Workspace, channel: Channel, threadTs: string | undefined): Json {
  const session = findSession(workspace, { channel: channel.id, thread_ts: threadTs })
  if (session === undefined) return {}
  const { status, title, words, prompts, username, icon_emoji, icon_url } = session
  return { session: { status, title, words, prompts, username, icon_emoji, icon_url } }
}
