import { z } from 'zod'
import { LIMITS } from '../../../src/block-kit/limits.ts'
import { addIds, attachmentsOf } from '../../workspace/blocks.ts'
import { isStreaming, messageObjectOf } from '../../workspace/objects/message-object.ts'
import type { Json, Message } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { clearStatusText } from './agents.ts'
import { blocksForContent, channelFor, messageFor, refuseMetadata, threadFor } from './chat-common.ts'
import { identityArgs, identityFieldsOf } from './custom-identity.ts'
import {
  blocksArg,
  channelArg,
  defineMethod,
  flagArg,
  jsonObjectArg,
  jsonObjectsArg,
  type MethodResponse,
  type Methods,
  refuse,
  tsArg,
} from './method-args.ts'
import { refuseBlocks } from './refuse-blocks.ts'

/** docs.slack.dev/reference/methods/chat.postMessage#errors */
const MAX_ATTACHMENTS = 100

const content = {
  text: z.string().optional(),
  markdown_text: z.string().optional(),
  blocks: blocksArg.optional(),
  attachments: jsonObjectsArg.optional(),
  metadata: jsonObjectArg.optional(),
}
const Content = z.object(content)
type Content = z.infer<typeof Content>
const Post = Content.extend({
  ...identityArgs,
  channel: channelArg,
  thread_ts: tsArg.optional(),
  reply_broadcast: flagArg.optional(),
})
const Update = Content.extend({ channel: channelArg, ts: tsArg })
const Ephemeral = Content.extend({
  ...identityArgs,
  channel: channelArg,
  user: z.string(),
  thread_ts: tsArg.optional(),
})

/** chat.*, streams apart. */
export function createChatMethods(workspace: Workspace): Methods {
  return {
    'chat.postMessage': defineMethod(Post, (args) => post(workspace, args)),
    'chat.postEphemeral': defineMethod(Ephemeral, (args) => postEphemeral(workspace, args)),
    'chat.update': defineMethod(Update, (args) => update(workspace, args)),
    'chat.delete': defineMethod(z.object({ channel: channelArg, ts: tsArg }), (args) => {
      const message = messageFor(workspace, args)
      if (typeof message === 'string') return refuse(message)
      if (message.user !== APP.user) return refuse('cant_delete_message')
      workspace.remove(message)
      return { ok: true, channel: message.channel, ts: message.ts }
    }),
    'chat.getPermalink': defineMethod(z.object({ channel: channelArg, message_ts: tsArg }), (args) => {
      const message = messageFor(workspace, { channel: args.channel, ts: args.message_ts })
      if (typeof message === 'string') return refuse(message)
      const { channel, ts, thread_ts: thread } = message
      const within = thread === undefined || thread === ts ? '' : `?thread_ts=${thread}&cid=${channel}`
      const permalink = `${workspace.url}/archives/${channel}/p${ts.replace('.', '')}${within}`
      return { ok: true, channel: message.channel, permalink }
    }),
  }
}

function post(workspace: Workspace, args: z.infer<typeof Post>): MethodResponse {
  const channel = channelFor(workspace, args.channel)
  if (typeof channel === 'string') return refuse(channel)
  const refused = refuseContent(args, true)
  if (refused !== undefined) return refused
  const thread = threadFor(workspace, channel.id, args.thread_ts)
  if (typeof thread === 'string') return refuse(thread)
  const broadcast = args.reply_broadcast === true && thread.thread_ts !== undefined
  const message = workspace.post({
    channel: channel.id,
    user: APP.user,
    ...thread,
    ...fieldsOf(args),
    ...identityFieldsOf(args, broadcast),
    ...(broadcast ? { subtype: 'thread_broadcast' } : {}),
  })
  clearStatusText(workspace, message)
  return {
    ok: true,
    channel: channel.id,
    ts: message.ts,
    message: messageObjectOf(message, workspace, true),
    ...cutWarning(args),
  }
}

function postEphemeral(workspace: Workspace, args: z.infer<typeof Ephemeral>): MethodResponse {
  const channel = channelFor(workspace, args.channel)
  if (typeof channel === 'string') return refuse(channel)
  const refused = refuseContent(args, true)
  if (refused !== undefined) return refused
  if (!channel.members.includes(args.user)) return refuse('user_not_in_channel')
  const thread = threadFor(workspace, channel.id, args.thread_ts)
  if (typeof thread === 'string') return refuse(thread)
  const message = workspace.post({
    channel: channel.id,
    user: APP.user,
    ephemeral_to: args.user,
    ...(args.thread_ts === undefined ? {} : { thread_ts: args.thread_ts }),
    ...fieldsOf(args),
    ...identityFieldsOf(args),
  })
  return { ok: true, message_ts: message.ts, ...cutWarning(args) }
}

/** Metadata left out of an update stays as it was; blocks stay only where no text is given (docs.slack.dev/reference/methods/chat.update). */
function update(workspace: Workspace, args: z.infer<typeof Update>): MethodResponse {
  const message = messageFor(workspace, args)
  if (typeof message === 'string') return refuse(message)
  const refused = refuseChange(workspace, message) ?? refuseLongUpdate(args) ?? refuseContent(args, false)
  if (refused !== undefined) return refused
  const { text, ...rest } = fieldsOf(args)
  const given = args.text !== undefined || args.markdown_text !== undefined
  const { blocks = [], ...others } = message
  const kept = given ? others : { ...others, blocks }
  const changed = workspace.change({ ...kept, ...rest, text: given ? text : message.text }, APP.user)
  return {
    ok: true,
    channel: changed.channel,
    ts: changed.ts,
    text: changed.text,
    message: messageObjectOf(changed, workspace, true),
  }
}

function refuseChange(workspace: Workspace, { channel, user, stream }: Message): MethodResponse | undefined {
  if (workspace.channels.get(channel)?.archived === true) return refuse('is_inactive')
  if (user !== APP.user) return refuse('cant_update_message')
  return stream !== undefined && isStreaming(stream, workspace.now()) ? refuse('streaming_state_conflict') : undefined
}

const refuseLongUpdate = ({ text = '' }: Content): MethodResponse | undefined =>
  text.length > LIMITS.methodText['chat.update'] ? refuse('msg_too_long') : undefined

function refuseContent(args: Content, needed: boolean): MethodResponse | undefined {
  if (needed && [args.text, args.markdown_text, args.blocks, args.attachments].every(isNothing))
    return refuse('no_text')
  if (args.markdown_text !== undefined && (args.text !== undefined || args.blocks !== undefined)) {
    return refuse('markdown_text_conflict', ['markdown_text cannot be used with text or blocks'])
  }
  if ((args.markdown_text ?? '').length > LIMITS.message.markdownText) return refuse('msg_too_long')
  if ((args.attachments ?? []).length > MAX_ATTACHMENTS) return refuse('too_many_attachments')
  const badMetadata = refuseMetadata(args.metadata)
  return badMetadata ?? refuseBlocks(args.blocks)
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

function fieldsOf(args: Content): Pick<Message, 'text' | 'attachments'> & { blocks?: Json[]; metadata?: Json } {
  const blocks = blocksForContent(args)
  return {
    text: (args.markdown_text ?? args.text ?? '').slice(0, LIMITS.message.textMax),
    ...(blocks === undefined ? {} : { blocks: addIds(blocks) }),
    ...(args.attachments === undefined ? {} : { attachments: attachmentsOf(args.attachments) }),
    ...(args.metadata === undefined ? {} : { metadata: args.metadata }),
  }
}

/** Slack cuts over-long text and says so only in a warning. */
function cutWarning({ text }: Content): Json {
  if ((text ?? '').length <= LIMITS.message.textMax) return {}
  return { warning: 'message_truncated', response_metadata: { warnings: ['message_truncated'] } }
}
