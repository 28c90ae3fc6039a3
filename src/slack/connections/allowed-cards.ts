import type { CardInfo } from '../../connect/connect.ts'
import type { WorkspaceId } from '../../ids.ts'
import { createButton } from '../blocks/blocks.ts'
import type { SlackDeps } from '../deps.ts'

/** The services people here may connect. */
export async function allowedCardsFor({ connect, settings }: SlackDeps, workspace: WorkspaceId, words?: string) {
  const { cards: allowed } = await settings.of(workspace)
  return connect.cards(words).filter(({ name }) => allowed?.includes(name) ?? true)
}

/** The chosen card is always among the offered, as Slack wants it; whether it may be connected is checked when it is sent. */
export const addCard = (cards: CardInfo[], card: CardInfo): CardInfo[] =>
  cards.some(({ name }) => name === card.name) ? cards : [...cards, card]

/** Adds a service to those that may be connected; `then` is what somebody wanted to connect. */
export const createAllowButton = ({ name, title }: Pick<CardInfo, 'name' | 'title'>, then: string) =>
  createButton({ text: `Allow ${title}`, action: 'setting_card', value: `${name} ${then}`, style: 'primary' })
