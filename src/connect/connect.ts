import type { Card } from '../cards/card.ts'
import { searchCards } from '../cards/search.ts'
import { connectionNameFor, createConnectableCards, entryNameIn } from './catalog/connectable-cards.ts'
import { entryHostOf } from './catalog/read-registry-entry.ts'
import { createSearch } from './catalog/search-catalog.ts'
import type { CardInfo, CardToolClassification, Connect, ConnectDeps } from './connect-types.ts'
import { freeConnectionNameFor } from './connections/check-inputs.ts'
import { createConnectUseCases } from './connections/connect-and-reconnect.ts'
import { createDisconnect, createForgetAll } from './connections/disconnect.ts'
import { createTestConnection } from './connections/test-connection.ts'
import { createFinishSignIn } from './sign-in/finish-sign-in.ts'
import { createSignInAgain } from './sign-in/sign-in-again.ts'

export function createConnect(deps: ConnectDeps): Connect {
  const byName = new Map(deps.cards.map((card) => [card.name, card]))
  const infoOf = (card: Card): CardInfo => infoWith(card, deps.prefills[card.name] ?? {})
  const offers = createConnectableCards(deps.cards, deps.catalogue)
  const { check, connect, reconnect } = createConnectUseCases(deps, offers)
  return {
    cards: (words = '') => searchCards(deps.cards, words).map(infoOf),
    card: (name) => {
      const card = byName.get(name)
      return card && infoOf(card)
    },
    find: createSearch(deps.cards, deps.catalogue),
    offer: async (name) => {
      const offer = await offers.find(name)
      return offer && infoOf(offer.card)
    },
    cardOf: (connection) => {
      const card = offers.cardOf(connection)
      return card && infoOf(card)
    },
    titleOf: (connection) => offers.cardOf(connection)?.title ?? connection.card,
    defaultName: async (principal, card) => {
      const connections = await deps.registry.connectionsOf(principal)
      return freeConnectionNameFor(
        connectionNameFor(card),
        connections.map((one) => one.name),
      )
    },
    check,
    connect,
    reconnect,
    test: createTestConnection(deps),
    signIn: createSignInAgain(deps),
    finishSignIn: createFinishSignIn(deps),
    disconnect: createDisconnect(deps),
    forgetAll: createForgetAll(deps),
    circuit: (id) => deps.mcp.circuit(id),
    classificationOf: (card, tool) => wordOf(byName.get(card), tool),
  }
}

/** An input that has a value already need not be filled in. */
function infoWith(card: Card, prefill: Record<string, string>): CardInfo {
  const { name, title, icon, category, description, docs, starters } = card
  const inputs = card.inputs.map((input) =>
    prefill[input.name] === undefined
      ? input
      : { ...input, required: false, hint: `${input.hint} Leave it empty to use the one set for this machine.`.trim() },
  )
  const entry = entryNameIn(name)
  const from = entry !== undefined &&
    card.server.kind === 'http' && { entry: { name: entry, host: entryHostOf(card.server.url) } }
  return { name, title, icon, category, description, docs, starters, inputs, ...from }
}

function wordOf(card: Card | undefined, tool: string): CardToolClassification {
  const word = card && Object.hasOwn(card.tools, tool) ? card.tools[tool] : undefined
  if (card === undefined || word === undefined) return { vouched: false, idempotent: false }
  const { class: kind, idempotent, sql } = word
  return {
    class: kind,
    vouched: card.vouches,
    idempotent: idempotent ?? (kind === 'read' && sql === undefined),
    ...(sql !== undefined && { sql }),
  }
}
