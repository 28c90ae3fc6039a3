import type { ComponentChildren } from 'preact'
import { readRecord, readString } from '../state/read-json.ts'
import { renderMrkdwn, renderPlainText } from '../text/mrkdwn.ts'

/** A text object of either kind as elements. */
export function renderTextObject(value: unknown): ComponentChildren {
  const { type, text } = readRecord(value)
  return type === 'mrkdwn' ? renderMrkdwn(readString(text)) : renderPlainText(readString(text))
}
