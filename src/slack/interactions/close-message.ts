import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { AnyResponse, slackErrorCodeOf } from '../web-api/web-api.ts'
import type { BlockAction } from './interaction.ts'

type Deps = Pick<WebApiDeps, 'webApi' | 'log'> & RunsDeps

/** The message that a button was pressed in, and whether it is one of those that show the run in its channel. */
async function pressedIn({ runs }: RunsDeps, { message }: BlockAction, run: RunId | undefined) {
  if (message === undefined || message.ephemeral) return undefined
  const there = run === undefined ? [] : await runs.shown.of(run)
  const shown = there.filter(({ channel }) => channel === message.channel)
  const key = shown.find(({ ts }) => ts === message.ts)?.key
  return { message, key, isCopy: key === undefined && shown.length > 0 }
}

/**
 * Puts right a message whose button has nothing left to do: a copy, which stayed when an answer of Slack was lost, is deleted, and
 * another shows `contentOf` its key, or its words alone. False if it was gone already. Never throws.
 */
export async function closeMessage(
  deps: Deps,
  press: BlockAction,
  run: RunId | undefined,
  contentOf: (key: string | undefined) => MessageContent | undefined,
): Promise<boolean> {
  try {
    const pressed = await pressedIn(deps, press, run)
    if (pressed === undefined) return true
    const { message, key, isCopy } = pressed
    const { channel, ts } = message
    const content = isCopy ? undefined : (contentOf(key) ?? wordsOf(message))
    if (content === undefined) await deps.webApi.call('chat.delete', { channel, ts }, AnyResponse)
    else await deps.webApi.call('chat.update', { channel, ts, ...content }, AnyResponse)
    return true
  } catch (error) {
    deps.log.warn({ run, why: errorChainOf(error) }, 'message not closed')
    return slackErrorCodeOf(error) !== 'message_not_found'
  }
}

/** Shows what was decided on a card that has no record: the others are edited with their run. Never throws. */
export async function showOnUnknownMessage(
  deps: Deps,
  press: BlockAction,
  run: RunId,
  content: MessageContent,
): Promise<void> {
  try {
    const pressed = await pressedIn(deps, press, run)
    if (pressed === undefined || pressed.key !== undefined) return
    const { channel, ts } = pressed.message
    await deps.webApi.call('chat.update', { channel, ts, ...content }, AnyResponse)
  } catch (error) {
    deps.log.warn({ run, why: errorChainOf(error) }, 'card not updated')
  }
}

/** Of a run that is no longer kept; undefined where there are no words. */
const wordsOf = ({ text }: { text: string }): MessageContent | undefined =>
  text === '' ? undefined : { text, blocks: [] }
