import type { Card, CardInput, ToolClass } from '../cards/card.ts'
import { searchCards } from '../cards/search.ts'
import { fillPlaceholders } from '../mcp/protocol/server-target.ts'
import type { Connection } from '../registry/connection.ts'
import { isOwnCardName } from '../registry/own-cards.ts'
import {
  addressNameOf,
  CUSTOM_CARD,
  connectionNameFor,
  createConnectableCards,
  createEntryCard,
  entryNameIn,
  startersFor,
} from './catalog/connectable-cards.ts'
import { entryHostOf } from './catalog/read-registry-entry.ts'
import { createSearch } from './catalog/search-catalog.ts'
import type { CardInfo, CardToolClassification, Connect, ConnectDeps } from './connect-types.ts'
import { createAddConnection } from './connections/add-connection.ts'
import { checkDraft, freeConnectionNameFor } from './connections/check-draft.ts'
import { createDisconnect, createForgetAll } from './connections/disconnect.ts'
import { offeredValuesFor } from './connections/operator-values.ts'
import { createReconnect } from './connections/reconnect.ts'
import { createSubmissions } from './connections/submissions.ts'
import { createTestConnection } from './connections/test-connection.ts'
import { createForgetPerson } from './forget-person.ts'
import { createOwnCardActions } from './own-cards/own-card-actions.ts'
import { createSecretPages } from './secrets/secret-pages.ts'
import { findManagedConnection } from './shared/managed-connection.ts'
import { createShareConnection } from './shared/share-connection.ts'
import { createUsableConnections } from './shared/usable-connections.ts'
import { createSharedFile } from './shared-file/connect-shared-file.ts'
import { createConfirmSignIn, createDropSignIns } from './sign-in/confirm-sign-in.ts'
import { createFinishSignIn } from './sign-in/finish-sign-in.ts'
import { createOpenSignIn } from './sign-in/open-sign-in.ts'
import { createSignInAgain } from './sign-in/sign-in-again.ts'

export function createConnect(deps: ConnectDeps): Connect {
  const byName = new Map(deps.cards.map((card) => [card.name, card]))
  const infoOf = (card: Card): CardInfo => cardInfoOf(card, offeredValuesFor(card, deps.prefills[card.name] ?? {}))
  const connectable = createConnectableCards(deps)
  const offered = deps.cards.filter(({ server }) => deps.noServersHere === undefined || server.kind !== 'stdio')
  return {
    cards: (words = '') => searchCards(offered, words).map(infoOf),
    card: (name) => {
      const card = byName.get(name)
      return card && infoOf(card)
    },
    find: createSearch(offered, deps.catalogue, deps.ownCards),
    saved: async (by) => (await deps.ownCards.of(by)).map(({ entry }) => infoOf(createEntryCard(entry))),
    own: createOwnCardActions(deps),
    offer: async (by, name) => {
      const offer = await connectable.find(by, name)
      return offer && infoOf(offer.card)
    },
    cardOf: (connection) => {
      const card = connectable.cardOf(connection)
      return card && infoOf(card)
    },
    titleOf: (connection) => connectable.cardOf(connection)?.title ?? connection.card,
    startersOf: (connection) => {
      const card = connectable.cardOf(connection)
      return card === undefined ? [] : startersFor(card, connection.name)
    },
    defaultName: async (principal, card, address = '') => {
      const taken = (await deps.registry.connectionsOf(principal)).map(({ name }) => name)
      return freeConnectionNameFor(addressNameOf(address) ?? connectionNameFor(card), taken)
    },
    check: async (principal, draft) => {
      const { card } = await connectable.get(principal, draft.card)
      return (await checkDraft(deps, principal, card, draft)).problems
    },
    connect: createAddConnection(deps, connectable),
    reconnect: createReconnect(deps, connectable),
    submissions: createSubmissions(deps),
    test: createTestConnection(deps),
    signIn: createSignInAgain(deps),
    secretPages: createSecretPages(deps),
    openSignIn: createOpenSignIn(deps),
    finishSignIn: createFinishSignIn(deps),
    confirmSignIn: createConfirmSignIn(deps),
    dropSignIns: createDropSignIns(deps),
    disconnect: createDisconnect(deps),
    forgetAll: createForgetAll(deps),
    forgetPerson: createForgetPerson(deps),
    managed: (by, id) => findManagedConnection(deps, by, id),
    usable: createUsableConnections(deps),
    share: createShareConnection(deps),
    sharedFile: createSharedFile(deps),
    circuit: (id) => deps.mcp.circuit(id),
    destinationOf: (connection) => destinationIn(deps, connection, connectable.cardOf(connection)),
    classificationOf: (card, tool, classed = {}) => classificationIn(byName.get(card), tool, classed),
  }
}

const classificationIn = (card: Card | undefined, tool: string, classed: NonNullable<Connection['classedTools']>) =>
  Object.hasOwn(classed, tool) ? ownerClassificationOf(classed[tool]) : classificationFor(card, tool)

/** A burst and what comes after it are together what the card allows in its time. */
function rateIn({ limits: { rate } }: Card): { perSecond: number; burst: number } | undefined {
  if (rate === undefined) return undefined
  const burst = Math.ceil(rate.calls / BURST_PARTS)
  return { perSecond: Math.max(rate.calls - burst, 1) / rate.seconds, burst }
}

const BURST_PARTS = 20

function destinationIn({ targets }: ConnectDeps, connection: Connection, card: Card | undefined) {
  if (card === undefined) return { vouched: false }
  const target = targets.target(connection)
  const url = target.kind === 'http' ? fillPlaceholders(target.url, target.values) : undefined
  const host = url === undefined ? undefined : URL.parse(url)?.host
  const rate = rateIn(card)
  return { vouched: card.vouches, ...(host !== undefined && { host }), ...(rate && { rate }) }
}

function cardInfoOf(card: Card, prefill: Record<string, string>): CardInfo {
  const { name, title, icon, category, description, docs, starters } = card
  const inputs = card.inputs.map((input) => describeInput(card, input, prefill))
  const entry = entryNameIn(name)
  const from = entry !== undefined &&
    card.server.kind === 'http' && {
      entry: { name: entry, host: entryHostOf(card.server.url), own: isOwnCardName(entry) },
    }
  const address = name === CUSTOM_CARD && { named: 'by_address' as const }
  return { name, title, icon, category, description, docs, starters, inputs, ...from, ...address }
}

/** An input that has a value already need not be filled in; a token may stand in place of a sign-in, where that is set up. */
function describeInput({ auth }: Card, input: CardInput, prefill: Record<string, string>): CardInput {
  if (prefill[input.name] !== undefined)
    return {
      ...input,
      required: false,
      hint: `${input.hint} Leave it empty to use the one set for this machine.`.trim(),
    }
  if (auth?.client !== 'registered' || auth.id !== undefined || !input.secret) return input
  return prefill.client_id === undefined
    ? {
        ...input,
        required: true,
        hint: `Signing in with your browser is not set up here, so please fill this in. ${input.hint}`,
      }
    : { ...input, hint: `Leave it empty to sign in with your browser. ${input.hint}` }
}

/** An owner's word on a server that nobody here runs: its annotations may still make it stricter. */
const ownerClassificationOf = (kind: ToolClass | undefined): CardToolClassification => ({
  ...(kind !== undefined && { class: kind }),
  vouched: false,
  idempotent: kind === 'read',
})

function classificationFor(card: Card | undefined, tool: string): CardToolClassification {
  const cardTool = card && Object.hasOwn(card.tools, tool) ? card.tools[tool] : undefined
  if (card === undefined || cardTool === undefined) return { vouched: false, idempotent: false }
  const { class: kind, idempotent, sql, replaces } = cardTool
  return {
    class: kind,
    vouched: card.vouches,
    idempotent: idempotent ?? (kind === 'read' && sql === undefined),
    ...(sql !== undefined && { sql }),
    ...(replaces !== undefined && { replaces }),
  }
}
