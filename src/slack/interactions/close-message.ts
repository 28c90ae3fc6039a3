import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { AnyResponse, slackErrorCodeOf } from '../web-api/web-api.ts'
import type { BlockAction } from './interaction.ts'
import type { PressedMessage } from './pressed-message.ts'

type Deps = Pick<WebApiDeps, 'webApi' | 'log'> & RunsDeps

/** Which message of a run the pressed button says it is in. */
type Named = { run: RunId | undefined; key?: string | undefined }

type PressedPlace = Pick<PressedMessage, 'channel' | 'ts' | 'ephemeral'>

/** The message that a button was pressed in. It is a copy only where another one stands recorded by the same key: any other may be shown before its record. */
async function pressedIn<M extends PressedPlace>(
  { runs }: RunsDeps,
  message: M | undefined,
  { run, key: named }: Named,
) {
  if (message === undefined || message.ephemeral) return undefined
  const there = run === undefined ? [] : await runs.shown.of(run)
  const shown = there.filter(({ channel }) => channel === message.channel)
  const recorded = shown.find(({ ts }) => ts === message.ts)?.key
  const isCopy = recorded === undefined && shown.some(({ key }) => key === named)
  return { message, recorded, key: recorded ?? named, isCopy }
}

/**
 * Puts right a message whose button has nothing left to do: a copy, which stayed when an answer of Slack was lost, is deleted, and
 * another shows `contentOf` its key, or what it shows without its buttons. False if it was gone already. Never throws.
 */
export async function closeMessage(
  deps: Deps,
  press: BlockAction,
  named: Named,
  contentOf: (key: string | undefined) => MessageContent | undefined,
): Promise<boolean> {
  try {
    const pressed = await pressedIn(deps, press.message, named)
    if (pressed === undefined) return true
    const { message, key, isCopy } = pressed
    const { channel, ts } = message
    const content = contentOf(key) ?? withoutButtons(message)
    if (isCopy) await deps.webApi.call('chat.delete', { channel, ts }, AnyResponse)
    else await deps.webApi.call('chat.update', { channel, ts, ...content }, AnyResponse)
    return true
  } catch (error) {
    deps.log.warn({ run: named.run, why: errorChainOf(error) }, 'message not closed')
    return slackErrorCodeOf(error) !== 'message_not_found'
  }
}

/** Shows what was decided on a card that has no record: the others are edited with their run. Never throws. */
export async function showOnUnknownMessage(
  deps: Deps,
  message: PressedPlace | undefined,
  run: RunId,
  content: MessageContent,
): Promise<void> {
  try {
    const pressed = await pressedIn(deps, message, { run })
    if (pressed === undefined || pressed.recorded !== undefined) return
    const { channel, ts } = pressed.message
    await deps.webApi.call('chat.update', { channel, ts, ...content }, AnyResponse)
  } catch (error) {
    deps.log.warn({ run, why: errorChainOf(error) }, 'card not updated')
  }
}

/** For a message of which nothing is kept. */
function withoutButtons({ text, blocks }: PressedMessage) {
  const left = blocks.filter(({ type }) => type !== 'actions')
  return { text: text || (left.length > 0 ? '' : 'This has ended.'), blocks: left }
}
