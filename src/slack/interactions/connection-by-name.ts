import type { Connection } from '../../registry/connection.ts'
import { truncate } from '../../text.ts'
import { actionsBlock, createCommandButton, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps } from '../deps.ts'
import { findNearestWord } from './nearest-word.ts'
import type { Responder } from './responder.ts'

/** The person's connection of that name; if there is none, replies so, with the nearest name as a button, and returns undefined. */
export async function findNamedConnection(
  deps: ConnectionDeps,
  responder: Responder,
  name: string,
  command: string,
): Promise<Connection | undefined> {
  const found = await deps.registry.find(responder.by, name)
  if (found) return found
  const all = await deps.registry.connectionsOf(responder.by)
  const near = findNearestWord(
    name,
    all.map((one) => one.name),
  )
  await responder.reply(noSuchConnectionMessage(name, command, near), 'Not found')
  return undefined
}

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
