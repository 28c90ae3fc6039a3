import { createHash } from 'node:crypto'
import type { App } from '@slack/bolt'
import { snapshotOf } from '../../agents/agent-address.ts'
import { ChannelId } from '../../ids.ts'
import type { StartRequest } from '../../run/runs.ts'
import { readScheduleWords } from '../../triggers/schedule/read-schedule.ts'
import type { TriggerDefinition } from '../../triggers/trigger.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { AgentDeps, HomeTabDeps, RunsDeps, TriggersDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { originOf, postInThread } from '../interactions/post-in-thread.ts'
import { placeRefusalFor } from '../triggers/answer-place.ts'
import { scheduleFieldsOf, titleOf } from '../triggers/read-schedule-form.ts'
import { newScheduleModalFor } from '../triggers/schedule-form-actions.ts'
import {
  OfferedRequest,
  offerMessageFor,
  replaceOfferCard,
  ScheduleOffer,
  scheduledMessage,
} from '../triggers/schedule-offer.ts'

type Deps = WebApiDeps & RunsDeps & AgentDeps & TriggersDeps

/** Asks whether to schedule a request that begins with a time; false where it is a request like any other. */
export async function offerSchedule(deps: Deps, request: StartRequest): Promise<boolean> {
  const { origin, text, agent, earlier, dedupeKey } = request
  const now = new Date()
  const read = readScheduleWords(text, { now, zone: origin.userZone ?? 'UTC' })
  if (read === undefined) return false
  const { user, channel, threadTs, messageTs: ts } = origin
  const chosen = agent === undefined ? {} : { agent: agent.id }
  const content = offerMessageFor(
    {
      offer: { user, task: withLines(read.task, text), schedule: read.schedule, ...chosen },
      request: { user, text, ts, ...chosen, ...(earlier && { earlier: true }) },
      place: placeIn(channel),
      timeAssumed: read.timeAssumed,
    },
    now,
  )
  if (content === undefined || (await deps.runs.activeIn(origin.workspace, channel, threadTs))) return false
  // A mention comes as two events; other words are another request.
  const key = `schedule:${dedupeKey}:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  if (await deps.runs.seen(key)) return true
  try {
    await postInThread(deps, channel, threadTs, content)
  } catch (error) {
    await deps.runs.forgetSeen(key)
    throw error
  }
  return true
}

/** The task with its line breaks, as it was said. */
function withLines(task: string, said: string): string {
  for (const { index } of said.matchAll(/\S+/g)) {
    const rest = said.slice(index).trim()
    if (rest.replace(/\s+/g, ' ') === task) return rest
  }
  return task
}

const placeIn = (channel: string): TriggerDefinition['place'] =>
  channel.startsWith('D') ? { kind: 'dm' } : { kind: 'channel', channel: ChannelId.parse(channel) }

/** Listens to the card that asks whether to schedule something. */
export function registerScheduleOffer(app: App, deps: Deps & HomeTabDeps): void {
  onDurablePress(app, deps, 'schedule_yes', (press) => scheduleOffered(deps, press))
  onButtonPress(app, deps, 'schedule_change', (press) => changeOffered(deps, press))
  onDurablePress(app, deps, 'schedule_not', (press) => doOfferedNow(deps, press))
}

const notYours = (user: string): string => `Only ${mentionOf(user)}, who asked for it, decides this.`

function definitionOf({ task, schedule, agent }: ScheduleOffer, channel: string): TriggerDefinition {
  return {
    kind: 'schedule',
    title: titleOf(task),
    spec: schedule,
    starts: { kind: 'request', text: task, ...(agent !== undefined && { agent }) },
    place: placeIn(channel),
  }
}

async function scheduleOffered(deps: Deps & HomeTabDeps, { by, value, message, responder, ack }: BlockAction) {
  const offer = ScheduleOffer.parse(JSON.parse(value))
  if (message === undefined) return
  if (offer.user !== by.user) return responder.replyError(notYours(offer.user))
  const definition = definitionOf(offer, message.channel)
  const why = await placeRefusalFor(deps, by, definition)
  if (why !== undefined) return responder.replyError(`${why} _Change_ lets you choose another place.`)
  const key = `schedule-offer:${by.workspace}:${message.channel}:${message.ts}`
  if (!(await deps.runs.seen(key))) {
    try {
      await deps.triggers.create(by, definition)
    } catch (error) {
      await deps.runs.forgetSeen(key)
      throw error
    }
  }
  await ack()
  deps.refreshHome(by)
  await replaceOfferCard(deps, message, scheduledMessage(definition, new Date()))
}

async function changeOffered(deps: Deps, { by, value, message, responder }: BlockAction): Promise<void> {
  const offer = ScheduleOffer.parse(JSON.parse(value))
  if (message === undefined) return
  if (offer.user !== by.user) return responder.replyError(notYours(offer.user))
  const fields = scheduleFieldsOf(definitionOf(offer, message.channel))
  const card = { channel: message.channel, ts: message.ts }
  await responder.openModal(await newScheduleModalFor(deps, by, fields, { zone: offer.schedule.zone, card }))
}

/** The request as it would have been without the card. */
async function doOfferedNow(deps: Deps, { by, value, message, responder, ack }: BlockAction): Promise<void> {
  const { user, text, ts, agent: id, earlier } = OfferedRequest.parse(JSON.parse(value))
  if (message === undefined) return
  if (user !== by.user) return responder.replyError(notYours(user))
  const channel = ChannelId.parse(message.channel)
  const thread = message.thread ?? ts
  const agent = id === undefined ? undefined : await deps.agents.find(by, id)
  await deps.runs.start({
    origin: await originOf(deps, by, { channel, threadTs: thread, messageTs: ts }),
    text: `${text}\n[The person was asked whether to schedule this, and chose to have it done once, now.]`,
    dedupeKey: `${by.workspace}:${channel}:${ts}`,
    ...(agent && { agent: snapshotOf(agent, 'name') }),
    ...(earlier && { earlier: { channel, thread, before: ts } }),
  })
  await ack()
  const words = 'Nothing is scheduled. I do it now.'
  await replaceOfferCard(deps, message, { text: words, blocks: [sectionBlock(words)] })
}
