import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import { ChannelId } from '../../ids.ts'
import { contextBlock, sectionBlock } from '../blocks/blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onDurablePress } from '../interactions/button-press.ts'

const Posted = z.object({ ts: z.string() })

/** The buttons that ask a card's starter questions: each begins a conversation in the person's direct messages. */
export function registerStarterQuestions(app: App, deps: SlackDeps): void {
  // A double click asks once.
  const asking = new Set<string>()
  onDurablePress(app, deps, 'starter_ask', async (press) => {
    const key = `${press.by.user} ${press.value}`
    if (asking.has(key)) return
    asking.add(key)
    try {
      await askInDm(deps, press)
    } finally {
      asking.delete(key)
    }
  })
}

/** Asks a question in the person's direct messages, where it stands as a message of its own. */
export async function askInDm(
  deps: SlackDeps,
  { by, value, scene }: Pick<BlockAction, 'by' | 'value' | 'scene'>,
): Promise<void> {
  const channel = await deps.directMessageOf(by.user)
  if (channel === undefined) {
    await scene.replyError('I cannot write to you directly. Open my Messages tab and ask me there.')
    return
  }
  const { team } = await deps.bot()
  const blocks = [sectionBlock(`*You asked:* ${escapeMrkdwn(value)}`)]
  const words = { text: `You asked: ${escapeMrkdwn(value)}`, blocks, unfurl_links: false, unfurl_media: false }
  const { ts } = await deps.webApi.call('chat.postMessage', { channel, ...words }, Posted)
  const place = { channel: ChannelId.parse(channel), threadTs: ts, messageTs: ts, place: 'dm' as const, teamId: team }
  const userName = await deps.people.nameOf(by.user)
  await deps.runs.start({
    origin: { door: 'slack', workspace: by.workspace, user: by.user, userName, ...place },
    text: value,
    dedupeKey: `${by.workspace}:${channel}:${ts}`,
  })
  const told = 'Asked. The answer comes in our direct messages.'
  const link = await linkTo(deps, channel, ts)
  const there = link === undefined ? told : `${told} <${link}|Go there>`
  // A modal gives its place to the answer, so that one press closes it; the message with the questions stays.
  const show = scene.channel === undefined ? scene.replace : scene.reply
  await show({ text: told, blocks: [sectionBlock(there), contextBlock(escapeMrkdwn(value))] }, 'Asked')
}

const Permalink = z.object({ permalink: z.url() })

/** Undefined when Slack does not say: it is asked already, and can be found without a link. */
async function linkTo({ webApi, log }: SlackDeps, channel: string, ts: string): Promise<string | undefined> {
  try {
    return (await webApi.call('chat.getPermalink', { channel, message_ts: ts }, Permalink, 0)).permalink
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    log.warn({ why: errorChainOf(error) }, 'no link to the message')
    return undefined
  }
}
