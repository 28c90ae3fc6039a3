import { AppError } from '../../src/errors.ts'
import type { Connection } from '../../src/registry/connection.ts'
import type { Registry } from '../../src/registry/registry.ts'

/** A registry without a database, for the rooms above it. `rows` is all it holds. */
export function createMemoryRegistry(): Omit<Registry, 'get'> & {
  get(id: string): Promise<Connection | undefined>
  rows: Map<string, Connection>
} {
  const rows = new Map<string, Connection>()
  const leases = new Map<string, string>()
  const change = async (id: string, to: Partial<Connection>): Promise<Connection> => {
    const row = rows.get(id)
    if (row === undefined) throw new AppError('not_found', 'There is no such connection.')
    const changed = { ...row, ...structuredClone(to) }
    rows.set(id, changed)
    return changed
  }
  const of = (p: { workspace: string; user: string }) =>
    [...rows.values()]
      .filter((row) => row.workspace === p.workspace && row.user === p.user)
      .toSorted((a, b) => a.name.localeCompare(b.name))
  const named = (p: { workspace: string; user: string }, name: string) =>
    of(p).find((row) => row.name.toLowerCase() === name.toLowerCase())
  return {
    rows,
    connectionsOf: async (p) => of(p),
    find: async (p, name) => named(p, name),
    get: async (id) => rows.get(id),
    add: async (c, limit) => {
      if (named(c, c.name) !== undefined) throw new AppError('name_taken', 'That name is taken.')
      if (of(c).length >= limit) throw new AppError('limit_reached', 'There are too many connections.')
      const now = new Date()
      const row: Connection = {
        ...structuredClone(c),
        status: 'connected',
        statusReason: undefined,
        eraAt: now,
        createdAt: now,
        lastUsed: undefined,
        usageCount: 0,
      }
      rows.set(c.id, row)
      return row
    },
    replace: ({ id }, to) => change(id, { ...to, status: 'connected', statusReason: undefined, eraAt: new Date() }),
    saved: async (_principal, id) => rows.get(id),
    setStatus: async ({ id }, status, reason) => void (await change(id, { status, statusReason: reason })),
    saveServerInfo: async ({ id }, learned) => void (await change(id, learned)),
    saveFeatures: async ({ id }, offers) => void (await change(id, { offers })),
    saveEra: async ({ id }, era) => void (await change(id, { era, eraAt: new Date() })),
    lease: async (id, holder) => {
      if (leases.has(id)) return false
      leases.set(id, holder)
      return true
    },
    releaseLease: async (id, holder) => {
      if (leases.get(id) === holder) leases.delete(id)
    },
    remove: async (p, id) => {
      const row = of(p).find((one) => one.id === id)
      if (row !== undefined) rows.delete(id)
      return row
    },
    connectionsIn: async (workspace) => [...rows.values()].filter((row) => row.workspace === workspace),
    forgetAll: async (by) => {
      const gone = [...rows.values()].filter((row) => row.workspace === by.workspace)
      for (const { id } of gone) rows.delete(id)
      return gone
    },
  }
}
