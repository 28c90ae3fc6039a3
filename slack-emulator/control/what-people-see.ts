import { listOf } from '../../src/block-kit/shape-rules.ts'
import { EmulatorError } from '../errors.ts'
import { type PlacedElement, placedElementsIn } from '../workspace/blocks.ts'
import { viewObjectOf } from '../workspace/modal-stacks.ts'
import type { Channel, Json, Message, Person, View } from '../workspace/records.ts'
import { GENERAL } from '../workspace/seed.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { EmulatorParts } from './emulator-parts.ts'
import { type ElementLocation, requestOptions } from './external-options.ts'
import { findMessage, findPerson, findTopModal } from './find.ts'
import { messageLocationOf } from './press-button.ts'

/** How long reading the Home tab waits for the app to publish it. */
const HOME_WAIT_MS = 1_500

/** Opens the Home tab and waits until the app has published it. */
export async function openHome({ workspace }: EmulatorParts, person: Person): Promise<void> {
  const published = new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      unwatch()
      resolve()
    }
    const unwatch = workspace.subscribe((news) => {
      if (news.kind === 'home_published' && news.user === person.id) done()
    })
    const timer = setTimeout(done, HOME_WAIT_MS)
  })
  workspace.publish({ kind: 'home_opened', user: person.id, tab: 'home', channel: workspace.dmOf(person.id).id })
  await published
}

type Asked = { as: string; action_id: string; value: string; channel?: string | undefined; ts?: string | undefined }

/** Lists what an external select offers for a typed text, in a message or else in the modal on top. */
export function listSuggestions(parts: EmulatorParts, { as, action_id, value, channel, ts }: Asked): Promise<Json[]> {
  const person = findPerson(parts, as)
  const seen = channel === undefined || ts === undefined ? undefined : findMessage(parts, as, { channel, ts })
  const place =
    seen === undefined
      ? viewPlace(parts, findTopModal(parts, person))
      : { blocks: seen.message.blocks ?? [], spot: messageLocationOf(parts, seen.channel, seen.message) }
  return requestOptions(parts, person, { placed: elementOf(place.blocks, action_id), spot: place.spot }, value)
}

function viewPlace(parts: EmulatorParts, view: View): { blocks: Json[]; spot: ElementLocation } {
  return {
    blocks: listOf(view.given.blocks),
    spot: { container: { type: 'view', view_id: view.id }, view: viewObjectOf(view, parts.workspace.team.id) },
  }
}

function elementOf(blocks: Json[], actionId: string): PlacedElement {
  const all = placedElementsIn(blocks)
  const found = all.find((one) => one.actionId === actionId)
  if (found !== undefined) return found
  throw new EmulatorError(
    'conflict',
    `there is no element "${actionId}"; there are: ${all.map((one) => one.actionId).join(', ')}`,
  )
}

/** Lists the channels a person is in, or all channels. */
export function channelsOf({ workspace }: EmulatorParts, person: Person | undefined): Json[] {
  const seen = workspace.channels.values().filter((one) => person === undefined || one.members.includes(person.id))
  return seen.map((channel) => {
    const { id, name, members, im, kind, archived } = channel
    const news = person === undefined ? {} : { latest: latestFor(workspace, channel, person) }
    return im === undefined
      ? { id, name, members, kind, archived, general: id === GENERAL, ...news }
      : { id, name: 'dm', members, user: im, ...news }
  })
}

/** The timestamp of the newest message by others that a person would notice, in the channel or in a thread they take part in; `0` for none. */
function latestFor({ messages }: Workspace, channel: Channel, person: Person): string {
  const roots = messages.topLevel(channel.id)
  const threads = roots.flatMap((root) => {
    const thread = [root, ...messages.replies(channel.id, root.ts)]
    return thread.some((one) => isPartOf(one, person)) ? thread.slice(1) : []
  })
  const fromOthers = [...roots, ...threads].filter(
    ({ user, ephemeral_to }) => user !== person.id && (ephemeral_to ?? person.id) === person.id,
  )
  return fromOthers.reduce((last, { ts }) => (ts > last ? ts : last), '0')
}

const isPartOf = ({ user, text, blocks }: Message, person: Person): boolean =>
  user === person.id || JSON.stringify([text, blocks]).includes(`<@${person.id}`)
