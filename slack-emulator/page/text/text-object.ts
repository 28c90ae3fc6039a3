import type { ComponentChildren } from 'preact'
import { readRecord, readString } from '../state/read-json.ts'
import { renderMrkdwn, renderPlainText } from './mrkdwn.ts'

/** Renders a text object of either type. */
export function renderTextObject(value: unknown): ComponentChildren {
  const { type, text } = readRecord(value)
  return type === 'mrkdwn' ? renderMrkdwn(readString(text)) : renderPlainText(readString(text))
}
