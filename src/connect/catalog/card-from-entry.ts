import type { Card, CardInput } from '../../cards/card.ts'
import type { Connection } from '../../registry/connection.ts'
import type { RegistryEntry } from '../../registry/entry.ts'

/** For an app that its owner registered there, where a server takes no others. */
const CLIENT: CardInput[] = [
  {
    name: 'clientId',
    label: 'Client id',
    hint: 'Only where a server takes no app but those registered with it. You get it when you register one there.',
    secret: false,
    required: false,
    pattern: '[\\x21-\\x7e]{1,512}',
  },
  {
    name: 'clientSecret',
    label: 'Client secret',
    hint: 'What you got with the client id, if anything. A private key in PEM form does, too.',
    secret: true,
    required: false,
  },
]

/**
 * A registry entry as a card: nobody looked at its tools, so none has a class and all of them ask; it signs people in by what
 * its server says of itself. Its name holds the version, so that a form that is open while the registry changes is noticed.
 */
export const createEntryCard = (entry: RegistryEntry): Card => ({
  name: `${entry.name}@${entry.version}`,
  title: entry.title,
  icon: ':globe_with_meridians:',
  category: 'Public MCP registry',
  words: [],
  description: entry.description,
  docs: entry.docs ?? originOf(entry.url),
  inputs: [...entry.inputs, ...CLIENT],
  tools: {},
  starters: ['What can you do with this connection?', 'List what you can find there', 'Show me an example'],
  limits: { callSeconds: 300, idleSeconds: 300 },
  server: { kind: 'http', url: entry.url, headers: entry.headers, checks: [] },
  auth: { kind: 'oauth', id: '{clientId}', secret: '{clientSecret}' },
  vouches: false,
})

const originOf = (url: string): string => url.replace(/^([a-z]+:\/\/[^/?#]+).*$/i, '$1/')

/** The entry's name, of its own with or without a version; undefined for what names a card of ours. */
export const entryNameIn = (card: string): string | undefined =>
  card.includes('/') ? card.split('@', 1).join() : undefined

/** Whose permission counts for a card: an entry is no more than a custom server with its form filled in. */
export const permissionCardOf = (card: string): string => (card.includes('/') ? 'custom' : card)

/** A name to propose for a connection to it: letters, digits and dashes. */
export function connectionNameFor(card: string): string {
  const entry = entryNameIn(card)
  if (entry === undefined) return card
  const short = entry.slice(entry.indexOf('/') + 1).toLowerCase()
  const plain = short.replace(/[^a-z0-9]+/g, '-').slice(0, 32)
  return plain.replace(/^-+|-+$/g, '') || 'server'
}

/** The card a connection was made from: what it remembers, or else the one of that name. */
export const cardOfConnection = (
  { card, entry }: Pick<Connection, 'card' | 'entry'>,
  byName: ReadonlyMap<string, Card>,
): Card | undefined => (entry === undefined ? byName.get(card) : createEntryCard(entry))
