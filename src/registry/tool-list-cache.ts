import type { Principal } from '../ids.ts'
import type { StoredTool } from './connection.ts'

/** Tools by the stamp the database gives them; the same stamp means the same tools. */
type ByStamp = ReadonlyMap<string, StoredTool[]>

/** People whose tools are kept; each asks several times a minute while at work. */
const KEPT_PEOPLE = 200

/** Tool lists are large and seldom change, so those read before are not read and checked again for every turn and call. */
export function createToolListCache() {
  const people = new Map<string, ByStamp>()
  const keyOf = ({ workspace, user }: Principal): string => `${workspace} ${user}`
  return {
    of: (principal: Principal): ByStamp => people.get(keyOf(principal)) ?? new Map(),
    keep(principal: Principal, tools: ByStamp): void {
      const key = keyOf(principal)
      people.delete(key)
      people.set(key, tools)
      const [oldest] = people.keys()
      if (people.size > KEPT_PEOPLE && oldest !== undefined) people.delete(oldest)
    },
  }
}
