import type { App } from '@slack/bolt'
import type { Watch } from '../connect/features/features.ts'
import { errorChainOf } from '../errors.ts'
import type { Principal } from '../ids.ts'
import type { Connection } from '../registry/connection.ts'
import { Anything, isHopeless } from './calls.ts'
import { contentsOf, postContents } from './content-files.ts'
import type { Deps } from './deps.ts'
import { connectionFor } from './lookups.ts'
import { onPress, type Press } from './press.ts'
import { post, type Stand, standAt } from './stand.ts'
import { section } from './views/blocks.ts'
import { type Picked, type Spot, sayChanged, sayRead, sayWatching } from './views/resources.ts'
import { inline, mention } from './views/text.ts'

/** The buttons below what is said of a watched resource. */
export function registerWatching(app: App, deps: Deps): void {
  onPress(app, deps, 'watch_read', (press) => readChanged(deps, press))
  onPress(app, deps, 'watch_stop', (press) => stop(deps, press))
}

/** Says in the thread that changes will be told there, and keeps it. */
export async function watchHere(
  deps: Deps,
  by: Principal,
  { id: connection, name: of }: Pick<Connection, 'id' | 'name'>,
  picked: Picked & Spot,
): Promise<Stand> {
  const { uri, name } = picked
  // The button needs the watch, and the watch needs the thread that this begins.
  const first = `:bell: ${mention(by.user)} wants to know when *${inline(name)}* changes.`
  const stand = await standAt(deps, by, picked, { text: first, blocks: [section(first)] })
  const { channel, threadTs, messageTs: ts } = stand
  try {
    const { id } = await deps.offering.watch(by, connection, { uri, name, channel, threadTs })
    await deps.calls.call('chat.update', { channel, ts, ...sayWatching(by.user, { name, of, id }) }, Anything)
  } catch (error) {
    await deps.calls.call('chat.delete', { channel, ts }, Anything)
    throw error
  }
  return stand
}

/** Tells a change where it is to be told. Never throws: a place that is gone ends the watch. */
export async function tellChanged(deps: Deps, watch: Watch): Promise<void> {
  const { id, name, connection, channel, threadTs } = watch
  try {
    const of = (await connectionFor(deps, watch, connection))?.name ?? 'a connection'
    await post(deps, channel, threadTs, sayChanged({ name, of, id }))
  } catch (error) {
    deps.log.warn({ watch: id, why: errorChainOf(error) }, 'change not told')
    if (isHopeless(error)) await deps.offering.unwatch(watch, id)
  }
}

async function readChanged(deps: Deps, { by, value, scene }: Press): Promise<void> {
  const watch = await deps.offering.watched(by, value)
  if (watch === undefined) {
    await scene.trouble('Only the person who asked for these updates can read it here, and only while I watch it.')
    return
  }
  const { channel, threadTs, connection, uri, name } = watch
  const of = (await connectionFor(deps, by, connection))?.name ?? ''
  const contents = await contentsOf(deps, by, { id: connection, name: of }, uri)
  const stand = await post(deps, channel, threadTs, sayRead(by.user, { uri, name, kind: '' }, of))
  await postContents(deps, stand, contents)
}

async function stop(deps: Deps, { by, value, message, scene }: Press): Promise<void> {
  const watch = await deps.offering.unwatch(by, value)
  if (watch === undefined) {
    await scene.trouble('That has ended already, or somebody else asked for it.')
    return
  }
  const text = `:no_bell: Okay, I will not tell you about changes to *${inline(watch.name)}* any more.`
  const saying = { text, blocks: [section(text)] }
  if (message) await deps.calls.call('chat.update', { channel: message.channel, ts: message.ts, ...saying }, Anything)
}
