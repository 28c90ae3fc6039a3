import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { actionsBlock, createCommandButton, createModal, type MessageContent, sectionBlock } from '../blocks/blocks.ts'
import { connectionPickerBlock, type ListQuery } from '../blocks/paged-list.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import { nothingConnectedMessage } from '../connections/connections-message.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onButtonPress } from '../interactions/button-press.ts'
import { findNamedConnection } from '../interactions/connection-by-name.ts'
import { loadingModal, showLoadedView } from '../interactions/loading-view.ts'
import type { Responder } from '../interactions/responder.ts'
import { onViewSubmission } from '../interactions/view-submission.ts'
import { listMetadataOf, type NamedConnection } from './resources-list.ts'

/** One of the lists of what servers offer: what it is called, and its modal. */
export type ListModal = {
  id: 'resources' | 'prompts' | 'skills'
  title: string
  show(deps: SlackDeps, by: Principal, look: ListQuery & { name: string }, names: NamedConnection[]): Promise<ModalView>
}

const Kept = z.object({
  connection: z.string(),
  words: z.string(),
  page: z.number(),
  channel: z.string().optional(),
  thread: z.string().optional(),
})

/** Behind `/mcp resources`, `prompts` and `skills`: opens the list of the connection that is meant, or asks which. */
export async function openListModal(
  deps: SlackDeps,
  listing: ListModal,
  words: string[],
  scene: Responder,
): Promise<void> {
  const [name, ...wanted] = words
  const one = name === undefined ? undefined : await findNamedConnection(deps, scene, name, listing.id)
  if (name !== undefined && one === undefined) return
  const all = one === undefined ? await deps.registry.connectionsOf(scene.by) : [one]
  const offering = all.filter((connection) => mayOffer(connection, listing))
  const [first, ...others] = offering
  if (first === undefined) {
    await scene.reply(all.length === 0 ? nothingConnectedMessage : sayHasNone(one?.name, listing), listing.title)
    return
  }
  const look = { connection: '', words: wanted.join(' '), page: 0, channel: scene.channel, thread: scene.thread }
  if (others.length > 0) {
    await scene.openModal(chooseModal(listing, offering, look))
    return
  }
  const view = await scene.openModal(loadingModal(listing.title, `Asking ${first.name}…`))
  await showLoadedView(deps, view, () => shown(deps, listing, scene.by, { ...look, connection: first.id }))
}

/** The person's connection, or the word that it is gone. */
export async function findListConnection(deps: SlackDeps, by: Principal, id: ConnectionId): Promise<Connection> {
  const found = (await deps.registry.connectionsOf(by)).find((one) => one.id === id)
  if (found !== undefined) return found
  throw new AppError('not_found', 'This connection is gone. Connect it again with /mcp connect.')
}

/** What a server offers is known once a session was opened; until then it may have any. */
const mayOffer = ({ offers }: Connection, { id }: ListModal): boolean => offers?.[id] !== false

function sayHasNone(name: string | undefined, { id }: ListModal): MessageContent {
  const who = name === undefined ? `None of your connections has ${id}` : `${name} has no ${id}`
  const text = `${who}. Try ${name === undefined ? 'their' : 'its'} tools instead.`
  const again = name === undefined ? [] : [createCommandButton('Look again', `test ${name}`)]
  const more = [createCommandButton('Tools', 'tools'), ...again, createCommandButton('Connect another', 'connect')]
  return { text, blocks: [sectionBlock(escapeMrkdwn(text)), actionsBlock(more)] }
}

const chooseModal = (listing: ListModal, offering: Connection[], look: ListQuery): ModalView =>
  createModal({
    id: listing.id,
    title: listing.title,
    keep: listMetadataOf(look),
    blocks: [
      sectionBlock(`Which connection’s ${listing.id} do you want to see?`),
      connectionPickerBlock(offering, undefined),
    ],
  })

async function shown(deps: SlackDeps, listing: ListModal, by: Principal, look: ListQuery): Promise<ModalView> {
  const all = await deps.registry.connectionsOf(by)
  const name = all.find(({ id }) => id === look.connection)?.name ?? ''
  const names = all.filter((one) => mayOffer(one, listing)).map((one) => ({ id: one.id, name: one.name }))
  return listing.show(deps, by, { ...look, name }, names)
}

export const readListQuery = (keep: string): ListQuery => {
  const { connection, words, page, channel, thread } = Kept.parse(JSON.parse(keep))
  return { connection, words, page, channel, thread }
}

export const connectionIdIn = (look: Pick<ListQuery, 'connection'>): ConnectionId => ConnectionId.parse(look.connection)

/** Choosing a connection, searching and turning pages, in all lists. */
export function registerListModals(app: App, deps: SlackDeps, listings: ListModal[]): void {
  const again = async ({ by, view }: BlockAction, change: Partial<ListQuery>) => {
    const listing = listings.find(({ id }) => id === view?.callback)
    if (view === undefined || listing === undefined) return
    const look = { ...readListQuery(view.keep), ...change }
    await showLoadedView(deps, view.id, () => shown(deps, listing, by, look))
  }
  onButtonPress(app, deps, 'look_of', (press) => again(press, { connection: press.value, words: '', page: 0 }))
  onButtonPress(app, deps, 'look_words', (press) => again(press, { words: press.value, page: 0 }))
  onButtonPress(app, deps, 'look_page', (press) => again(press, { page: Number(press.value) }))
  for (const listing of listings)
    onViewSubmission(app, deps, listing.id, async ({ by, viewId, keep, typed, ack }) => {
      const look = { ...readListQuery(keep), words: typed.words ?? '', page: 0 }
      await ack({ response_action: 'update', view: loadingModal(listing.title, 'Searching…') })
      await showLoadedView(deps, viewId, () => shown(deps, listing, by, look))
    })
}
