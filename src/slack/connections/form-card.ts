import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { CardInfo } from '../../connect/connect-types.ts'
import { ConnectionId, type Principal, SecretEntryId } from '../../ids.ts'
import { joinWords } from '../blocks/text.ts'
import type { ConnectionDeps, PolicyDeps } from '../deps.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { addCard, pickableCardsFor } from './allowed-cards.ts'
import { type ConnectForm, connectModal } from './connect-form.ts'

/** The form of a card with the services that this workspace allows. */
export async function buildFormModal(
  deps: ConnectionDeps & PolicyDeps,
  by: Principal,
  form: Omit<ConnectForm, 'cards'>,
): Promise<ModalView> {
  const [cards, secrets] = await Promise.all([
    pickableCardsFor(deps, by),
    secretEntryFor(deps, by, form.metadata.entry),
  ])
  return connectModal({ ...secrets, ...form, cards: addCard(cards, form.card) })
}

/** How far a person is with the page for a form's secrets, where there are such pages. */
export async function secretEntryFor(
  { connect: { secretPages } }: ConnectionDeps,
  by: Principal,
  entry?: string,
): Promise<Pick<ConnectForm, 'secrets'>> {
  if (!secretPages.isOffered) return {}
  const found = entry === undefined ? undefined : await secretPages.find(SecretEntryId.parse(entry), by)
  return { secrets: { kind: found?.entered ? 'entered' : 'none' } }
}

const FormMetadata = z.object({
  card: z.string().optional(),
  channel: z.string().optional(),
  connection: ConnectionId.optional(),
  more: z.boolean().optional(),
  alert: z.boolean().optional(),
  entry: SecretEntryId.optional(),
  attempt: z.string().optional(),
})
export type FormMetadata = z.infer<typeof FormMetadata>

export const formMetadataIn = ({ privateMetadata }: { privateMetadata: string }): FormMetadata =>
  FormMetadata.parse(JSON.parse(privateMetadata))

/** The card that a form is for: a reconnect uses the connection's own, a new connection one that is offered now. */
export async function formCardOf(
  deps: ConnectionDeps,
  by: Principal,
  form: { card?: string | undefined; connection?: ConnectionId | undefined },
): Promise<CardInfo | undefined> {
  if (form.connection === undefined) return deps.connect.offer(by, form.card ?? '')
  const connection = await findConnectionFor(deps, by, form.connection)
  return connection && deps.connect.cardOf(connection)
}

/** The name that a form proposes: none where the address will give it. */
export const proposedNameFor = async ({ connect }: ConnectionDeps, by: Principal, card: CardInfo): Promise<string> =>
  card.named === 'by_address' ? '' : connect.defaultName(by, card.name)

/** The name that a form shows again: none where the address gave it, which may be changed. */
export async function shownNameFor(
  { connect }: ConnectionDeps,
  by: Principal,
  { card, name, inputs }: { card: CardInfo; name: string; inputs: Record<string, string> },
): Promise<string> {
  if (card.named !== 'by_address') return name
  return name === (await connect.defaultName(by, card.name, inputs.url)) ? '' : name
}

/** What was typed, without secrets. */
export const plainInputsOf = ({ inputs }: CardInfo, typed: Record<string, string>): Record<string, string> =>
  Object.fromEntries(inputs.filter(({ secret }) => !secret).map(({ name }) => [name, typed[name] ?? '']))

/** Asks for the secrets again that had been typed; empty where there were none. */
export function secretsAgainText(card: CardInfo, typed: Record<string, string>): string {
  const labels = card.inputs.filter(({ name, secret }) => secret && typed[name]).map(({ label }) => `"${label}"`)
  return labels.length === 0 ? '' : `Please enter ${joinWords(labels)} again: I never keep secrets.`
}
