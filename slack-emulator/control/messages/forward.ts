import { z } from 'zod'
import { EmulatorError } from '../../errors.ts'
import { filesOf } from '../../workspace/objects/file-object.ts'
import { teamIdOf } from '../../workspace/objects/user-object.ts'
import type { Channel, Json, Message } from '../../workspace/records.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import type { EmulatorParts } from '../emulator-parts.ts'
import { findInChannel, findMessage } from '../find.ts'
import { say } from './say.ts'
import { nameOf } from './visible-messages.ts'

export const Forward = z.object({
  as: z.string(),
  channel: z.string(),
  ts: z.string(),
  to: z.string(),
  text: z.string().default(''),
  thread_ts: z.string().optional(),
})

/** A person forwards a message to another conversation, with words of their own or without. */
export function forwardMessage(parts: EmulatorParts, input: z.infer<typeof Forward>): Json {
  const { channel, message } = findMessage(parts, input.as, input)
  if (message.ephemeral_to !== undefined) throw new EmulatorError('conflict', 'nobody else may see this message')
  const { as, to, text, thread_ts } = input
  shareFurther(parts, message, findInChannel(parts, as, to).channel)
  const attachments = [shareOf(parts, channel, message)]
  return say(parts, {
    as,
    channel: to,
    text,
    thread_ts,
    attachments,
    files: [],
    blocks: undefined,
    me: false,
    broadcast: false,
  })
}

/** Who sees the forward sees its files. */
function shareFurther({ workspace }: EmulatorParts, { files = [] }: Message, to: Channel): void {
  for (const file of files.flatMap((id) => workspace.files.get(id) ?? []))
    workspace.files.put(file.id, { ...file, channels: [...new Set([...file.channels, to.id])] })
}

/**
 * A forward is an attachment that holds the message with its author and place. Slack documents no part of it; the fields are those of
 * github.com/slackapi/java-slack-sdk/issues/1179 and github.com/ColeMurray/background-agents/pull/1143.
 */
function shareOf({ workspace }: EmulatorParts, channel: Channel, message: Message): Json {
  const { ts, text, user } = message
  const author = workspace.people.get(user)
  const name = author?.realName ?? nameOf(workspace, message)
  return {
    ts,
    author_id: user,
    author_name: name,
    author_subname: name,
    author_link: `${workspace.url}/team/${user}`,
    channel_id: channel.id,
    channel_team: author === undefined ? workspace.team.id : teamIdOf(author, workspace.team.id),
    is_msg_unfurl: true,
    is_share: true,
    ...placeFields(workspace, channel, message),
    text,
    fallback: `[${new Date(Number(ts) * 1_000).toUTCString()}] ${author?.name ?? name}: ${text}`,
    ...contentFields(workspace, message),
    mrkdwn_in: ['text'],
    color: 'D0D0D0',
  }
}

function placeFields({ url }: Workspace, channel: Channel, { ts, thread_ts }: Message): Json {
  const from_url = `${url}/archives/${channel.id}/p${ts.replace('.', '')}`
  const isDm = channel.im !== undefined
  const place = isDm ? 'a direct message' : `#${channel.name}`
  const channel_name = isDm ? 'Direct Message' : channel.name
  if (thread_ts === undefined || thread_ts === ts) return { from_url, channel_name, footer: `Posted in ${place}` }
  const inThread = `${from_url}?thread_ts=${thread_ts}&cid=${channel.id}`
  return { from_url: inThread, channel_name, is_reply_unfurl: true, footer: `Thread in ${place}` }
}

/** Where the attachments of a forwarded message stand is known from readers of forwards only (github.com/langchain-ai/open-swe/pull/1835). */
function contentFields(workspace: Workspace, { channel, ts, blocks, attachments, files }: Message): Json {
  const held = { team: workspace.team.id, channel, ts, message: { blocks } }
  return {
    ...(blocks === undefined ? {} : { message_blocks: [held] }),
    ...(files === undefined ? {} : { files: filesOf(files, workspace) }),
    ...(attachments === undefined ? {} : { attachments }),
  }
}
