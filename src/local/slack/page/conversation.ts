import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { useAnnounced } from './announce.ts'
import { Composer } from './composer.ts'
import { useDesk } from './desk.ts'
import { useLive } from './feed.ts'
import { Icon } from './icon.ts'
import { MessageList } from './message-list.ts'
import type { Room } from './people.ts'
import { readSession, type Session } from './people.ts'
import { type Json, records, str } from './read.ts'
import { markRead } from './read-marks.ts'
import { Welcome } from './welcome.ts'

const CHANGES = new Set<unknown>(['posted', 'changed', 'deleted', 'streamed', 'reacted', 'session'])

/** One room's messages, or one thread's, as this person sees them, and kept true. */
export function useMessages(room: string, thread: string) {
  const { me } = useDesk()
  const query = { as: me.name, channel: room, ...(thread === '' ? {} : { thread_ts: thread }) }
  const { data, trouble } = useLive({
    path: 'messages',
    query,
    when: (news) =>
      CHANGES.has(news.kind) &&
      news.channel === room &&
      (thread === '' || (news.thread_ts ?? news.ts) === thread || news.ts === thread),
  })
  const messages = data === undefined ? undefined : records(data.messages)
  return { messages, session: readSession(data ?? {}), trouble }
}

export function Conversation({ room }: { room: Room }) {
  const { me, app, place, go, act } = useDesk()
  const { messages, session, trouble } = useMessages(room.id, '')
  useAnnounced(messages)
  useEffect(() => {
    if (messages !== undefined) markRead(me.name, room.id, room.latest)
  }, [me.name, room.id, room.latest, messages])
  if (trouble !== '') return html`<div class="empty"><h3>This conversation cannot be shown</h3><p>${trouble}</p></div>`
  if (messages === undefined) return html`<div class="scroll" aria-busy="true"></div>`
  const name = room.dm ? app.name : `#${room.name}`
  const said = (ts: string, text: string) => {
    // An answer comes in the thread of what was said, so that is where to look.
    if (room.dm || /@patchbay\b/i.test(text)) go({ ...place, room: room.id, home: false, thread: ts })
  }
  const prompt = (text: string) =>
    void act('say', { channel: room.id, text }).then((answer) => said(str(answer?.ts), text))
  return html`<${MessageList} key=${room.id} messages=${messages} room=${room.id} label=${`Messages in ${name}`} inThread=${false}
      before=${html`<${Welcome} room=${room} />`} />
    <${Foot} session=${session} room=${room} thread="">
      ${messages.length < 8 && html`<${Prompts} session=${session} onChoose=${prompt} />`}
      <${Composer} key=${room.id} room=${room} thread="" onSaid=${said} />
    </${Foot}>`
}

function Prompts({ session, onChoose }: { session: Session; onChoose(text: string): void }) {
  if (session.prompts.length === 0) return null
  return html`<div class="prompts" role="group" aria-label="Suggestions">
    ${session.prompts.map((one) => html`<button type="button" class="prompt" onClick=${() => onChoose(one.message)}>${one.title}</button>`)}
  </div>`
}

type FootProps = { session: Session; room: Room; thread: string; children: ComponentChildren }

/** The line that says what the app is doing has a place of its own, so nothing moves when it speaks. */
export function Foot({ session, room, thread, children }: FootProps) {
  const { app, act } = useDesk()
  const busy = session.status === 'processing'
  const words = session.words || (busy ? 'is working…' : '')
  const stop = () => void act('stop', { channel: room.id, thread_ts: thread })
  return html`<div class="foot">
    ${children}
    <div class="status" role="status">
      ${words !== '' && html`<span class="pulse" aria-hidden="true"></span><span>${app.name} ${words}</span>`}
      ${busy && thread !== '' && html`<button type="button" class="small-button" onClick=${stop}>Stop</button>`}
    </div>
  </div>`
}

export function Thread({ room }: { room: Room }) {
  const { me, place, go, app } = useDesk()
  const { messages, session, trouble } = useMessages(room.id, place.thread)
  useAnnounced(messages)
  const last = str(messages?.at(-1)?.ts)
  useEffect(() => markRead(me.name, `${room.id}/${place.thread}`, last), [me.name, room.id, place.thread, last])
  const close = () => {
    go({ ...place, thread: '' })
    // The focus was in what is gone now.
    document.querySelector<HTMLElement>('.main .composer-text')?.focus()
  }
  const body: Json[] = messages ?? []
  return html`<aside class="thread" aria-label="Thread" onKeyDown=${(event: KeyboardEvent) => event.key === 'Escape' && close()}>
    <header class="pane-head"><h2>Thread</h2><span class="quiet">${room.dm ? app.name : `#${room.name}`}</span>
      <button type="button" class="icon-button" aria-label="Close thread" onClick=${close}><${Icon} name="close" /></button></header>
    ${
      trouble !== '' || (messages !== undefined && body.length === 0)
        ? html`<div class="empty"><h3>No such thread</h3><p>${trouble || 'It is not in this conversation any more.'}</p></div>`
        : html`<${MessageList} key=${place.thread} messages=${body} room=${room.id} label="Messages in the thread" inThread=${true} />
        <${Foot} session=${session} room=${room} thread=${place.thread}><${Composer} key=${place.thread} room=${room} thread=${place.thread} /></${Foot}>`
    }
  </aside>`
}
