import { z } from 'zod'
import { AppError, errorChainOf } from '../../errors.ts'
import { ChannelId, type Principal } from '../../ids.ts'
import type { AttachedFile, Origin } from '../../run/state/events.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { postFile } from '../web-api/post-file.ts'
import { permalinkOf, postMessage } from '../web-api/post-message.ts'
import { AnyResponse, isPermanentError, isPlaceClosed, isThreadGone, slackErrorCodeOf } from '../web-api/web-api.ts'

/** A message of the app and the thread it is in or starts. */
export type ThreadAnchor = { channel: ChannelId; threadTs: string; messageTs: string }

/** Where an answer goes: the thread or channel of the command, else direct messages. */
export type ReplyPlace = { channel?: string | undefined; thread?: string | undefined }

/**
 * Posts what the person did to `place` if the app may post there, else to their direct messages, where they are "You". Throws AppError
 * `slack_failed` if neither works.
 */
export async function anchorThread(
  deps: WebApiDeps,
  by: Principal,
  { channel: wanted, thread }: ReplyPlace,
  contentFor: (who: string) => MessageContent,
): Promise<ThreadAnchor> {
  const posted =
    wanted === undefined ? undefined : await tryPost(deps, wanted, thread, contentFor(askerTextFor(wanted, by)))
  if (posted !== undefined) return posted
  const channel = await deps.directMessageOf(by.user)
  if (channel === undefined)
    throw new AppError(
      'slack_failed',
      'I can’t post there or message you directly. Open my Messages tab and try again.',
    )
  return postInThread(deps, channel, undefined, contentFor(askerTextFor(channel, by)))
}

/** Nobody else reads direct messages. */
export const askerTextFor = (channel: string, { user }: Pick<Principal, 'user'>): string =>
  channel.startsWith('D') ? 'You' : mentionOf(user)

async function tryPost(
  deps: WebApiDeps,
  channel: string,
  thread: string | undefined,
  content: MessageContent,
): Promise<ThreadAnchor | undefined> {
  try {
    return await postInThread(deps, channel, thread, content)
  } catch (error) {
    if (!isPermanentError(error)) throw error
    return undefined
  }
}

/** Posts a reply in `thread`, or a message that starts one. Links are not unfurled, as the text may come from a server. */
export async function postInThread(
  deps: Pick<WebApiDeps, 'webApi'>,
  channel: string,
  thread: string | undefined,
  content: MessageContent,
): Promise<ThreadAnchor> {
  const ts = await postMessage(deps.webApi, { channel, thread }, content)
  return { channel: ChannelId.parse(channel), threadTs: thread ?? ts, messageTs: ts }
}

/**
 * Posts in a thread, or to the person's direct messages with a link where the thread takes nothing any more. Throws AppError `slack_failed`
 * where another try may help.
 */
export async function postReply(
  deps: WebApiDeps,
  { channel, thread, user }: { channel: string; thread: string; user: Principal['user'] },
  content: MessageContent,
): Promise<void> {
  try {
    await postInThread(deps, channel, thread, content)
  } catch (error) {
    if (!isPlaceClosed(error)) throw error
    deps.log.warn({ channel, why: errorChainOf(error) }, 'nothing can be posted where it was asked for')
    const link = isThreadGone(error) ? undefined : await permalinkOf(deps.webApi, channel, thread)
    const where = link === undefined ? `in <#${channel}>` : `<${link}|there>`
    const text = `I cannot post ${channel.startsWith('D') ? 'where you asked' : where} any more, so I answer here:`
    const blocks = [sectionBlock(text), ...content.blocks]
    await postDirectly(deps, user, { text: `${text}\n${content.text}`, blocks })
  }
}

/** Posts a text that everybody in the thread sees, as Slack shows nothing to one person alone before a thread has replies. Never throws. */
export async function postNotice(
  deps: WebApiDeps,
  { channel, thread }: { channel: string; thread: string },
  text: string,
): Promise<void> {
  try {
    await postInThread(deps, channel, thread, { text, blocks: [sectionBlock(text)] })
  } catch (error) {
    deps.log.warn({ why: errorChainOf(error) }, 'notice not posted')
  }
}

type Whisper = { channel: string; thread: string | undefined; user: string }

/** Posts what only `user` sees, where they will see it. Never throws: it is a hint, and the channel may be closed to the app. */
export const postEphemeral = (deps: WhisperDeps, place: Whisper, text: string): Promise<void> =>
  postToOnePerson(deps, place, { text, blocks: [sectionBlock(text)] })

type WhisperDeps = Pick<WebApiDeps, 'webApi' | 'log' | 'directMessageOf'>

/**
 * An ephemeral message, or a direct one: Slack shows no ephemeral message in a thread without replies, nor to people outside of the
 * channel. In direct messages, which nobody else reads, it is an ordinary reply, which stays. Never throws.
 */
export async function postToOnePerson(deps: WhisperDeps, place: Whisper, content: MessageContent): Promise<void> {
  const { channel, thread, user } = place
  const at = thread === undefined ? { channel } : { channel, thread_ts: thread }
  const noUnfurl = { unfurl_links: false, unfurl_media: false }
  try {
    if (channel.startsWith('D'))
      return void (await deps.webApi.call('chat.postMessage', { ...at, ...content, ...noUnfurl }, AnyResponse))
    if (thread === undefined || (await hasReplies(deps, channel, thread)))
      return void (await deps.webApi.call('chat.postEphemeral', { ...at, user, ...content }, AnyResponse))
  } catch (error) {
    deps.log.warn({ channel, why: errorChainOf(error) }, 'ephemeral message not posted')
  }
  await postDirectly(deps, user, content)
}

const Replies = z.object({ messages: z.array(z.unknown()) })

/** False where Slack does not say: a direct message is seen in any case. */
async function hasReplies({ webApi }: WhisperDeps, channel: string, thread: string): Promise<boolean> {
  try {
    const args = { channel, ts: thread, limit: 2 }
    return (await webApi.call('conversations.replies', args, Replies, 0)).messages.length > 1
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) throw error
    return false
  }
}

/** Posts to a person's direct messages, where nothing else could be shown. Never throws. */
export async function postDirectly(deps: WhisperDeps, user: string, content: MessageContent): Promise<void> {
  try {
    const channel = await deps.directMessageOf(user)
    if (channel !== undefined) await postInThread(deps, channel, undefined, content)
  } catch (error) {
    deps.log.warn({ user, why: errorChainOf(error) }, 'direct message not posted')
  }
}

export type FileUpload = { name: string; mimeType: string; data: Buffer }

/** Uploads a file to the thread. Throws AppError `slack_failed` if Slack returns no file id. */
export async function uploadFile(
  deps: WebApiDeps,
  { channel, threadTs }: ThreadAnchor,
  upload: FileUpload,
): Promise<AttachedFile> {
  const { name, mimeType, data } = upload
  const id = await postFile(deps, { channel, thread: threadTs }, upload)
  if (id === undefined) throw new AppError('slack_failed', `Slack did not keep the file ${name}. Please try again.`)
  return { id, name, mimeType, size: data.length }
}

/** The origin of a run that starts at `anchor`. */
export async function originOf(
  deps: WebApiDeps,
  { workspace, user }: Principal,
  anchor: ThreadAnchor,
): Promise<Origin> {
  const [{ team }, asker] = await Promise.all([deps.bot(), deps.people.askerOf(user)])
  const place = anchor.channel.startsWith('D') ? 'dm' : 'channel'
  return { door: 'slack', workspace, user, ...asker, ...anchor, place, teamId: team }
}

/** A submission is acknowledged when its run is stored, within 3 s: a server that is slower is asked by the run instead. */
export const READ_WITHIN_MS = 1_200

type StartRequest = Parameters<RunsDeps['runs']['start']>[0]

/**
 * Starts the run of `anchor`, then calls `stored`; returns where the run is. A request that was stored already, by an
 * earlier press, takes its message back.
 */
export async function startRunAt(
  { runs, webApi }: WebApiDeps & RunsDeps,
  anchor: ThreadAnchor,
  request: StartRequest,
  stored: () => Promise<void>,
): Promise<ThreadAnchor> {
  const { run, fresh } = await runs.start(request)
  await stored()
  if (fresh) return anchor
  await webApi.call('chat.delete', { channel: anchor.channel, ts: anchor.messageTs }, AnyResponse)
  return (await runs.state(run, request.origin.workspace))?.origin ?? anchor
}

/** A link to the message as mrkdwn, or the name of its conversation if Slack gives no permalink. */
export async function permalinkTextFor(
  { webApi }: Pick<WebApiDeps, 'webApi'>,
  { channel, messageTs }: Pick<ThreadAnchor, 'messageTs'> & { channel: string },
): Promise<string> {
  const link = await permalinkOf(webApi, channel, messageTs)
  if (link !== undefined) return `<${link}|Go there>`
  return channel.startsWith('D') ? 'It is in our direct messages.' : `It is in <#${channel}>.`
}

/** The place in words. */
export const placeTextFor = ({ channel, thread }: ReplyPlace): string => {
  if (channel === undefined || channel.startsWith('D')) return 'in our direct messages'
  return thread === undefined
    ? `in <#${channel}>, where everyone can read it`
    : 'in this thread, where everyone can read it'
}
