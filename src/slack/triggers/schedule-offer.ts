import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { UserId } from '../../ids.ts'
import { Schedule } from '../../triggers/schedule/schedule.ts'
import { describeSchedule } from '../../triggers/schedule/schedule-text.ts'
import type { TriggerDefinition } from '../../triggers/trigger.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn } from '../blocks/text.ts'
import type { WebApiDeps } from '../deps.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { firstTimeText, placeTextOf, triggerLabel, whenTextOf } from './schedule-texts.ts'

/** What a card offers to schedule; it stands in the card's buttons. */
export const ScheduleOffer = z.object({
  user: UserId,
  task: z.string(),
  schedule: Schedule,
  /** An agent's id. */
  agent: z.string().optional(),
})
export type ScheduleOffer = z.infer<typeof ScheduleOffer>

/** The request as it would have been made, for *No, do it now*. */
export const OfferedRequest = z.object({
  user: UserId,
  text: z.string(),
  ts: z.string(),
  agent: z.string().optional(),
  /** What was said in the thread before is part of it. */
  earlier: z.boolean().optional(),
})
export type OfferedRequest = z.infer<typeof OfferedRequest>

type Offered = {
  offer: ScheduleOffer
  request: OfferedRequest
  place: TriggerDefinition['place']
  timeAssumed: boolean
}

/** Asks whether to schedule what somebody said; undefined where it is too long for a card. Pure. */
export function offerMessageFor(
  { offer, request, place, timeAssumed }: Offered,
  now: Date,
): MessageContent | undefined {
  const [offerValue, requestValue] = [JSON.stringify(offer), JSON.stringify(request)]
  if (offerValue.length > LIMITS.button.value || requestValue.length > LIMITS.button.value) return undefined
  const text = `Shall I do this ${escapeMrkdwn(describeSchedule(offer.schedule))}?${firstTimeText(offer.schedule, now)}`
  const noTime = timeAssumed ? ['You named no time, so I took this one.'] : []
  const notes = [...noTime, `I would answer ${placeTextOf({ place })}. Nothing is scheduled before you say so.`]
  return {
    text,
    blocks: [
      sectionBlock(`:alarm_clock: ${text}\n> ${escapeInlineMrkdwn(offer.task.replace(/\s+/g, ' '))}`),
      contextBlock(notes.join(' ')),
      actionsBlock([
        createButton({ text: 'Yes, schedule it', action: 'schedule_yes', value: offerValue, style: 'primary' }),
        createButton({ text: 'Change', action: 'schedule_change', value: offerValue }),
        createButton({ text: 'No, do it now', action: 'schedule_not', value: requestValue }),
      ]),
    ],
  }
}

/** What the card says once it is scheduled. Pure. */
export function scheduledMessage(definition: TriggerDefinition, now: Date): MessageContent {
  const first = definition.kind === 'schedule' ? firstTimeText(definition.spec, now) : ''
  const text = `${triggerLabel({ definition })} is scheduled ${whenTextOf(definition)}.${first} I answer ${placeTextOf(definition)}.`
  return {
    text,
    blocks: [
      sectionBlock(`:white_check_mark: ${text}`),
      actionsBlock([createCommandButton('My schedules', 'schedules')]),
    ],
  }
}

/** Shows in place of the card what became of it. */
export async function replaceOfferCard(
  { webApi }: Pick<WebApiDeps, 'webApi'>,
  { channel, ts }: { channel: string; ts: string },
  content: MessageContent,
): Promise<void> {
  await webApi.call('chat.update', { channel, ts, ...content }, AnyResponse)
}
