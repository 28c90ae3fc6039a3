import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { ConnectionId, type Principal } from '../ids.ts'
import type { Connection } from '../registry/connection.ts'
import { named } from './commands/named.ts'
import type { Deps } from './deps.ts'
import { onPress, type Press } from './press.ts'
import type { Scene } from './scene.ts'
import { showIn, waitingModal } from './show-view.ts'
import { onSubmit } from './submit.ts'
import { actions, commandButton, modal, type Saying, section } from './views/blocks.ts'
import { sayNothingConnected } from './views/connections.ts'
import { type Look, pickConnection } from './views/look.ts'
import { keepOf, type Named } from './views/resources.ts'
import { literal } from './views/text.ts'

/** One of the lists of what servers offer: what it is called, and its modal. */
export type Listing = {
  id: 'resources' | 'prompts' | 'skills'
  title: string
  show(deps: Deps, by: Principal, look: Look & { name: string }, names: Named[]): Promise<ModalView>
}

const Kept = z.object({
  connection: z.string(),
  words: z.string(),
  page: z.number(),
  channel: z.string().optional(),
  thread: z.string().optional(),
})

/** Behind `/mcp resources`, `prompts` and `skills`: opens the list of the connection that is meant, or asks which. */
export async function openListing(deps: Deps, listing: Listing, words: string[], scene: Scene): Promise<void> {
  const [name, ...wanted] = words
  const one = name === undefined ? undefined : await named(deps, scene, name, listing.id)
  if (name !== undefined && one === undefined) return
  const all = one === undefined ? await deps.registry.connectionsOf(scene.by) : [one]
  const offering = all.filter((connection) => mayOffer(connection, listing))
  const [first, ...others] = offering
  if (first === undefined) {
    await scene.say(all.length === 0 ? sayNothingConnected : sayHasNone(one?.name, listing), listing.title)
    return
  }
  const look = { connection: '', words: wanted.join(' '), page: 0, channel: scene.channel, thread: scene.thread }
  if (others.length > 0) {
    await scene.open(chooseModal(listing, offering, look))
    return
  }
  const view = await scene.open(waitingModal(listing.title, `Asking ${first.name}…`))
  await showIn(deps, view, () => shown(deps, listing, scene.by, { ...look, connection: first.id }))
}

/** The person's connection, or the word that it is gone. */
export async function ownOf(deps: Deps, by: Principal, id: ConnectionId): Promise<Connection> {
  const found = (await deps.registry.connectionsOf(by)).find((one) => one.id === id)
  if (found !== undefined) return found
  throw new AppError('not_found', 'This connection is gone. Connect it again with /mcp connect.')
}

/** What a server offers is known once a session was opened; until then it may have any. */
const mayOffer = ({ offers }: Connection, { id }: Listing): boolean => offers?.[id] !== false

function sayHasNone(name: string | undefined, { id }: Listing): Saying {
  const who = name === undefined ? `None of your connections has ${id}` : `${name} has no ${id}`
  const text = `${who}. Try ${name === undefined ? 'their' : 'its'} tools instead.`
  const again = name === undefined ? [] : [commandButton('Look again', `test ${name}`)]
  const more = [commandButton('Tools', 'tools'), ...again, commandButton('Connect another', 'connect')]
  return { text, blocks: [section(literal(text)), actions(more)] }
}

const chooseModal = (listing: Listing, offering: Connection[], look: Look): ModalView =>
  modal({
    id: listing.id,
    title: listing.title,
    keep: keepOf(look),
    blocks: [section(`Which connection’s ${listing.id} do you want to see?`), pickConnection(offering, undefined)],
  })

async function shown(deps: Deps, listing: Listing, by: Principal, look: Look): Promise<ModalView> {
  const all = await deps.registry.connectionsOf(by)
  const name = all.find(({ id }) => id === look.connection)?.name ?? ''
  const names = all.filter((one) => mayOffer(one, listing)).map((one) => ({ id: one.id, name: one.name }))
  return listing.show(deps, by, { ...look, name }, names)
}

export const readKept = (keep: string): Look => {
  const { connection, words, page, channel, thread } = Kept.parse(JSON.parse(keep))
  return { connection, words, page, channel, thread }
}

export const connectionIn = (look: Pick<Look, 'connection'>): ConnectionId => ConnectionId.parse(look.connection)

/** Choosing a connection, searching and turning pages, in all lists. */
export function registerLooking(app: App, deps: Deps, listings: Listing[]): void {
  const again = async ({ by, view }: Press, change: Partial<Look>) => {
    const listing = listings.find(({ id }) => id === view?.callback)
    if (view === undefined || listing === undefined) return
    const look = { ...readKept(view.keep), ...change }
    await showIn(deps, view.id, () => shown(deps, listing, by, look))
  }
  onPress(app, deps, 'look_of', (press) => again(press, { connection: press.value, words: '', page: 0 }))
  onPress(app, deps, 'look_words', (press) => again(press, { words: press.value, page: 0 }))
  onPress(app, deps, 'look_page', (press) => again(press, { page: Number(press.value) }))
  for (const listing of listings)
    onSubmit(app, deps, listing.id, async ({ by, viewId, keep, typed, ack }) => {
      const look = { ...readKept(keep), words: typed.words ?? '', page: 0 }
      await ack({ response_action: 'update', view: waitingModal(listing.title, 'Searching…') })
      await showIn(deps, viewId, () => shown(deps, listing, by, look))
    })
}
