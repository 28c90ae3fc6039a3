import { isRecord } from '../../src/block-kit/problem.ts'
import { listOf } from '../../src/block-kit/shape-rules.ts'
import { basePayloadFor, channelPayloadOf, sendInteraction } from '../delivery/interaction-payloads.ts'
import { EmulatorError } from '../errors.ts'
import { placedElementsIn } from '../workspace/blocks.ts'
import { initialStateOf } from '../workspace/form-state.ts'
import { viewObjectOf } from '../workspace/modal-stacks.ts'
import { messageObjectOf } from '../workspace/objects/message-object.ts'
import type { Channel, Json, Message, Person, View } from '../workspace/records.ts'
import { SLACKBOT } from '../workspace/seed.ts'
import { choicesFor } from './directory.ts'
import type { EmulatorParts } from './emulator-parts.ts'
import { type ElementLocation, requestOptions } from './external-options.ts'
import { chosenStateOf, findPressable, type PressableElement } from './pressable-elements.ts'

/** `block_id` distinguishes elements with the same label and action_id. */
export type ButtonPress = { button: string; value?: unknown; block_id?: string | undefined; team?: string | undefined }

/** Presses a button or chooses in a menu of a message. */
export async function pressInMessage(
  parts: EmulatorParts,
  { person, channel, message }: { person: Person; channel: Channel; message: Message },
  press: ButtonPress,
): Promise<void> {
  const spot = messageLocationOf(parts, channel, message)
  const blocks = message.blocks ?? []
  const found = findPressable(blocks, press, person.id)
  const chosen = await choose(parts, person, { found, spot, value: press.value })
  const at = { channel: channel.id, user: person.id, ts: message.ts, thread_ts: message.thread_ts }
  const payload = {
    ...actionPayload(parts, person, found, chosen),
    ...(press.team === undefined ? {} : fromElsewhere(person, press.team)),
    ...spot,
    trigger_id: parts.triggers.issue(person.id),
    state: { values: messageState(blocks, found, chosen) },
    response_url: parts.responses.issue(at),
  }
  try {
    await sendInteraction(parts.transport, 'interactive', payload)
  } catch (error) {
    if (error instanceof EmulatorError) notifyPerson(parts, person, channel, error.message)
    throw error
  }
}

/** Presses a button or chooses in a menu of a modal or Home tab; returns whether the app was told. */
export async function pressInView(
  parts: EmulatorParts,
  person: Person,
  view: View,
  press: ButtonPress,
): Promise<boolean> {
  const spot = { container: { type: 'view', view_id: view.id }, view: viewObjectOf(view, parts.workspace.team.id) }
  const found = findPressable(listOf(view.given.blocks), press, person.id)
  const chosen = await choose(parts, person, { found, spot, value: press.value })
  const { blockId, actionId, block } = found.placed
  const state =
    chosen === undefined ? view.state : { ...view.state, [blockId]: { ...view.state[blockId], [actionId]: chosen } }
  const next = { ...view, state }
  if (view.type === 'modal') parts.modals.keep(next)
  else parts.workspace.homes.put(person.id, next)
  if (block.type === 'input' && block.dispatch_action !== true) return false
  await sendInteraction(parts.transport, 'interactive', {
    ...actionPayload(parts, person, found, chosen),
    ...spot,
    view: viewObjectOf(next, parts.workspace.team.id),
    trigger_id: parts.triggers.issue(person.id, view.type === 'modal'),
  })
  return true
}

export function messageLocationOf({ workspace }: EmulatorParts, channel: Channel, message: Message): ElementLocation {
  const { ts, thread_ts, ephemeral_to } = message
  const ephemeral = ephemeral_to !== undefined
  const container: Json = { type: 'message', message_ts: ts, channel_id: channel.id, is_ephemeral: ephemeral }
  if (thread_ts !== undefined) container.thread_ts = thread_ts
  // Slack's payload does not contain the ephemeral message itself.
  const shown = ephemeral ? {} : { message: messageObjectOf(message, workspace, true) }
  return { container, channel: channelPayloadOf(channel), ...shown }
}

type Choice = { found: PressableElement; spot: ElementLocation; value: unknown }

async function choose(parts: EmulatorParts, person: Person, { found, spot, value }: Choice): Promise<Json | undefined> {
  const { placed } = found
  const external = String(placed.element.type).endsWith('external_select') && value !== undefined
  const wanted = Array.isArray(value) ? value : [value]
  const offered = external
    ? await Promise.all(wanted.map((one) => requestOptions(parts, person, { placed, spot }, String(one))))
    : []
  const known = choicesFor(parts.workspace, person, placed.element)
  return chosenStateOf(found, value, { offered: offered.flat(), known })
}

function actionPayload(
  parts: EmulatorParts,
  person: Person,
  { action }: PressableElement,
  chosen: Json | undefined,
): Json {
  return {
    type: 'block_actions',
    ...basePayloadFor(parts.workspace, person),
    actions: [{ ...action, ...chosen, action_ts: parts.workspace.nextTs() }],
  }
}

/** In a Slack Connect channel the payload names the person's own workspace. */
const fromElsewhere = ({ id, name }: Person, team: string): Json => ({
  team: { id: team, domain: 'elsewhere' },
  user: { id, username: name, name, team_id: team },
})

function messageState(blocks: Json[], found: PressableElement, chosen: Json | undefined): Json {
  const values: Record<string, Json> = {}
  for (const placed of placedElementsIn(blocks)) {
    const own =
      placed.actionId === found.placed.actionId && placed.blockId === found.placed.blockId ? chosen : undefined
    const state = own ?? initialStateOf(placed.element)
    if (isRecord(state)) values[placed.blockId] = { ...values[placed.blockId], [placed.actionId]: state }
  }
  return values
}

/** Shows a person that the app did not answer. */
export function notifyPerson(parts: EmulatorParts, person: Person, channel: Channel, words: string): void {
  parts.workspace.post({ channel: channel.id, user: SLACKBOT, text: `:warning: ${words}`, ephemeral_to: person.id })
}
