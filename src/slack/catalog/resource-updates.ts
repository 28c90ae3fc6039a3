import type { App } from '@slack/bolt'
import type { Watch } from '../../connect/features/features.ts'
import { errorChainOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import { escapeInlineMrkdwn, mentionOf } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onButtonPress } from '../interactions/button-press.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { anchorThread, postInThread, type ThreadAnchor } from '../interactions/post-in-thread.ts'
import { AnyResponse, isPermanentError } from '../web-api/web-api.ts'
import { postContents, readContents } from './post-contents.ts'
import {
  type PickedResource,
  type ReplyPlace,
  readResourceMessage,
  resourceChangedMessage,
  watchingMessage,
} from './resources-list.ts'

/** The buttons below what is said of a watched resource. */
export function registerResourceUpdates(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'watch_read', (press) => readChanged(deps, press))
  onButtonPress(app, deps, 'watch_stop', (press) => stop(deps, press))
}

/** Says in the thread that changes will be told there, and keeps it. */
export async function watchResource(
  deps: SlackDeps,
  by: Principal,
  { id: connection, name: of }: Pick<Connection, 'id' | 'name'>,
  picked: PickedResource & ReplyPlace,
): Promise<ThreadAnchor> {
  const { uri, name } = picked
  // The button needs the watch, and the watch needs the thread that this begins.
  const first = `:bell: ${mentionOf(by.user)} wants to know when *${escapeInlineMrkdwn(name)}* changes.`
  const stand = await anchorThread(deps, by, picked, { text: first, blocks: [sectionBlock(first)] })
  const { channel, threadTs, messageTs: ts } = stand
  try {
    const { id } = await deps.offering.watch(by, connection, { uri, name, channel, threadTs })
    await deps.webApi.call('chat.update', { channel, ts, ...watchingMessage(by.user, { name, of, id }) }, AnyResponse)
  } catch (error) {
    await deps.webApi.call('chat.delete', { channel, ts }, AnyResponse)
    throw error
  }
  return stand
}

/** Tells a change where it is to be told. Never throws: a place that is gone ends the watch. */
export async function announceResourceChange(deps: SlackDeps, watch: Watch): Promise<void> {
  const { id, name, connection, channel, threadTs } = watch
  try {
    const of = (await findConnectionFor(deps, watch, connection))?.name ?? 'a connection'
    await postInThread(deps, channel, threadTs, resourceChangedMessage({ name, of, id }))
  } catch (error) {
    deps.log.warn({ watch: id, why: errorChainOf(error) }, 'change not told')
    if (isPermanentError(error)) await deps.offering.unwatch(watch, id)
  }
}

async function readChanged(deps: SlackDeps, { by, value, scene }: BlockAction): Promise<void> {
  const watch = await deps.offering.watched(by, value)
  if (watch === undefined) {
    await scene.replyError('Only the person who asked for these updates can read it here, and only while I watch it.')
    return
  }
  const { channel, threadTs, connection, uri, name } = watch
  const of = (await findConnectionFor(deps, by, connection))?.name ?? ''
  const contents = await readContents(deps, by, { id: connection, name: of }, uri)
  const stand = await postInThread(deps, channel, threadTs, readResourceMessage(by.user, { uri, name, kind: '' }, of))
  await postContents(deps, stand, contents)
}

async function stop(deps: SlackDeps, { by, value, message, scene }: BlockAction): Promise<void> {
  const watch = await deps.offering.unwatch(by, value)
  if (watch === undefined) {
    await scene.replyError('That has ended already, or somebody else asked for it.')
    return
  }
  const text = `:no_bell: Okay, I will not tell you about changes to *${escapeInlineMrkdwn(watch.name)}* any more.`
  const saying = { text, blocks: [sectionBlock(text)] }
  if (message)
    await deps.webApi.call('chat.update', { channel: message.channel, ts: message.ts, ...saying }, AnyResponse)
}
