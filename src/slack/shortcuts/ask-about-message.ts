import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { ChannelId, type Principal } from '../../ids.ts'
import { AttachedFile } from '../../run/state/events.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { originOf, postInThread, startRunAt, type ThreadAnchor } from '../interactions/post-in-thread.ts'
import { ABOUT } from '../messages/thread-context.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { askedAboutMessage } from './ask-about-form.ts'

/** The message a question is about, as the modal's metadata. */
export const AboutMessage = z.object({
  channel: ChannelId,
  ts: z.string(),
  thread: z.string().optional(),
  /** A person's id; else the name of an app. */
  author: z.string().optional(),
  app: z.string().optional(),
  text: z.string(),
  /** It is read again where the app may: it stands in a thread, or is more than its text here. */
  isPart: z.boolean().default(false),
  files: z.array(AttachedFile).default([]),
})
export type AboutMessage = z.infer<typeof AboutMessage>

type Question = { by: Principal; about: AboutMessage; question: string; submissionId: string; stored(): Promise<void> }
/** Starts the run: its answer comes in the message's thread if the app may post there, else in the person's direct messages. */
export async function askAboutMessage(deps: WebApiDeps & RunsDeps, asked: Question): Promise<void> {
  const { by, about, question, submissionId } = asked
  const anchor = (await tryPostInThread(deps, asked)) ?? (await postInDm(deps, asked))
  const request = {
    origin: await originOf(deps, by, anchor),
    text: question,
    context: [await threadMessageOf(deps, about)],
    ...(about.isPart && { earlier: rangeOf(about) }),
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

/** The thread up to the message. */
const rangeOf = ({ channel, thread, ts }: AboutMessage) => ({ channel, thread: thread ?? ts, before: ts, about: ts })

/** The message as the shortcut's payload has it. */
async function threadMessageOf({ people }: WebApiDeps, { author, app, text, files }: AboutMessage) {
  const name = author === undefined ? (app ?? 'an app') : await people.nameOf(author)
  const words = [text.trim(), ...files.map((file) => `[file ${file.name}]`)].filter(Boolean).join('\n')
  return { author: `${name} ${ABOUT}`, text: words || '(nothing that can be read)' }
}
