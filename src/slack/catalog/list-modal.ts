import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import {
  actionsBlock,
  createCommandButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { connectionPickerBlock, type ListQuery } from '../blocks/paged-list.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, SlackDeps } from '../deps.ts'
import { findNamedConnection } from '../interactions/find-by-name.ts'
import { type BlockAction, onButtonPress, type Responder } from '../interactions/interaction.ts'
import { loadingModal, onViewSubmission, showLoadedView } from '../interactions/modals.ts'
import { replyConnectOffer } from '../onboarding/demo-card.ts'
import { listMetadataOf, type NamedConnection } from './resources-list.ts'

/** A list of a server's features, and the modal that shows it. */
export type ListModal = {
  id: 'resources' | 'prompts' | 'skills'
  title: string
  show(
    deps: SlackDeps,
    by: Principal,
    query: ListQuery & { name: string },
    names: NamedConnection[],
  ): Promise<ModalView>
}

const ListMetadata = z.object({
  connection: z.string(),
  words: z.string(),
  page: z.number(),
  channel: z.string().optional(),
  thread: z.string().optional(),
})

/** Opens the list of the named connection, or asks which connection is meant. Runs for `/mcp resources`, `prompts` and `skills`. */
export async function openListModal(
  deps: SlackDeps,
  listing: ListModal,
  words: string[],
  responder: Responder,
): Promise<void> {
  const [name, ...wanted] = words
  const one = name === undefined ? undefined : await findNamedConnection(deps, responder, name, listing.id)
  if (name !== undefined && one === undefined) return
  const all = one === undefined ? await deps.registry.connectionsOf(responder.by) : [one]
  const candidates = all.filter((connection) => mayOffer(connection, listing))
  const [first, ...others] = candidates
  if (first === undefined) {
    await (all.length === 0
      ? replyConnectOffer(deps, responder, listing.title)
      : responder.reply(noneOfferedMessage(one?.name, listing), listing.title))
    return
  }
  const query = {
    connection: '',
    words: wanted.join(' '),
    page: 0,
    channel: responder.channel,
    thread: responder.thread,
  }
  if (others.length > 0) {
    await responder.openModal(chooseModal(listing, candidates, query))
    return
  }
  const view = await responder.openModal(loadingModal(listing.title, `Asking ${first.name}…`))
  await showLoadedView(deps, view, () => loadListModal(deps, listing, responder.by, { ...query, connection: first.id }))
}

/** The person's connection, or a workspace connection that they may change. Throws AppError `not_found` if it is gone. */
export async function findListConnection(deps: ConnectionDeps, by: Principal, id: ConnectionId): Promise<Connection> {
  const found = await deps.connect.managed(by, id)
  if (found !== undefined) return found
  throw new AppError('not_found', 'This connection is gone. Connect it again.')
}

/** A server's features are known after its first session; until then it may have any. */
const mayOffer = ({ offers }: Connection, { id }: ListModal): boolean => offers?.[id] !== false

function noneOfferedMessage(name: string | undefined, { id }: ListModal): MessageContent {
  const who = name === undefined ? `None of your connections has ${id}` : `${name} has no ${id}`
  const text = `${who}. Try ${name === undefined ? 'their' : 'its'} tools instead.`
  const reload = name === undefined ? [] : [createCommandButton('Look again', `test ${name}`)]
  const more = [createCommandButton('Tools', 'tools'), ...reload, createCommandButton('Connect another', 'connect')]
  return { text, blocks: [sectionBlock(escapeMrkdwn(text)), actionsBlock(more)] }
}

const chooseModal = (listing: ListModal, candidates: Connection[], query: ListQuery): ModalView =>
  createModal({
    id: listing.id,
    title: listing.title,
    metadata: listMetadataOf(query),
    blocks: [
      sectionBlock(`Which connection’s ${listing.id} do you want to see?`),
      connectionPickerBlock(candidates, undefined),
    ],
  })

async function loadListModal(deps: SlackDeps, listing: ListModal, by: Principal, query: ListQuery): Promise<ModalView> {
  const all = await deps.registry.connectionsOf(by)
  const name = (await deps.connect.managed(by, connectionIdIn(query)))?.name ?? ''
  const names = all.filter((one) => mayOffer(one, listing)).map((one) => ({ id: one.id, name: one.name }))
  return listing.show(deps, by, { ...query, name }, names)
}

export const readListQuery = (privateMetadata: string): ListQuery => {
  const { connection, words, page, channel, thread } = ListMetadata.parse(JSON.parse(privateMetadata))
  return { connection, words, page, channel, thread }
}

export const connectionIdIn = (query: Pick<ListQuery, 'connection'>): ConnectionId =>
  ConnectionId.parse(query.connection)

/** Listens to the connection menu, search field and page buttons of all lists. */
export function registerListModals(app: App, deps: SlackDeps, listings: ListModal[]): void {
  const reload = async ({ by, view }: BlockAction, change: Partial<ListQuery>) => {
    const listing = listings.find(({ id }) => id === view?.callbackId)
    if (view === undefined || listing === undefined) return
    const query = { ...readListQuery(view.privateMetadata), ...change }
    await showLoadedView(deps, view.id, () => loadListModal(deps, listing, by, query))
  }
  onButtonPress(app, deps, 'look_of', (press) => reload(press, { connection: press.value, words: '', page: 0 }))
  onButtonPress(app, deps, 'look_words', (press) => reload(press, { words: press.value, page: 0 }))
  onButtonPress(app, deps, 'look_page', (press) => reload(press, { page: Number(press.value) }))
  for (const listing of listings)
    onViewSubmission(app, deps, listing.id, async ({ by, viewId, privateMetadata, typed, ack }) => {
      const query = { ...readListQuery(privateMetadata), words: typed.words ?? '', page: 0 }
      await ack({ response_action: 'update', view: loadingModal(listing.title, 'Searching…') })
      await showLoadedView(deps, viewId, () => loadListModal(deps, listing, by, query))
    })
}
