import type { App } from '@slack/bolt'
import { errorChainOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { ResourceSubscriptionRow } from '../../registry/resource-subscriptions.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, WebApiDeps } from '../deps.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import {
  anchorThread,
  askerTextFor,
  postDirectly,
  postInThread,
  type ReplyPlace,
  type ThreadAnchor,
} from '../interactions/post-in-thread.ts'
import { AnyResponse, isPermanentError } from '../web-api/web-api.ts'
import { postContents, readContents } from './post-contents.ts'
import { type PickedResource, readResourceMessage, resourceChangedMessage, watchingMessage } from './resources-list.ts'

/** Listens to the buttons of messages about a subscribed resource. */
export function registerResourceUpdates(app: App, deps: WebApiDeps & ConnectionDeps): void {
  onButtonPress(app, deps, 'watch_read', (press) => postChangedResource(deps, press))
  onDurablePress(app, deps, 'watch_stop', (press) => stopWatch(deps, press))
}

/**
 * Subscribes to a resource and posts a message in whose thread its changes are announced. Pressed again it leads to the thread that is
 * there, as Slack may have said that the first press failed.
 */
export async function watchResource(
  deps: WebApiDeps & ConnectionDeps,
  by: Principal,
  { id: connection, name: of }: Pick<Connection, 'id' | 'name'>,
  picked: PickedResource & ReplyPlace & Pick<BlockAction, 'ack'>,
): Promise<ThreadAnchor> {
  const { uri, name, ack } = picked
  // The button needs the subscription's id, and the subscription needs this message's thread.
  const anchor = await anchorThread(deps, by, picked, (who) => {
    const first = `:bell: ${who} asked to hear when *${escapeInlineMrkdwn(name)}* changes.`
    return { text: first, blocks: [sectionBlock(first)] }
  })
  const { channel, threadTs, messageTs: ts } = anchor
  const removeOwn = () => deps.webApi.call('chat.delete', { channel, ts }, AnyResponse)
  const adding = deps.features.watch(by, connection, { uri, name, channel, threadTs })
  const { id, ...watch } = await adding.catch(async (error: unknown) => {
    await removeOwn()
    throw error
  })
  await ack()
  if (watch.threadTs !== threadTs) {
    await removeOwn()
    return { channel: watch.channel, threadTs: watch.threadTs, messageTs: watch.threadTs }
  }
  await deps.webApi.call(
    'chat.update',
    { channel, ts, ...watchingMessage(askerTextFor(channel, by), { name, of, id }) },
    AnyResponse,
  )
  return anchor
}

/** Posts a change to the subscription's thread, and unsubscribes if the thread is gone. Never throws. */
export async function announceResourceChange(
  deps: WebApiDeps & ConnectionDeps,
  watch: ResourceSubscriptionRow,
): Promise<void> {
  const { id, name, connection, channel, threadTs } = watch
  try {
    const of = await findConnectionFor(deps, watch, connection)
    // A workspace connection, and whoever watches is no owner any more.
    if (of === undefined) return await endWatch(deps, watch, 'You may no longer change that workspace connection')
    await postInThread(deps, channel, threadTs, resourceChangedMessage({ name, of: of.name, id }))
  } catch (error) {
    deps.log.warn({ watch: id, why: errorChainOf(error) }, 'resource change not announced')
    if (isPermanentError(error)) await endWatch(deps, watch, 'I cannot post in the thread any more where you wanted it')
  }
}

/** Ends a subscription whose changes cannot be posted any more, and tells its person once. */
async function endWatch(deps: WebApiDeps & ConnectionDeps, watch: ResourceSubscriptionRow, why: string): Promise<void> {
  if ((await deps.features.unwatch(watch, watch.id)) === undefined) return
  const name = escapeInlineMrkdwn(watch.name)
  const text = `${why}, so I stopped watching *${name}*.`
  await postDirectly(deps, watch.user, { text, blocks: [sectionBlock(text)] })
}

async function postChangedResource(
  deps: WebApiDeps & ConnectionDeps,
  { by, value, responder }: BlockAction,
): Promise<void> {
  const watch = await deps.features.watched(by, value)
  if (watch === undefined) {
    await responder.replyError(
      'Only the person who asked for these updates can read it here, and only while I watch it.',
    )
    return
  }
  const { channel, threadTs, connection, uri, name } = watch
  const of = (await findConnectionFor(deps, by, connection))?.name ?? ''
  const contents = await readContents(deps, by, { id: connection, name: of }, uri)
  const anchor = await postInThread(
    deps,
    channel,
    threadTs,
    readResourceMessage(askerTextFor(channel, by), { uri, name, kind: '' }, of),
  )
  await postContents(deps, anchor, contents)
}

async function stopWatch(
  deps: WebApiDeps & ConnectionDeps,
  { by, value, message, responder, ack }: BlockAction,
): Promise<void> {
  const watch = await deps.features.unwatch(by, value)
  await ack()
  if (watch === undefined) {
    await responder.replyError('That has ended already, or somebody else asked for it.')
    return
  }
  const text = `:no_bell: Okay, I will not tell you about changes to *${escapeInlineMrkdwn(watch.name)}* any more.`
  const content = { text, blocks: [sectionBlock(text)] }
  if (message)
    await deps.webApi.call('chat.update', { channel: message.channel, ts: message.ts, ...content }, AnyResponse)
}
