import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { ChannelId, type Principal } from '../../ids.ts'
import type { AttachedFile } from '../../run/state/attached-file.ts'
import type { Origin } from '../../run/state/origin.ts'
import type { MessageContent } from '../blocks/blocks.ts'
import type { ReplyPlace } from '../catalog/resources-list.ts'
import type { SlackDeps } from '../deps.ts'
import { isPermanentError } from '../web-api/web-api.ts'

/** Where something a person began goes on: a message of ours, and the thread it stands in or begins. */
export type ThreadAnchor = { channel: ChannelId; threadTs: string; messageTs: string }

const Posted = z.object({ ts: z.string() })
const Uploaded = z.object({
  files: z.array(z.object({ files: z.array(z.object({ id: z.string() })).optional(), id: z.string().optional() })),
})
const Permalink = z.object({ permalink: z.url() })

/** Says it where the person is, if the app may speak there; else in their direct messages. */
export async function anchorThread(
  deps: SlackDeps,
  by: Principal,
  spot: ReplyPlace,
  saying: MessageContent,
): Promise<ThreadAnchor> {
  const there = spot.channel === undefined ? undefined : await tryPost(deps, spot.channel, spot.thread, saying)
  if (there !== undefined) return there
  const channel = await deps.directMessageOf(by.user)
  if (channel === undefined)
    throw new AppError(
      'slack_failed',
      'I can’t post there or message you directly. Open my Messages tab and try again.',
    )
  return postInThread(deps, channel, undefined, saying)
}

async function tryPost(
  deps: SlackDeps,
  channel: string,
  thread: string | undefined,
  saying: MessageContent,
): Promise<ThreadAnchor | undefined> {
  try {
    return await postInThread(deps, channel, thread, saying)
  } catch (error) {
    if (!isPermanentError(error)) throw error
    return undefined
  }
}

/** In the thread, or as the beginning of one. Nothing in it is unfurled: the words may be a server's. */
export async function postInThread(
  deps: SlackDeps,
  channel: string,
  thread: string | undefined,
  saying: MessageContent,
): Promise<ThreadAnchor> {
  const place = thread === undefined ? { channel } : { channel, thread_ts: thread }
  const quiet = { unfurl_links: false, unfurl_media: false }
  const { ts } = await deps.webApi.call('chat.postMessage', { ...place, ...saying, ...quiet }, Posted)
  return { channel: ChannelId.parse(channel), threadTs: thread ?? ts, messageTs: ts }
}

export type FileUpload = { name: string; mimeType: string; data: Buffer }

/** Puts a file into the thread. */
export async function uploadFile(
  deps: SlackDeps,
  { channel, threadTs }: ThreadAnchor,
  sent: FileUpload,
): Promise<AttachedFile> {
  const { name, mimeType, data } = sent
  const args = { channel_id: channel, thread_ts: threadTs, file: data, filename: name, title: name }
  const { files } = await deps.webApi.call('files.uploadV2', args, Uploaded)
  const id = files[0]?.files?.[0]?.id ?? files[0]?.id
  if (id === undefined) throw new AppError('slack_failed', `Slack did not keep the file ${name}. Please try again.`)
  return { id, name, mimeType, size: data.length }
}

/** The origin of a run that begins there. */
export async function originOf(deps: SlackDeps, { workspace, user }: Principal, stand: ThreadAnchor): Promise<Origin> {
  const [{ team }, userName] = await Promise.all([deps.bot(), deps.people.nameOf(user)])
  const place = stand.channel.startsWith('D') ? 'dm' : 'channel'
  return { door: 'slack', workspace, user, userName, ...stand, place, teamId: team }
}

/** As a link where Slack gives one. */
export async function permalinkTextFor(deps: SlackDeps, { channel, messageTs }: ThreadAnchor): Promise<string> {
  try {
    const args = { channel, message_ts: messageTs }
    return `<${(await deps.webApi.call('chat.getPermalink', args, Permalink, 0)).permalink}|Go there>`
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return channel.startsWith('D') ? 'It is in our direct messages.' : `It is in <#${channel}>.`
  }
}

/** How a spot is spoken of. */
export const placeTextFor = ({ channel, thread }: ReplyPlace): string => {
  if (channel === undefined || channel.startsWith('D')) return 'in our direct messages'
  return thread === undefined
    ? `in <#${channel}>, where everyone can read it`
    : 'in this thread, where everyone can read it'
}
