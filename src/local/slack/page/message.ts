import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import { Avatar } from './avatar.ts'
import { Blocks } from './blocks.ts'
import { SurfaceProvider, useDesk } from './desk.ts'
import { Files } from './files.ts'
import { Icon } from './icon.ts'
import { emoji } from './inline.ts'
import { mrkdwn } from './mrkdwn.ts'
import { Popup } from './popup.ts'
import { type Json, num, record, records, str, strings } from './read.ts'
import { readMark } from './read-marks.ts'
import { useMessageSurface } from './surfaces.ts'
import { clockOf, fullTimeOf } from './time.ts'

type Props = { message: Json; room: string; compact: boolean; inThread: boolean }

export function Message({ message, room, compact, inThread }: Props) {
  const { app, people } = useDesk()
  const ts = str(message.ts)
  const surface = useMessageSurface(room, ts)
  const user = str(message.user)
  const bot = !people.some((one) => one.id === user)
  const name = people.find((one) => one.id === user)?.realName ?? str(message.from)
  const time = html`<time class="message-time" title=${fullTimeOf(ts)}>${clockOf(ts)}</time>`
  const classes = ['message', compact && 'is-compact', message.ephemeral && 'is-ephemeral'].filter(Boolean).join(' ')
  return html`<li class=${classes} data-ts=${ts}>
    <div class="message-side">${compact ? time : html`<${Avatar} name=${name} app=${user === app.user} />`}</div>
    <div class="message-main">
      ${message.ephemeral === true && html`<div class="only-you"><${Icon} name="eye" /> Only visible to you</div>`}
      ${compact ? html`<span class="hidden">${name}</span>` : html`<div class="message-head"><span class="message-name">${name}</span>${bot && html`<span class="badge">APP</span>`}${time}</div>`}
      <${SurfaceProvider} value=${surface}><${Body} message=${message} /></${SurfaceProvider}>
      <${Files} files=${records(message.files)} />
      <${Reactions} message=${message} />
      ${!inThread && num(message.reply_count) > 0 && html`<${ThreadLink} message=${message} room=${room} />`}
    </div>
    <${Tools} message=${message} room=${room} inThread=${inThread} />
  </li>`
}

function Body({ message }: { message: Json }) {
  const blocks = records(message.blocks)
  const live = message.streaming === true
  const edited = message.edited === true && message.streaming === undefined
  return html`<div class="message-body">
    ${blocks.length > 0 ? html`<${Blocks} blocks=${blocks} />` : html`<div>${mrkdwn(str(message.text))}</div>`}
    ${live && html`<span class="cursor" role="img" aria-label="still writing"></span>`}
    ${edited && html`<span class="quiet edited">(edited)</span>`}
  </div>`
}

function Reactions({ message }: { message: Json }) {
  const { me } = useDesk()
  const all = records(message.reactions)
  if (all.length === 0) return null
  return html`<div class="reactions">${all.map((one) => {
    const users = strings(one.users)
    return html`<span class=${users.includes(me.id) ? 'reaction is-mine' : 'reaction'}>${emoji(str(one.name))} ${users.length}</span>`
  })}</div>`
}

function ThreadLink({ message, room }: { message: Json; room: string }) {
  const { go, people, app, me, place } = useDesk()
  const ts = str(message.ts)
  const count = num(message.reply_count)
  const latest = str(message.latest_reply)
  const fresh = place.thread !== ts && latest > readMark(me.name, `${room}/${ts}`)
  const who = strings(message.reply_users).slice(0, 4)
  const nameOf = (id: string) => people.find((one) => one.id === id)?.realName ?? app.name
  return html`<button type="button" class="thread-link" onClick=${() => go({ room, home: false, thread: ts })}>
    ${who.map((id) => html`<${Avatar} name=${nameOf(id)} app=${id === app.user} small=${true} />`)}
    <span class="thread-count">${count} ${count === 1 ? 'reply' : 'replies'}</span>
    ${fresh && html`<span class="dot" role="img" aria-label="new"></span>`}
    <span class="quiet">Last at ${clockOf(latest)}</span>
  </button>`
}

function Tools({ message, room, inThread }: { message: Json; room: string; inThread: boolean }) {
  const { go, app, act } = useDesk()
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const ts = str(message.ts)
  const shortcuts = app.shortcuts.filter((one) => one.type === 'message')
  if (message.ephemeral === true) return null
  const start = (callback_id: string) => {
    setOpen(false)
    anchor.current?.focus()
    void act('shortcut', { callback_id, channel: room, ts })
  }
  const thread = str(record(message).thread_ts) || ts
  return html`<div class="message-tools">
    ${!inThread && html`<button type="button" class="icon-button" title="Reply in thread" aria-label="Reply in thread" onClick=${() => go({ room, home: false, thread })}><${Icon} name="reply" /></button>`}
    ${shortcuts.length > 0 && html`<button type="button" ref=${anchor} class="icon-button" title="More actions" aria-label="More actions" aria-haspopup="menu" aria-expanded=${open} onClick=${() => setOpen(!open)}><${Icon} name="more" /></button>`}
    ${
      open &&
      html`<${Popup} anchor=${anchor} onClose=${() => setOpen(false)} role="menu" label="Message shortcuts">
      ${shortcuts.map((one) => html`<button type="button" role="menuitem" class="menu-item" onClick=${() => start(one.callbackId)}>${one.name}<span class="menu-more">${app.name}</span></button>`)}
    </${Popup}>`
    }
  </div>`
}
