import type { ComponentChildren } from 'preact'
import { mrkdwn, plainText } from './mrkdwn.ts'
import { record, str } from './read.ts'

/** A text object of either kind as elements. */
export function paintText(value: unknown): ComponentChildren {
  const { type, text } = record(value)
  return type === 'mrkdwn' ? mrkdwn(str(text)) : plainText(str(text))
}
