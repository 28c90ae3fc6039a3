import type { Connection } from '../../registry/connection.ts'
import type { Deps } from '../deps.ts'
import { nearest } from '../nearest.ts'
import type { Scene } from '../scene.ts'
import { sayNoSuchConnection } from '../views/connections.ts'

/** The person's connection by that name; when there is none they are told, with the nearest one as a button. */
export async function named(deps: Deps, scene: Scene, name: string, command: string): Promise<Connection | undefined> {
  const found = await deps.registry.find(scene.by, name)
  if (found) return found
  const all = await deps.registry.connectionsOf(scene.by)
  const near = nearest(
    name,
    all.map((one) => one.name),
  )
  await scene.say(sayNoSuchConnection(name, command, near), 'Not found')
  return undefined
}
