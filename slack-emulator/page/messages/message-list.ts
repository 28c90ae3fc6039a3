import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { type JsonRecord, readString } from '../state/read-json.ts'
import { dayLabelOf, dayOf } from '../state/time.ts'
import { MessageRow } from './message.ts'

type Props = { messages: JsonRecord[]; channel: string; label: string; inThread: boolean; before?: ComponentChildren }

/** Messages by one author within this time are grouped under one name. */
const TOGETHER_S = 300
/** Within this distance of the end, the list follows new messages. */
const NEAR_PX = 60

export function MessageList({ messages, channel, label, inThread, before }: Props) {
  const box = useFollow(messages)
  const rows = messages.map((message, index) => {
    const last = messages[index - 1]
    const newDay = last === undefined || dayOf(readString(last.ts)) !== dayOf(readString(message.ts))
    return html`
      ${newDay && !inThread && html`<li key=${`day-${readString(message.ts)}`} class="day"><span>${dayLabelOf(readString(message.ts))}</span></li>`}
      <${MessageRow} key=${readString(message.ts)} message=${message} channel=${channel} compact=${!newDay && together(last, message)} inThread=${inThread} />
      ${inThread && index === 0 && messages.length > 1 && html`<li key="replies" class="day is-left"><span>${messages.length - 1} ${messages.length === 2 ? 'reply' : 'replies'}</span></li>`}`
  })
  return html`<div class="scroll" ref=${box} tabindex="0" role="group" aria-label=${label}>
    ${!inThread && html`<div class="fill"></div>`}${before}<ol class="messages">${rows}</ol>
  </div>`
}

function together(last: JsonRecord | undefined, message: JsonRecord): boolean {
  if (
    last === undefined ||
    last.user !== message.user ||
    last.username !== message.username ||
    last.ephemeral !== message.ephemeral
  )
    return false
  if (message.ephemeral === true || last.reply_count !== undefined) return false
  return Number(message.ts) - Number(last.ts) < TOGETHER_S
}

/** Keeps the list at its end, unless the reader has scrolled up. */
function useFollow(messages: JsonRecord[]) {
  const box = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  useEffect(() => {
    const list = box.current
    if (list === null) return
    const sizeOf = () => `${list.clientWidth} ${list.clientHeight} ${list.scrollHeight}`
    let size = sizeOf()
    const note = () => {
      // The browser scrolls by itself when the list's size changes, and `keep` runs after that.
      if (sizeOf() !== size) return
      follows.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX
    }
    const keep = () => {
      size = sizeOf()
      if (follows.current) list.scrollTop = list.scrollHeight
    }
    // Late images and a growing composer move the end too.
    const sizes = new ResizeObserver(keep)
    sizes.observe(list)
    for (const child of list.children) sizes.observe(child)
    list.addEventListener('scroll', note, { passive: true })
    return () => {
      sizes.disconnect()
      list.removeEventListener('scroll', note)
    }
  }, [])
  // New messages move the end.
  useLayoutEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [messages])
  return box
}
