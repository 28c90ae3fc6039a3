import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { Blocks } from '../blocks/blocks.ts'
import { useMessageSurface } from '../state/form-state.ts'
import { type JsonRecord, readNumber, readRecord, readRecords, readString, readStrings } from '../state/read-json.ts'
import { readMark } from '../state/read-marks.ts'
import { SurfaceProvider, useSessionContext } from '../state/session-context.ts'
import { clockTimeOf, fullTimeOf } from '../state/time.ts'
import { renderMrkdwn } from '../text/mrkdwn.ts'
import { Avatar } from '../widgets/avatar.ts'
import { Icon } from '../widgets/icon.ts'
import { Standing } from '../widgets/standing.ts'
import { Attachments } from './attachments.ts'
import { Editor } from './editor.ts'
import { Files } from './files.ts'
import { MessageTools } from './message-tools.ts'
import { Reactions } from './reactions.ts'

type Props = { message: JsonRecord; channel: string; compact: boolean; inThread: boolean }

export function MessageRow({ message, channel, compact, inThread }: Props) {
  const { app, people, others } = useSessionContext()
  const ts = readString(message.ts)
  const surface = useMessageSurface(channel, ts)
  const user = readString(message.user)
  const author = [...people, ...others].find((one) => one.id === user)
  const name = readString(message.username) || (author?.realName ?? readString(message.from))
  const [editing, setEditing] = useState(false)
  const time = html`<time class="message-time" title=${fullTimeOf(ts)}>${clockTimeOf(ts)}</time>`
  const kinds = [compact && 'is-compact', message.ephemeral && 'is-ephemeral', isQuiet(message) && 'is-quiet']
  const classes = ['message', ...kinds].filter(Boolean).join(' ')
  return html`<li class=${classes} data-ts=${ts}>
    <div class="message-side">${compact ? time : html`<${Avatar} name=${name} app=${user === app.user} face=${faceOf(message)} />`}</div>
    <div class="message-main">
      ${message.ephemeral === true && html`<div class="only-you"><${Icon} name="eye" /> Only visible to you</div>`}
      ${compact ? html`<span class="hidden">${name}</span>` : html`<div class="message-head"><span class="message-name">${name}</span><${Standing} person=${author} />${time}</div>`}
      ${editing ? html`<${Editor} message=${message} channel=${channel} onDone=${() => setEditing(false)} />` : html`<${SurfaceProvider} value=${surface}><${Body} message=${message} /><${Attachments} all=${readRecords(message.attachments)} /></${SurfaceProvider}>`}
      <${Files} files=${readRecords(message.files)} />
      <${Reactions} message=${message} channel=${channel} />
      ${!inThread && readNumber(message.reply_count) > 0 && html`<${ThreadLink} message=${message} channel=${channel} />`}
    </div>
    <${MessageTools} message=${message} channel=${channel} inThread=${inThread} onEdit=${() => setEditing(true)} />
  </li>`
}

/** The face that an app gave its message. */
function faceOf({ icons }: JsonRecord): string {
  const { emoji, image_48 } = readRecord(icons)
  return readString(emoji) || readString(image_48)
}

/** What `/me` says, and what Slack itself puts into a channel. */
const isQuiet = ({ subtype }: JsonRecord): boolean =>
  subtype === 'me_message' || readString(subtype).startsWith('channel_')

function Body({ message }: { message: JsonRecord }) {
  const subtype = readString(message.subtype)
  const blocks = readRecords(message.blocks)
  const live = message.streaming === true
  const edited = message.edited === true && message.streaming === undefined
  return html`<div class="message-body">
    ${subtype === 'thread_broadcast' && html`<div class="quiet">replied to a thread</div>`}
    ${blocks.length > 0 ? html`<${Blocks} blocks=${blocks} />` : html`<div>${renderMrkdwn(readString(message.text))}</div>`}
    ${live && html`<span class="cursor" role="img" aria-label="still writing"></span>`}
    ${edited && html`<span class="quiet edited">(edited)</span>`}
  </div>`
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
