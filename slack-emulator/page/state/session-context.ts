import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { PageLocation } from './location.ts'
import type { AppInfo, ChannelInfo, GroupInfo, PersonInfo } from './people.ts'
import type { JsonRecord } from './read-json.ts'

/** The person whose page this is, the workspace, and how to act in it. */
export type SessionContext = {
  me: PersonInfo
  people: PersonInfo[]
  /** Bots, and people who left; they can be named, but do nothing. */
  others: PersonInfo[]
  groups: GroupInfo[]
  channels: ChannelInfo[]
  app: AppInfo
  location: PageLocation
  go(place: PageLocation): void
  /** Acts as this person; shows an error and returns undefined if it fails. */
  act(path: string, body: JsonRecord): Promise<JsonRecord | undefined>
  showError(text: string): void
  /** The last error, until it is dismissed or something else is done. */
  error: string
}

const SessionReactContext = createContext<SessionContext | undefined>(undefined)
export const SessionProvider = SessionReactContext.Provider

export function useSessionContext(): SessionContext {
  const session = useContext(SessionReactContext)
  if (session === undefined) throw new TypeError('a part of the page stands outside of the session')
  return session
}

/** The surface of blocks: what their buttons do, and the values of their fields. */
export type Surface = {
  kind: 'message' | 'modal' | 'home'
  press(element: JsonRecord, blockId: string, value?: unknown): Promise<void>
  suggest(actionId: string, typed: string): Promise<JsonRecord[]>
  form: FormState
}

export type FormState = {
  value(blockId: string, element: JsonRecord): unknown
  change(blockId: string, element: JsonRecord, value: unknown): void
  errors: Record<string, string>
}

const SurfaceContext = createContext<Surface | undefined>(undefined)
export const SurfaceProvider = SurfaceContext.Provider

export function useSurface(): Surface {
  const surface = useContext(SurfaceContext)
  if (surface === undefined) throw new TypeError('blocks stand outside of a surface')
  return surface
}
