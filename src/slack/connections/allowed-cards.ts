import { permissionCardOf } from '../../connect/catalog/connectable-cards.ts'
import type { CardInfo } from '../../connect/connect-types.ts'
import type { Principal, WorkspaceId } from '../../ids.ts'
import { createButton } from '../blocks/build-blocks.ts'
import type { ConnectionDeps, PolicyDeps } from '../deps.ts'

/** The cards that this workspace allows to connect; with `words`, those that match. */
async function allowedCardsFor(
  { connect, settings }: ConnectionDeps & PolicyDeps,
  workspace: WorkspaceId,
  words?: string,
) {
  const { cards: allowed } = await settings.of(workspace)
  return connect.cards(words).filter(({ name }) => allowed?.includes(name) ?? true)
}

/** Those, and the cards that somebody here saved. */
export async function pickableCardsFor(deps: ConnectionDeps & PolicyDeps, by: Principal): Promise<CardInfo[]> {
  const [cards, saved] = await Promise.all([allowedCardsFor(deps, by.workspace), deps.connect.saved(by)])
  const names = new Set(cards.map(({ name }) => name))
  return [...cards, ...saved.filter(({ name }) => names.has(permissionCardOf(name)))]
}

/** The cards with the chosen one among them: Slack wants an initial option to be in its list; submitting checks permission. */
export const addCard = (cards: CardInfo[], card: CardInfo): CardInfo[] =>
  cards.some(({ name }) => name === card.name) ? cards : [...cards, card]

/** The button that allows a card; `then` is the name that was to be connected. */
export const createAllowButton = ({ name, title }: Pick<CardInfo, 'name' | 'title'>, then: string) =>
  createButton({ text: `Allow ${title}`, action: 'setting_card', value: `${name} ${then}`, style: 'primary' })
