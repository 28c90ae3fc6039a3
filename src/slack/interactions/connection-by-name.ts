import type { Connection } from '../../registry/connection.ts'
import { noSuchConnectionMessage } from '../connections/connections-message.ts'
import type { SlackDeps } from '../deps.ts'
import { nearestWordTo } from './nearest-word.ts'
import type { Responder } from './responder.ts'

/** The person's connection by that name; when there is none they are told, with the nearest one as a button. */
export async function findNamedConnection(
  deps: SlackDeps,
  scene: Responder,
  name: string,
  command: string,
): Promise<Connection | undefined> {
  const found = await deps.registry.find(scene.by, name)
  if (found) return found
  const all = await deps.registry.connectionsOf(scene.by)
  const near = nearestWordTo(
    name,
    all.map((one) => one.name),
  )
  await scene.reply(noSuchConnectionMessage(name, command, near), 'Not found')
  return undefined
}
