import type { Card } from '../../cards/card.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Connection } from '../../registry/connection.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AcceptedChanges, ToolChanges } from '../../registry/tool-changes.ts'
import { changesOf, isQuietChange } from './listed-changes.ts'

/** Keeps tools as their connection's owner accepted them; the database does so in each save of a listing. */
export type ToolPins = {
  /** Accepts exactly these changes of the person's own connection, or of `owner`'s where they may change that; undefined where it has others by now, or is gone. */
  accept(by: Principal, id: ConnectionId, accepted: AcceptedChanges, owner?: Principal): Promise<Connection | undefined>
  /** The registry, but that cards which vouch for their server accept what is quiet as soon as it is listed. */
  registry: Registry
  /** Accepts what the connection's card accepts by itself, and returns what is left of its changes. Never throws `not_found`. */
  settle(at: Pick<Connection, 'id' | 'workspace'>): Promise<Connection | undefined>
}

type ToolPinsDeps = { cards: Pick<Card, 'name' | 'vouches'>[]; registry: Registry; changes: ToolChanges; log: Log }

export function createToolPins({ cards, registry, changes, log }: ToolPinsDeps): ToolPins {
  const vouching = new Set(cards.filter(({ vouches }) => vouches).map(({ name }) => name))

  const settle: ToolPins['settle'] = async ({ id, workspace }) => {
    const connection = await registry.get(id, workspace)
    if (connection?.changes === undefined || !vouching.has(connection.card)) return connection
    const tools = changesOf(connection)
      .filter(isQuietChange)
      .map(({ name }) => name)
    if (tools.length === 0) return connection
    const { hash } = connection.changes
    const settled = await changes.accept(connection, id, { hash, tools }, `card ${connection.card}`)
    log.info(
      { connection: id, card: connection.card, workspace, tools: tools.length },
      'changed tools accepted by their card',
    )
    return settled ?? registry.get(id, workspace)
  }
  return {
    accept: (by, id, accepted, owner = by) => changes.accept(owner, id, accepted, by.user),
    registry: {
      ...registry,
      saveServerInfo: async (at, info) => {
        await registry.saveServerInfo(at, info)
        await settle(at)
      },
      replace: async (at, change) => {
        const replaced = await registry.replace(at, change)
        return (await settle(at)) ?? replaced
      },
    },
    settle,
  }
}
