import type { Card, CardInput } from '../../cards/card.ts'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { Catalogue } from '../../registry/catalogue.ts'
import type { Connection } from '../../registry/connection.ts'
import type { RegistryEntry } from '../../registry/entry.ts'
import { isOwnCardName, type OwnCards, ownCardSlugOf } from '../../registry/own-cards.ts'
import { serviceNameOf } from './read-registry-entry.ts'

/** A card that can be connected now, and the registry entry it was made from, if it was. */
export type ConnectableCard = { card: Card; entry?: RegistryEntry }

export type ConnectableCards = {
  /**
   * By a card's name, or an entry's with or without its version: another version than the one there is now is none. Cards that
   * people made are found by those alone who may use them.
   */
  find(by: Principal, name: string): Promise<ConnectableCard | undefined>
  /** The card a connection was made from; entries stay with their connections. */
  cardOf(connection: Pick<Connection, 'card' | 'entry'>): Card | undefined
  /** The same as `find` and `cardOf`, throwing `card_unknown`. */
  get(by: Principal, name: string): Promise<ConnectableCard>
  getCardOf(connection: Pick<Connection, 'card' | 'entry'>): Card
}

type Sources = {
  cards: Card[]
  catalogue?: Pick<Catalogue, 'get'> | undefined
  ownCards?: Pick<OwnCards, 'get'> | undefined
}

/** Our run cards, what people made and, where a registry is mirrored, its entries. */
export function createConnectableCards({ cards, catalogue, ownCards }: Sources): ConnectableCards {
  const byName = new Map(cards.map((card) => [card.name, card]))
  const find = async (by: Principal, name: string): Promise<ConnectableCard | undefined> => {
    const entryName = entryNameIn(name)
    if (entryName === undefined) {
      const card = byName.get(name)
      return card && { card }
    }
    const row = isOwnCardName(name) ? await ownCards?.get(by, entryName) : await catalogue?.get(entryName)
    if (row === undefined) return undefined
    const card = createEntryCard(row.entry)
    return name === entryName || name === card.name ? { card, entry: row.entry } : undefined
  }
  const cardOf: ConnectableCards['cardOf'] = (connection) => findCardOf(byName, connection)
  return {
    find,
    cardOf,
    get: async (by, name) => (await find(by, name)) ?? throwUnknownCard(name),
    getCardOf: (connection) => cardOf(connection) ?? throwUnknownCard(connection.card),
  }
}

/** The card that a connection was made from, which may be its own registry entry. */
export const findCardOf = (
  cards: Map<string, Card>,
  { card, entry }: Pick<Connection, 'card' | 'entry'>,
): Card | undefined => (entry === undefined ? cards.get(card) : createEntryCard(entry))

function throwUnknownCard(name: string): never {
  throw new AppError('card_unknown', unknownCardText(name))
}

function unknownCardText(name: string): string {
  if (isOwnCardName(name))
    return 'This card is not there any more, or is not shared with you. Press Find a tool in my Home tab to search for it.'
  return entryNameIn(name) === undefined
    ? `There is no service called "${name}". Press Connect a tool in my Home tab to see those there are.`
    : 'The registry lists this server differently now, or not any more. Press Find a tool in my Home tab to search for it again.'
}

/** For an app that its owner registered there, where a server takes no others. */
const CLIENT: CardInput[] = [
  {
    name: 'clientId',
    label: 'Client id',
    hint: 'Only where a server takes no app but those registered with it. You get it when you register one there.',
    secret: false,
    required: false,
    pattern: '[\\x21-\\x7e]{1,512}',
    more: true,
  },
  {
    name: 'clientSecret',
    label: 'Client secret',
    hint: 'What you got with the client id, if anything. A private key in PEM form does, too.',
    secret: true,
    required: false,
    more: true,
  },
]

/**
 * A registry entry as a card: nobody looked at its tools, so none has a class and all of them ask; it signs people in by what
 * its server says of itself. Its name holds the version, so that a form that is open while the registry changes is noticed.
 */
export const createEntryCard = (entry: RegistryEntry): Card => ({
  name: `${entry.name}@${entry.version}`,
  title: entry.title,
  icon: entry.icon ?? (isOwnCardName(entry.name) ? ':electric_plug:' : ':globe_with_meridians:'),
  category: isOwnCardName(entry.name) ? 'Saved here' : 'Public MCP registry',
  words: [],
  description: entry.description,
  docs: entry.docs ?? originOf(entry.url),
  inputs: [...entry.inputs, ...CLIENT],
  tools: {},
  starters: [
    'What can you do with {connection}?',
    'List what you can find in {connection}',
    'What should I know about {connection}?',
  ],
  limits: { callSeconds: 300, idleSeconds: 300 },
  server: { kind: 'http', url: entry.url, headers: entry.headers, checks: [] },
  auth: { kind: 'oauth', id: '{clientId}', secret: '{clientSecret}' },
  vouches: false,
})

const originOf = (url: string): string => url.replace(/^([a-z]+:\/\/[^/?#]+).*$/i, '$1/')

/** The entry's name, of its own with or without a version; undefined for what names a card of ours. */
export const entryNameIn = (card: string): string | undefined =>
  card.includes('/') ? card.split('@', 1).join() : undefined

/** The card whose address a person types. */
export const CUSTOM_CARD = 'custom'

/** Whose permission counts for a card: an entry is no more than a custom server with its form filled in. */
export const permissionCardOf = (card: string): string => (card.includes('/') ? CUSTOM_CARD : card)

/** Questions to begin with, as a connection of this name is asked them. */
export const startersFor = ({ starters }: Pick<Card, 'starters'>, name: string): string[] =>
  starters.map((question) => question.replaceAll('{connection}', name))

/** A name to propose for a connection to it: letters, digits and dashes. */
export function connectionNameFor(card: string): string {
  const entry = entryNameIn(card)
  if (entry === undefined) return card
  if (isOwnCardName(entry)) return ownCardSlugOf(entry)
  const [, , address = ''] = entry.split('/')
  return trimName(`${serviceNameOf(entry)} ${address}`) ?? 'server'
}

function trimName(text: string): string | undefined {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
  return plain.replace(/^-+|-+$/g, '') || undefined
}

/** Labels that say nothing of whose server it is. */
const PLAIN_LABELS = new Set(['www', 'mcp', 'api', 'server', 'remote', 'app'])
const HOST_NAME_LABELS = 2

/** A name to propose for a connection to a typed address: "example" for https://mcp.example.com/mcp. */
export function addressNameOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const { hostname } = new URL(address)
  // A number says nothing to people.
  if (/^[\d.]+$|^\[/.test(hostname)) return undefined
  const labels = hostname.split('.').filter((label) => label !== '')
  const own = labels.length > 1 ? labels.slice(0, hasCountryEnd(labels) ? -2 : -1) : labels
  const telling = own.filter((label) => !PLAIN_LABELS.has(label))
  const [name] = [telling, own].filter((some) => some.length > 0).map((some) => some.slice(-HOST_NAME_LABELS).join('-'))
  return name === undefined ? undefined : trimName(name)
}

/** "example.co.uk": the country's registry sells names below its own second label. */
const hasCountryEnd = (labels: string[]): boolean =>
  labels.length > 2 && labels.at(-1)?.length === 2 && /^(?:ac|co|com|edu|gov|ne|net|or|org)$/.test(labels.at(-2) ?? '')
