import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { ChannelId, type Principal } from '../../ids.ts'
import { AttachedFile } from '../../run/state/attached-file.ts'
import type { MessageContent } from '../blocks/blocks.ts'
import type { SlackDeps } from '../deps.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { askedAboutMessage } from './ask-about-form.ts'
import { mentionedUsersIn, plainTextOf } from './message-text.ts'
import { readThreadContext, type ThreadMessage } from './thread-context.ts'

/** The message a question is about, as the modal carries it along. */
export const AboutMessage = z.object({
  channel: ChannelId,
  ts: z.string(),
  thread: z.string().optional(),
  author: z.string().optional(),
  text: z.string(),
  files: z.array(AttachedFile).default([]),
})
export type AboutMessage = z.infer<typeof AboutMessage>

type Question = { by: Principal; about: AboutMessage; question: string; viewId: string }
type Place = { channel: ChannelId; threadTs: string; messageTs: string }

const Posted = z.object({ ts: z.string() })

/** Starts the run: its answer comes in the message's thread if the app may speak there, else in the person's direct messages. */
export async function askAboutMessage(deps: SlackDeps, asked: Question): Promise<void> {
  const { by, about, question, viewId } = asked
  // One modal asks once, however often its submission arrives.
  if (await deps.runs.seen(`ask_about:${viewId}`)) return
  const context = await contextOf(deps, about)
  const place = (await inThread(deps, asked)) ?? (await inDm(deps, asked))
  const { team } = await deps.bot()
  const userName = await deps.people.nameOf(by.user)
  await deps.runs.start({
    origin: {
      door: 'slack',
      workspace: by.workspace,
      user: by.user,
      userName,
      ...place,
      place: place.channel.startsWith('D') ? 'dm' : 'channel',
      teamId: team,
    },
    text: question,
    context,
    files: about.files,
    dedupeKey: `${by.workspace}:ask_about:${viewId}`,
  })
}

/** Undefined where the app may not speak. */
async function inThread(deps: SlackDeps, { by, about, question }: Question): Promise<Place | undefined> {
  const threadTs = about.thread ?? about.ts
  try {
    const messageTs = await post(
      deps,
      { channel: about.channel, thread_ts: threadTs },
      askedAboutMessage(by.user, question, undefined),
    )
    return { channel: about.channel, threadTs, messageTs }
  } catch (error) {
    const why = slackErrorCodeOf(error)
    if (why === undefined || why === 'ratelimited') throw error
    deps.log.debug({ channel: about.channel, why }, 'asked about a message where the app may not speak')
    return undefined
  }
}

async function inDm(deps: SlackDeps, { by, about, question }: Question): Promise<Place> {
  const channel = await deps.directMessageOf(by.user)
  if (channel === undefined)
    throw new AppError(
      'slack_failed',
      'I can’t post there or message you directly. Open my Messages tab and ask there.',
    )
  const ts = await post(deps, { channel }, askedAboutMessage(by.user, question, about))
  return { channel: ChannelId.parse(channel), threadTs: ts, messageTs: ts }
}

async function post(
  { webApi }: SlackDeps,
  place: { channel: string; thread_ts?: string },
  saying: MessageContent,
): Promise<string> {
  const quiet = { unfurl_links: false, unfurl_media: false }
  return (await webApi.call('chat.postMessage', { ...place, ...saying, ...quiet }, Posted)).ts
}

/** The thread as far as the message, where the app may read it; else the message as it came with the shortcut. */
async function contextOf(deps: SlackDeps, about: AboutMessage): Promise<ThreadMessage[]> {
  const thread = about.thread ?? about.ts
  const earlier = await readThreadContext(deps, { channel: about.channel, thread, before: `${about.ts}5` })
  const silent = about.text.trim() === ''
  const last = (silent ? undefined : earlier.at(-1)) ?? (await asSaid(deps, about))
  return [
    ...(silent ? earlier : earlier.slice(0, -1)),
    { ...last, author: `${last.author} (the message the question is about)` },
  ]
}

async function asSaid({ people }: SlackDeps, { author, text }: AboutMessage): Promise<ThreadMessage> {
  const users = [...new Set([...(author === undefined ? [] : [author]), ...mentionedUsersIn(text)])]
  const names = new Map(await Promise.all(users.map(async (user) => [user, await people.nameOf(user)] as const)))
  const nameOf = (user: string) => names.get(user) ?? 'somebody'
  return { author: author === undefined ? 'an app' : nameOf(author), text: plainTextOf(text, nameOf) || '(files only)' }
}
