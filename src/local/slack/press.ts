import { isRecord } from '../../block-kit/problem.ts'
import { listOf } from '../../block-kit/rules.ts'
import { AppError } from '../../errors.ts'
import { placedElements } from './blocks.ts'
import { initialState } from './form-state.ts'
import { viewObject } from './modals.ts'
import { ask, basePayload, channelPayload, type Stage } from './payloads.ts'
import { chosenState, type Pressable, pick } from './pressables.ts'
import type { Channel, Json, Message, Person, View } from './records.ts'
import { SLACKBOT } from './seed.ts'
import { messageObject } from './slack-objects.ts'
import { type Spot, suggest } from './suggest.ts'

/** `block_id` tells elements apart that share their label and action_id. */
export type Press = { button: string; value?: unknown; block_id?: string | undefined; team?: string | undefined }

/** Presses a button, or chooses in a menu, of a message. */
export async function pressInMessage(
  stage: Stage,
  { person, channel, message }: { person: Person; channel: Channel; message: Message },
  press: Press,
): Promise<void> {
  const spot = messageSpot(stage, channel, message)
  const blocks = message.blocks ?? []
  const found = pick(blocks, press, person.id)
  const chosen = await choose(stage, person, { found, spot, value: press.value })
  const at = { channel: channel.id, user: person.id, ts: message.ts, thread_ts: message.thread_ts }
  const payload = {
    ...actionPayload(stage, person, found, chosen),
    ...(press.team === undefined ? {} : fromElsewhere(person, press.team)),
    ...spot,
    trigger_id: stage.triggers.issue(person.id),
    state: { values: messageState(blocks, found, chosen) },
    response_url: stage.responses.issue(at),
  }
  try {
    await ask(stage.wire, 'interactive', payload)
  } catch (error) {
    if (error instanceof AppError) notify(stage, person, channel, error.message)
    throw error
  }
}

/** Presses or chooses in the modal on top, or in the Home tab. Returns whether the app was told. */
export async function pressInView(stage: Stage, person: Person, view: View, press: Press): Promise<boolean> {
  const spot = { container: { type: 'view', view_id: view.id }, view: viewObject(view, stage.workspace.team.id) }
  const found = pick(listOf(view.given.blocks), press, person.id)
  const chosen = await choose(stage, person, { found, spot, value: press.value })
  const { blockId, actionId, block } = found.placed
  const state =
    chosen === undefined ? view.state : { ...view.state, [blockId]: { ...view.state[blockId], [actionId]: chosen } }
  const next = { ...view, state }
  if (view.type === 'modal') stage.modals.keep(next)
  else stage.workspace.homes.put(person.id, next)
  if (block.type === 'input' && block.dispatch_action !== true) return false
  await ask(stage.wire, 'interactive', {
    ...actionPayload(stage, person, found, chosen),
    ...spot,
    view: viewObject(next, stage.workspace.team.id),
    trigger_id: stage.triggers.issue(person.id, view.type === 'modal'),
  })
  return true
}

export function messageSpot({ workspace }: Stage, channel: Channel, message: Message): Spot {
  const { ts, thread_ts, ephemeral_to } = message
  const ephemeral = ephemeral_to !== undefined
  const container: Json = { type: 'message', message_ts: ts, channel_id: channel.id, is_ephemeral: ephemeral }
  if (thread_ts !== undefined) container.thread_ts = thread_ts
  // Slack leaves an ephemeral message itself out of the payload.
  const shown = ephemeral ? {} : { message: messageObject(message, workspace, true) }
  return { container, channel: channelPayload(channel), ...shown }
}

type Choice = { found: Pressable; spot: Spot; value: unknown }

async function choose(stage: Stage, person: Person, { found, spot, value }: Choice): Promise<Json | undefined> {
  const { placed } = found
  const external = String(placed.element.type).endsWith('external_select') && value !== undefined
  const wanted = Array.isArray(value) ? value : [value]
  const offered = external
    ? await Promise.all(wanted.map((one) => suggest(stage, person, { placed, spot }, String(one))))
    : []
  return chosenState(found, value, offered.flat())
}

function actionPayload(stage: Stage, person: Person, { action }: Pressable, chosen: Json | undefined): Json {
  return {
    type: 'block_actions',
    ...basePayload(stage.workspace, person),
    actions: [{ ...action, ...chosen, action_ts: stage.workspace.nextTs() }],
  }
}

/** In a channel that several companies share (Slack Connect), a press names the workspace of the person. */
const fromElsewhere = ({ id, name }: Person, team: string): Json => ({
  team: { id: team, domain: 'elsewhere' },
  user: { id, username: name, name, team_id: team },
})

function messageState(blocks: Json[], found: Pressable, chosen: Json | undefined): Json {
  const values: Record<string, Json> = {}
  for (const placed of placedElements(blocks)) {
    const own =
      placed.actionId === found.placed.actionId && placed.blockId === found.placed.blockId ? chosen : undefined
    const state = own ?? initialState(placed.element)
    if (isRecord(state)) values[placed.blockId] = { ...values[placed.blockId], [placed.actionId]: state }
  }
  return values
}

/** The words a person sees where the app did not answer. */
export function notify(stage: Stage, person: Person, channel: Channel, words: string): void {
  stage.workspace.post({ channel: channel.id, user: SLACKBOT, text: `:warning: ${words}`, ephemeral_to: person.id })
}
