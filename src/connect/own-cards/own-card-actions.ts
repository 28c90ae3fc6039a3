import { createHash, randomUUID } from 'node:crypto'
import type { Card } from '../../cards/card.ts'
import type { CredentialStore } from '../../credentials/store.ts'
import { AppError } from '../../errors.ts'
import type { Mcp, McpDeps } from '../../mcp/mcp.ts'
import type { Connection } from '../../registry/connection.ts'
import { type NewOwnCard, type OwnCard, type OwnCards, ownCardNameOf } from '../../registry/own-cards.ts'
import { createConnectableCards } from '../catalog/connectable-cards.ts'
import { toPlainLine } from '../catalog/read-remote.ts'
import { type ImportedRemote, type ImportedServer, readImport, slugOf } from '../import/read-import.ts'
import { openSecretsOf } from '../open-secrets.ts'
import { draftCard } from './draft-card.ts'
import type { CardDetails, CardDraft, ImportedOffer, OwnCardActions } from './own-card-types.ts'

type Deps = {
  cards: Card[]
  ownCards: OwnCards
  credentials: CredentialStore
  audit?: McpDeps['audit']
  mcp: Pick<Mcp, 'addressProblemIn'>
}

/** As many as a modal can list. */
const MOST_SERVERS = 40

/** What people do with cards of their own, and with configurations that they bring. */
export function createOwnCardActions(deps: Deps): OwnCardActions {
  const { ownCards, cards } = deps
  const connectable = createConnectableCards(deps)
  const draft: OwnCardActions['draft'] = async (connection) => {
    const card = connectable.cardOf(connection)
    if (card === undefined) return { why: 'The service of this connection is not offered here any more.' }
    return draftCard(card, connection.inputs, await openSecretsOf(deps, connection))
  }
  return {
    ...ownCards,
    draft,
    async importServers(by, text) {
      const reading = readImport(text, cards)
      if ('problem' in reading) return reading
      const shown = reading.servers.slice(0, MOST_SERVERS).map((server) => offerOf(deps, server))
      await ownCards.add(
        by,
        'imported',
        shown.flatMap(({ row }) => row ?? []),
      )
      return { offers: shown.map(({ offer }) => offer), more: reading.servers.length - shown.length }
    },
    async save(by, connection, details) {
      const drafted = await draft(connection)
      if ('why' in drafted) throw new AppError('input_invalid', drafted.why)
      const card = newCardOf(connection, drafted, details)
      checkTitle(card, await ownCards.of(by))
      await ownCards.add(by, 'saved', [card])
      const saved = await ownCards.get(by, card.entry.name)
      if (saved === undefined) throw new AppError('not_found', 'This card was removed already.')
      return saved
    },
  }
}

type Offered = { offer: ImportedOffer; row?: NewOwnCard }

/** Servers that can be connected become rows, so that their forms can be opened from anywhere. */
function offerOf({ cards, mcp }: Deps, server: ImportedServer): Offered {
  const { called, folder, off, leftOut } = server
  const shown = { called, folder, off, leftOut }
  switch (server.kind) {
    case 'refused':
      return { offer: { ...shown, kind: 'refused', why: server.why } }
    case 'card': {
      const title = cards.find(({ name }) => name === server.card)?.title ?? server.card
      return { offer: { ...shown, kind: 'offer', card: server.card, title } }
    }
    case 'remote': {
      const { remote, host } = server
      // What is open is checked when it is filled in.
      const why = remote.url.includes('{') ? undefined : mcp.addressProblemIn(remote.url)
      if (why !== undefined) return { offer: { ...shown, kind: 'refused', why } }
      const row = importedCardOf(remote, called)
      return { offer: { ...shown, kind: 'offer', card: row.entry.name, title: remote.title, host }, row }
    }
    default:
      return server satisfies never
  }
}

const VERSION = '1'
const FROM_FILE = 'From your configuration'

function importedCardOf({ slug, ...remote }: ImportedRemote, called: string): NewOwnCard {
  const name = ownCardNameOf(idFrom(randomUUID()), slug)
  return {
    entry: {
      name,
      version: VERSION,
      description: called === remote.title ? FROM_FILE : `${FROM_FILE}, where it is called ${called}`,
      ...remote,
    },
    tools: [],
  }
}

function newCardOf(connection: Connection, draft: CardDraft, { id, labels, ...said }: CardDetails): NewOwnCard {
  const name = ownCardNameOf(idFrom(id), slugOf(said.title))
  const shown = {
    title: toPlainLine(said.title.replace(/[*_~`<>|]/g, ' '), 48),
    description: toPlainLine(said.description, 100),
    icon: said.icon,
  }
  const inputs = draft.inputs.map((input) => ({ ...input, label: labels[input.name] || input.label }))
  return {
    entry: { name, version: VERSION, ...shown, ...draft, inputs },
    tools: connection.tools.map((tool) => ({ name: tool.name })),
  }
}

/** Two of one title could not be told apart in a list. The same submission again is no other card. */
function checkTitle({ entry: { name, title } }: NewOwnCard, known: OwnCard[]): void {
  const same = known.find(({ entry }) => entry.title.toLowerCase() === title.toLowerCase() && entry.name !== name)
  if (same !== undefined)
    throw new AppError('input_invalid', `There is a run card called "${same.entry.title}" here. Choose another name.`)
}

const idFrom = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)
