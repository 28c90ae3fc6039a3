import { distance } from 'fastest-levenshtein'
import { ConnectionId } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { truncate } from '../../text.ts'
import { actionsBlock, createCommandButton, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps } from '../deps.ts'
import type { Responder } from './interaction.ts'

/**
 * The person's connection of that name, or by its id one that they may change. If there is none, replies so, with the nearest name as a
 * button, and returns undefined.
 */
export async function findNamedConnection(
  deps: ConnectionDeps,
  responder: Responder,
  name: string,
  command: string,
): Promise<Connection | undefined> {
  const { data: id } = ConnectionId.safeParse(name)
  const { by } = responder
  const found = await (id === undefined ? deps.registry.find(by, name) : deps.connect.managed(by, id))
  if (found) return found
  if (id !== undefined) {
    await responder.replyError(GONE)
    return undefined
  }
  const shared = (await deps.connect.usable(by)).find(
    (one) => one.shared && one.name.toLowerCase() === name.toLowerCase(),
  )
  const managed = shared && (await deps.connect.managed(by, shared.id))
  if (managed) return managed
  if (shared) {
    await responder.replyError(
      `*${escapeMrkdwn(shared.name)}* is a workspace connection. You can use it, and only owners can change it.`,
    )
    return undefined
  }
  const all = await deps.registry.connectionsOf(responder.by)
  const near = findNearestWord(
    name,
    all.map((one) => one.name),
  )
  await responder.reply(noSuchConnectionMessage(name, command, near), 'Not found')
  return undefined
}

/** Buttons of a workspace connection send its id. */
const GONE = 'This connection is gone, or you may no longer change it. `/mcp list` shows what you have.'

export function noSuchConnectionMessage(name: string, command: string, near: string | undefined): MessageContent {
  const hint = near === undefined ? '' : ` Did you mean *${escapeMrkdwn(near)}*?`
  const text = `You have no connection called "${truncate(name, 60)}".`
  return {
    text: `${text}${near === undefined ? '' : ` Did you mean ${near}?`}`,
    blocks: [
      sectionBlock(`${escapeMrkdwn(text)}${hint}`),
      actionsBlock([
        ...(near === undefined
          ? []
          : [createCommandButton(`Yes, ${command} ${near}`, `${command} ${near}`, 'primary')]),
        createCommandButton('My connections', 'list'),
      ]),
    ],
  }
}

/** The known word a person most likely meant: the start of one, or one a typo or two away; undefined when none is near. */
export function findNearestWord(word: string, known: string[]): string | undefined {
  const meant = word.toLowerCase()
  const begins = known.filter((one) => meant.length >= 2 && one.toLowerCase().startsWith(meant))
  if (begins.length === 1) return begins[0]
  const ranked = known.map((one) => ({ one, far: distance(meant, one.toLowerCase()) })).sort((a, b) => a.far - b.far)
  const [best] = ranked
  return best && best.far <= Math.max(1, Math.floor(meant.length / 3)) + 1 && best.far < best.one.length
    ? best.one
    : undefined
}
