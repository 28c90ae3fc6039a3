import { html } from 'htm/preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type JsonRecord, readString } from '../state/read-json.ts'
import { type SessionContext, useSessionContext } from '../state/session-context.ts'
import { unescapeText } from '../text/inline.ts'

type Props = { message: JsonRecord; channel: string; onDone(): void }

/** A message of one's own, while it is edited: Enter saves, Esc leaves it as it was. */
export function Editor({ message, channel, onDone }: Props) {
  const session = useSessionContext()
  const [text, setText] = useState(() => typedTextOf(readString(message.text), session))
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => field.current?.focus(), [])
  const save = async () => {
    const saved = await session.act('edit', { channel, ts: readString(message.ts), text: text.trim() })
    if (saved !== undefined) onDone()
  }
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation()
      onDone()
    }
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    void save()
  }
  const note = ({ target }: Event) => target instanceof HTMLTextAreaElement && setText(target.value)
  return html`<div class="composer editor">
    <textarea ref=${field} class="composer-text" rows="2" aria-label="Edit message" value=${text} onInput=${note} onKeyDown=${keys}></textarea>
    <div class="composer-tools"><span class="fill"></span>
      <button type="button" class="small-button" onClick=${onDone}>Cancel</button>
      <button type="button" class="small-button" onClick=${() => void save()}>Save</button></div>
  </div>`
}

/** The text as it was typed: names for ids, and no escapes. */
function typedTextOf(text: string, { people, others, groups, app, channels }: SessionContext): string {
  const nameOf = (id: string) =>
    id === app.user ? app.name : [...people, ...others].find((one) => one.id === id)?.realName
  const channelOf = (id: string) => channels.find((one) => one.id === id)?.name
  const named = text.replace(
    /<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>/g,
    (_, mark: string, target: string, label?: string) => {
      if (mark === '@') return `@${nameOf(target) ?? label ?? target}`
      if (mark === '#') return `#${channelOf(target) ?? label ?? target}`
      const group = groups.find((one) => target === `subteam^${one.id}`)
      if (mark === '!') return `@${group?.handle ?? target}`
      return target
    },
  )
  return unescapeText(named)
}
