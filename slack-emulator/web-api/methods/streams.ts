import { z } from 'zod'
import { LIMITS } from '../../../src/block-kit/limits.ts'
import { addIds } from '../../workspace/blocks.ts'
import { isStreaming, messageObjectOf } from '../../workspace/objects/message-object.ts'
import { teamIdOf } from '../../workspace/objects/user-object.ts'
import type { Channel, Message, Stream } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'
import { appendChunks, renderStream, StreamChunk, streamBlocksOf } from '../../workspace/stream-chunks.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { SessionStatus, setSession } from './agents.ts'
import { channelFor, isThread, LOCKED, refuseMetadata, threadFor } from './chat-common.ts'
import { identityArgs, identityFieldsOf } from './custom-identity.ts'
import {
  acceptJson,
  blocksArg,
  channelArg,
  defineMethod,
  jsonObjectArg,
  type MethodResponse,
  type Methods,
  refuse,
  tsArg,
} from './method-args.ts'
import { refuseBlocks } from './refuse-blocks.ts'

const words = { markdown_text: z.string().optional(), chunks: acceptJson(z.array(z.unknown())).optional() }
const Start = z.object({
  ...words,
  ...identityArgs,
  channel: channelArg,
  thread_ts: tsArg.optional(),
  recipient_team_id: z.string().optional(),
  recipient_user_id: z.string().optional(),
  task_display_mode: z.enum(['timeline', 'plan']).optional(),
})
const Append = z.object({ ...words, channel: channelArg, ts: tsArg })
const Stop = Append.extend({
  blocks: blocksArg.optional(),
  metadata: jsonObjectArg.optional(),
  session_status: SessionStatus.optional(),
})
type Words = { markdown_text?: string | undefined; chunks?: unknown[] | undefined }

/** chat.startStream, appendStream, stopStream (docs.slack.dev/reference/methods/chat.startStream). */
export function createStreamMethods(workspace: Workspace): Methods {
  return {
    'chat.startStream': defineMethod(Start, (args) => start(workspace, args)),
    'chat.appendStream': defineMethod(Append, (args) => {
      const live = liveMessage(workspace, args)
      if ('ok' in live) return live
      if (live.stream.stoppedByUser) return refuse('stopped_by_user')
      if (args.markdown_text === undefined && args.chunks === undefined) return refuse('no_text')
      const stream = grow(live.stream, args)
      if ('ok' in stream) return stream
      const message = renderStream(live.message, stream)
      workspace.messages.put(message)
      workspace.publish({ kind: 'streamed', message })
      return { ok: true, channel: message.channel, ts: message.ts }
    }),
    'chat.stopStream': defineMethod(Stop, (args) => stop(workspace, args)),
  }
}

function start(workspace: Workspace, args: z.infer<typeof Start>): MethodResponse {
  const channel = channelFor(workspace, args.channel)
  if (typeof channel === 'string') return refuse(channel)
  const refused = refuseThread(workspace, channel, args.thread_ts) ?? refuseRecipient(workspace, channel, args)
  if (refused !== undefined) return refuse(refused)
  const empty: Stream = {
    open: true,
    expiresAt: workspace.now() + LIMITS.stream.lifetimeMs,
    stoppedByUser: false,
    mode: args.task_display_mode ?? 'timeline',
    parts: [],
  }
  const stream = grow(empty, args)
  if ('ok' in stream) return stream
  const thread = args.thread_ts === undefined ? {} : { thread_ts: args.thread_ts }
  const bare = { channel: channel.id, ...thread, ...identityFieldsOf(args), user: APP.user, text: '', ts: '' }
  const { ts: _, ...draft } = renderStream(bare, stream)
  const message = workspace.post(draft)
  const at = { channel: channel.id, thread_ts: args.thread_ts ?? message.ts }
  setSession(workspace, at, { status: 'processing', words: '' })
  return { ok: true, channel: channel.id, ts: message.ts }
}

/** A stream may stand at the top of a channel; in a DM it needs a thread, and a thread that is gone is refused. */
function refuseThread(workspace: Workspace, channel: Channel, threadTs: string | undefined): string | undefined {
  if (threadTs !== undefined && threadFor(workspace, channel.id, threadTs) === LOCKED) return LOCKED
  const fits = threadTs === undefined ? channel.im === undefined : isThread(workspace, channel.id, threadTs)
  return fits ? undefined : 'invalid_thread_ts'
}

/** Outside of a DM Slack asks who reads the stream. */
function refuseRecipient(
  workspace: Workspace,
  channel: Channel,
  { recipient_team_id: team, recipient_user_id: user }: z.infer<typeof Start>,
): string | undefined {
  if (team === undefined && user === undefined && channel.im !== undefined) return undefined
  if (team === undefined) return 'missing_recipient_team_id'
  if (user === undefined) return 'missing_recipient_user_id'
  const person = workspace.people.get(user)
  return person === undefined || teamIdOf(person, workspace.team.id) !== team ? 'user_not_found' : undefined
}

function stop(workspace: Workspace, args: z.infer<typeof Stop>): MethodResponse {
  const live = liveMessage(workspace, args)
  if ('ok' in live) return live
  const grown = grow(live.stream, args)
  if ('ok' in grown) return grown
  const refused = refuseMetadata(args.metadata) ?? refuseBlocks(args.blocks, 'invalid_blocks', LIMITS.stream.stopBlocks)
  if (refused !== undefined) return refused
  const painted = renderStream(live.message, { ...grown, open: false })
  const blocks = [...(painted.blocks ?? []), ...addIds(args.blocks ?? [])]
  const done: Message = { ...painted, blocks, ...(args.metadata === undefined ? {} : { metadata: args.metadata }) }
  workspace.messages.put(done)
  workspace.publish({ kind: 'changed', message: done, before: live.message })
  setSession(workspace, done, { status: args.session_status ?? 'active' })
  return { ok: true, channel: done.channel, ts: done.ts, message: messageObjectOf(done, workspace, true) }
}

/** The open stream, or Slack's refusal. */
function liveMessage(
  workspace: Workspace,
  at: { channel: string; ts: string },
): MethodResponse | { message: Message; stream: Stream } {
  const channel = channelFor(workspace, at.channel)
  if (typeof channel === 'string') return refuse(channel)
  const message = workspace.messages.get(channel.id, at.ts)
  if (message === undefined) return refuse('message_not_found')
  if (message.user !== APP.user) return refuse('message_not_owned_by_app')
  const { stream } = message
  if (stream === undefined || !isStreaming(stream, workspace.now())) return refuse('message_not_in_streaming_state')
  return { message, stream }
}

/** The stream with the chunks added, or Slack's refusal. */
function grow(stream: Stream, { markdown_text, chunks }: Words): MethodResponse | Stream {
  if ((markdown_text ?? '').length > LIMITS.message.markdownText) return refuse('msg_too_long')
  const parsed = z.array(StreamChunk).safeParse(chunks ?? [])
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.message} [json-pointer:/chunks/${issue.path.join('/')}]`)
    return refuse('invalid_chunks', lines)
  }
  // Slack shows no plan in a timeline, so the title would be lost; the mode is fixed when a stream starts.
  if (stream.mode === 'timeline' && parsed.data.some((chunk) => chunk.type === 'plan_update'))
    return refuse('invalid_chunks', ['plan_update needs a stream started with task_display_mode plan'])
  const first: StreamChunk[] = markdown_text === undefined ? [] : [{ type: 'markdown_text', text: markdown_text }]
  const grown = appendChunks(stream, [...first, ...parsed.data])
  return refuseStream(grown) ?? grown
}

function refuseStream(stream: Stream): MethodResponse | undefined {
  const given = stream.parts.flatMap((part) => (part.part === 'blocks' ? part.blocks : []))
  if (given.some((block) => block.type === 'file'))
    return refuse('invalid_blocks', ['a file block is not allowed in a stream'])
  const length = stream.parts.reduce((sum, part) => sum + (part.part === 'text' ? part.text.length : 0), 0)
  if (length > LIMITS.stream.text) return refuse('msg_too_long')
  if (given.length > LIMITS.stream.chunkBlocks)
    return refuse('invalid_blocks', ['more than 50 blocks in the chunks of one stream'])
  return refuseBlocks(streamBlocksOf(stream), 'invalid_chunks', LIMITS.view.blocks)
}
