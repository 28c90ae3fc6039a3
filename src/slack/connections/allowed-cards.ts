import type { CardInfo } from '../../connect/connect-types.ts'
import type { WorkspaceId } from '../../ids.ts'
import { createButton } from '../blocks/build-blocks.ts'
import type { ConnectionDeps, PolicyDeps } from '../deps.ts'

/** The cards that this workspace allows to connect; with `words`, those that match. */
export async function allowedCardsFor(
  { connect, settings }: ConnectionDeps & PolicyDeps,
  workspace: WorkspaceId,
  words?: string,
) {
  const { cards: allowed } = await settings.of(workspace)
  return connect.cards(words).filter(({ name }) => allowed?.includes(name) ?? true)
}

/** The cards with the chosen one among them: Slack wants an initial option to be in its list; submitting checks permission. */
export const addCard = (cards: CardInfo[], card: CardInfo): CardInfo[] =>
  cards.some(({ name }) => name === card.name) ? cards : [...cards, card]

/** The button that allows a card; `then` is the name that was to be connected. */
export const createAllowButton = ({ name, title }: Pick<CardInfo, 'name' | 'title'>, then: string) =>
  createButton({ text: `Allow ${title}`, action: 'setting_card', value: `${name} ${then}`, style: 'primary' })
