import type { Card } from '../../cards/card.ts'
import { AppError } from '../../errors.ts'
import type { Catalogue } from '../../registry/catalogue.ts'
import type { Connection } from '../../registry/connection.ts'
import type { RegistryEntry } from '../../registry/entry.ts'
import { cardOfConnection, createEntryCard, entryNameIn } from './card-from-entry.ts'

/** A card that can be connected now, and the registry entry it was made from, if it was. */
export type ConnectableCard = { card: Card; entry?: RegistryEntry }

export type ConnectableCards = {
  /** By a card's name, or an entry's with or without its version: another version than the one there is now is none. */
  find(name: string): Promise<ConnectableCard | undefined>
  /** The card a connection was made from; entries stay with their connections. */
  cardOf(connection: Pick<Connection, 'card' | 'entry'>): Card | undefined
  /** The same as `offer` and `behind`, throwing `card_unknown`. */
  get(name: string): Promise<ConnectableCard>
  getCardOf(connection: Pick<Connection, 'card' | 'entry'>): Card
}

/** Our own cards and, where a registry is mirrored, its entries. */
export function createConnectableCards(cards: Card[], catalogue: Pick<Catalogue, 'get'> | undefined): ConnectableCards {
  const byName = new Map(cards.map((card) => [card.name, card]))
  const offer = async (name: string): Promise<ConnectableCard | undefined> => {
    const entryName = entryNameIn(name)
    if (entryName === undefined) {
      const card = byName.get(name)
      return card && { card }
    }
    const row = await catalogue?.get(entryName)
    if (row === undefined) return undefined
    const card = createEntryCard(row.entry)
    return name === entryName || name === card.name ? { card, entry: row.entry } : undefined
  }
  const behind = (connection: Pick<Connection, 'card' | 'entry'>) => cardOfConnection(connection, byName)
  return {
    find: offer,
    cardOf: behind,
    get: async (name) => (await offer(name)) ?? unknown(name),
    getCardOf: (connection) => behind(connection) ?? unknown(connection.card),
  }
}

function unknown(name: string): never {
  throw new AppError(
    'card_unknown',
    entryNameIn(name) === undefined
      ? `There is no service called "${name}". See those there are with /mcp connect.`
      : 'The registry lists this server differently now, or not any more. Search for it again: /mcp search.',
  )
}
