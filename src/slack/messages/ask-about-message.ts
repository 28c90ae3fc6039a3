import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { ChannelId, type Principal } from '../../ids.ts'
import { AttachedFile } from '../../run/state/events.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { originOf, postInThread, startRunAt, type ThreadAnchor } from '../interactions/post-in-thread.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { askedAboutMessage } from './ask-about-form.ts'
import { fetchNames, mentionedUsersIn, plainTextOf } from './message-content.ts'
import { readThreadContext, type ThreadMessage } from './thread-context.ts'

/** The message a question is about, as the modal's metadata. */
export const AboutMessage = z.object({
  channel: ChannelId,
  ts: z.string(),
  thread: z.string().optional(),
  author: z.string().optional(),
  text: z.string(),
  files: z.array(AttachedFile).default([]),
})
export type AboutMessage = z.infer<typeof AboutMessage>

type Question = { by: Principal; about: AboutMessage; question: string; submissionId: string; stored(): Promise<void> }
/** Starts the run: its answer comes in the message's thread if the app may post there, else in the person's direct messages. */
export async function askAboutMessage(deps: WebApiDeps & RunsDeps, asked: Question): Promise<void> {
  const { by, about, question, submissionId } = asked
  const context = await readContext(deps, about)
  const anchor = (await tryPostInThread(deps, asked)) ?? (await postInDm(deps, asked))
  const request = {
    origin: await originOf(deps, by, anchor),
    text: question,
    context,
    files: about.files,
    dedupeKey: `${by.workspace}:ask_about:${submissionId}`,
  }
  // One modal starts one run, however often its submission arrives.
  await startRunAt(deps, anchor, request, asked.stored)
}

/** Undefined where the app may not post. */
async function tryPostInThread(deps: WebApiDeps, { by, about, question }: Question): Promise<ThreadAnchor | undefined> {
  const { channel, thread, ts } = about
  try {
    return await postInThread(deps, channel, thread ?? ts, askedAboutMessage(by.user, question, undefined))
  } catch (error) {
    const why = slackErrorCodeOf(error)
    if (why === undefined || why === 'ratelimited') throw error
    deps.log.debug({ channel, why }, 'asked about a message where the app may not post')
    return undefined
  }
}

async function postInDm(deps: WebApiDeps, { by, about, question }: Question): Promise<ThreadAnchor> {
  const channel = await deps.directMessageOf(by.user)
  if (channel === undefined)
    throw new AppError(
      'slack_failed',
      'I can’t post there or message you directly. Open my Messages tab and ask there.',
    )
  return postInThread(deps, channel, undefined, askedAboutMessage(by.user, question, about))
}

/** The thread up to the message, if the app may read it; else the message from the shortcut's payload. */
async function readContext(deps: WebApiDeps, about: AboutMessage): Promise<ThreadMessage[]> {
  const thread = about.thread ?? about.ts
  const earlier = await readThreadContext(deps, { channel: about.channel, thread, before: `${about.ts}5` })
  const hasNoText = about.text.trim() === ''
  const last = (hasNoText ? undefined : earlier.at(-1)) ?? (await threadMessageOf(deps, about))
  return [
    ...(hasNoText ? earlier : earlier.slice(0, -1)),
    { ...last, author: `${last.author} (the message the question is about)` },
  ]
}

async function threadMessageOf({ people }: WebApiDeps, { author, text }: AboutMessage): Promise<ThreadMessage> {
  const nameOf = await fetchNames(people, [...(author === undefined ? [] : [author]), ...mentionedUsersIn(text)])
  return { author: author === undefined ? 'an app' : nameOf(author), text: plainTextOf(text, nameOf) || '(files only)' }
}
