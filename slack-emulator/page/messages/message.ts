import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import { Blocks } from '../blocks/blocks.ts'
import { useMessageSurface } from '../state/form-state.ts'
import { type JsonRecord, readNumber, readRecord, readRecords, readString, readStrings } from '../state/read-json.ts'
import { readMark } from '../state/read-marks.ts'
import { SurfaceProvider, useSessionContext } from '../state/session-context.ts'
import { clockTimeOf, fullTimeOf } from '../state/time.ts'
import { renderEmoji } from '../text/inline.ts'
import { renderMrkdwn } from '../text/mrkdwn.ts'
import { Avatar } from '../widgets/avatar.ts'
import { Icon } from '../widgets/icon.ts'
import { Popup } from '../widgets/popup.ts'
import { Files } from './files.ts'

type Props = { message: JsonRecord; channel: string; compact: boolean; inThread: boolean }

export function MessageRow({ message, channel, compact, inThread }: Props) {
  const { app, people, others } = useSessionContext()
  const ts = readString(message.ts)
  const surface = useMessageSurface(channel, ts)
  const user = readString(message.user)
  const author = [...people, ...others].find((one) => one.id === user)
  const name = author?.realName ?? readString(message.from)
  const time = html`<time class="message-time" title=${fullTimeOf(ts)}>${clockTimeOf(ts)}</time>`
  const classes = ['message', compact && 'is-compact', message.ephemeral && 'is-ephemeral'].filter(Boolean).join(' ')
  return html`<li class=${classes} data-ts=${ts}>
    <div class="message-side">${compact ? time : html`<${Avatar} name=${name} app=${user === app.user} />`}</div>
    <div class="message-main">
      ${message.ephemeral === true && html`<div class="only-you"><${Icon} name="eye" /> Only visible to you</div>`}
      ${compact ? html`<span class="hidden">${name}</span>` : html`<div class="message-head"><span class="message-name">${name}</span>${author?.bot === true && html`<span class="badge">APP</span>`}${time}</div>`}
      <${SurfaceProvider} value=${surface}><${Body} message=${message} /></${SurfaceProvider}>
      <${Files} files=${readRecords(message.files)} />
      <${Reactions} message=${message} />
      ${!inThread && readNumber(message.reply_count) > 0 && html`<${ThreadLink} message=${message} channel=${channel} />`}
    </div>
    <${Tools} message=${message} channel=${channel} inThread=${inThread} />
  </li>`
}

function Body({ message }: { message: JsonRecord }) {
  const blocks = readRecords(message.blocks)
  const live = message.streaming === true
  const edited = message.edited === true && message.streaming === undefined
  return html`<div class="message-body">
    ${blocks.length > 0 ? html`<${Blocks} blocks=${blocks} />` : html`<div>${renderMrkdwn(readString(message.text))}</div>`}
    ${live && html`<span class="cursor" role="img" aria-label="still writing"></span>`}
    ${edited && html`<span class="quiet edited">(edited)</span>`}
  </div>`
}

function Reactions({ message }: { message: JsonRecord }) {
  const { me } = useSessionContext()
  const all = readRecords(message.reactions)
  if (all.length === 0) return null
  return html`<div class="reactions">${all.map((one) => {
    const users = readStrings(one.users)
    return html`<span class=${users.includes(me.id) ? 'reaction is-mine' : 'reaction'}>${renderEmoji(readString(one.name))} ${users.length}</span>`
  })}</div>`
}

function ThreadLink({ message, channel }: { message: JsonRecord; channel: string }) {
  const { go, people, others, app, me, location } = useSessionContext()
  const ts = readString(message.ts)
  const count = readNumber(message.reply_count)
  const latest = readString(message.latest_reply)
  const fresh = location.thread !== ts && latest > readMark(me.name, `${channel}/${ts}`)
  const who = readStrings(message.reply_users).slice(0, 4)
  const nameOf = (id: string) => [...people, ...others].find((one) => one.id === id)?.realName ?? app.name
  return html`<button type="button" class="thread-link" onClick=${() => go({ channel, home: false, thread: ts })}>
    ${who.map((id) => html`<${Avatar} name=${nameOf(id)} app=${id === app.user} small=${true} />`)}
    <span class="thread-count">${count} ${count === 1 ? 'reply' : 'replies'}</span>
    ${fresh && html`<span class="dot" role="img" aria-label="new"></span>`}
    <span class="quiet">Last at ${clockTimeOf(latest)}</span>
  </button>`
}

function Tools({ message, channel, inThread }: { message: JsonRecord; channel: string; inThread: boolean }) {
  const { go, app, act } = useSessionContext()
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const ts = readString(message.ts)
  const shortcuts = app.shortcuts.filter((one) => one.type === 'message')
  if (message.ephemeral === true) return null
  const start = (callback_id: string) => {
    setOpen(false)
    anchor.current?.focus()
    void act('shortcut', { callback_id, channel, ts })
  }
  const thread = readString(readRecord(message).thread_ts) || ts
  return html`<div class="message-tools">
    ${!inThread && html`<button type="button" class="icon-button" title="Reply in thread" aria-label="Reply in thread" onClick=${() => go({ channel, home: false, thread })}><${Icon} name="reply" /></button>`}
    ${shortcuts.length > 0 && html`<button type="button" ref=${anchor} class="icon-button" title="More actions" aria-label="More actions" aria-haspopup="menu" aria-expanded=${open} onClick=${() => setOpen(!open)}><${Icon} name="more" /></button>`}
    ${
      open &&
      html`<${Popup} anchor=${anchor} onClose=${() => setOpen(false)} role="menu" label="Message shortcuts">
      ${shortcuts.map((one) => html`<button type="button" role="menuitem" class="menu-item" onClick=${() => start(one.callbackId)}>${one.name}<span class="menu-more">${app.name}</span></button>`)}
    </${Popup}>`
    }
  </div>`
}
