import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { AppInfo, Person, Room } from './people.ts'
import type { Place } from './place.ts'
import type { Json } from './read.ts'

/** Whose seat this is, who else is there, and the ways to act. */
export type Desk = {
  me: Person
  people: Person[]
  rooms: Room[]
  app: AppInfo
  place: Place
  go(place: Place): void
  /** Does something in the workspace as this person; what goes wrong is shown, and answered with undefined. */
  act(path: string, body: Json): Promise<Json | undefined>
  say(trouble: string): void
  /** What last went wrong, until it is read or something else is done. */
  trouble: string
}

const DeskContext = createContext<Desk | undefined>(undefined)
export const DeskProvider = DeskContext.Provider

export function useDesk(): Desk {
  const desk = useContext(DeskContext)
  if (desk === undefined) throw new TypeError('a part of the page stands outside of the desk')
  return desk
}

/** Where blocks stand: what their buttons do, and for a form what stands in its fields. */
export type Surface = {
  kind: 'message' | 'modal' | 'home'
  press(element: Json, blockId: string, value?: unknown): Promise<void>
  suggest(actionId: string, typed: string): Promise<Json[]>
  form: Form
}

export type Form = {
  value(blockId: string, element: Json): unknown
  change(blockId: string, element: Json, value: unknown): void
  errors: Record<string, string>
}

const SurfaceContext = createContext<Surface | undefined>(undefined)
export const SurfaceProvider = SurfaceContext.Provider

export function useSurface(): Surface {
  const surface = useContext(SurfaceContext)
  if (surface === undefined) throw new TypeError('blocks stand outside of a surface')
  return surface
}
