import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { SeatNotes } from '../layout/seat-notes.ts'
import { Welcome } from '../layout/welcome.ts'
import { useLiveData } from '../state/live-updates.ts'
import type { ChannelInfo } from '../state/people.ts'
import { type AgentSession, readAgentSession } from '../state/people.ts'
import { type JsonRecord, readRecords, readString } from '../state/read-json.ts'
import { markRead } from '../state/read-marks.ts'
import { useSessionContext } from '../state/session-context.ts'
import { Avatar } from '../widgets/avatar.ts'
import { Icon } from '../widgets/icon.ts'
import { useAnnouncements } from './announce.ts'
import { Composer } from './composer.ts'
import { MessageList } from './message-list.ts'
import type { ComposerProps } from './use-draft.ts'

const CHANGES = new Set<unknown>(['posted', 'changed', 'deleted', 'streamed', 'reacted', 'session'])

/** The messages of a channel or thread as this person sees them, kept up to date. */
function useMessages(channel: string, thread: string) {
  const { me } = useSessionContext()
  const query = { as: me.name, channel, ...(thread === '' ? {} : { thread_ts: thread }) }
  const { data, error } = useLiveData({
    path: 'messages',
    query,
    when: (news) =>
      CHANGES.has(news.kind) &&
      news.channel === channel &&
      (thread === '' || (news.thread_ts ?? news.ts) === thread || news.ts === thread),
  })
  const messages = data === undefined ? undefined : readRecords(data.messages)
  return { messages, session: readAgentSession(data ?? {}), error }
}

export function Conversation({ channel }: { channel: ChannelInfo }) {
  const { me, app, location, go, act } = useSessionContext()
  const { messages, session, error } = useMessages(channel.id, '')
  useAnnouncements(messages)
  useEffect(() => {
    if (messages !== undefined) markRead(me.name, channel.id, channel.latest)
  }, [me.name, channel.id, channel.latest, messages])
  if (error !== '') return html`<div class="empty"><h3>This conversation cannot be shown</h3><p>${error}</p></div>`
  if (messages === undefined) return html`<div class="scroll" aria-busy="true"></div>`
  const name = channel.dm ? app.name : `#${channel.name}`
  const said = (ts: string, text: string) => {
    // The app answers in the message's thread, so that opens.
    if (channel.dm || text.toLowerCase().includes(`@${app.name.toLowerCase()}`))
      go({ ...location, channel: channel.id, home: false, thread: ts })
  }
  const prompt = (text: string) =>
    void act('say', { channel: channel.id, text }).then((answer) => said(readString(answer?.ts), text))
  return html`<${MessageList} key=${channel.id} messages=${messages} channel=${channel.id} label=${`Messages in ${name}`} inThread=${false}
      before=${html`<${Welcome} channel=${channel} />`} />
    <${ConversationFooter} session=${session} channel=${channel} thread="">
      ${messages.length < 8 && html`<${Prompts} session=${session} onChoose=${prompt} />`}
      <${Entry} key=${channel.id} channel=${channel} thread="" onSaid=${said} />
    </${ConversationFooter}>`
}

/** The composer, or why there is none. */
function Entry(props: ComposerProps) {
  const { name, archived } = props.channel
  return archived
    ? html`<p class="quiet">#${name} is archived: nobody can write here.</p>`
    : html`<${Composer} ...${props} />`
}

function Prompts({ session, onChoose }: { session: AgentSession; onChoose(text: string): void }) {
  if (session.prompts.length === 0) return null
  return html`<div class="prompts" role="group" aria-label="Suggestions">
    ${session.prompts.map((one) => html`<button type="button" class="prompt" onClick=${() => onChoose(one.message)}>${one.title}</button>`)}
  </div>`
}

type FootProps = { session: AgentSession; channel: ChannelInfo; thread: string; children: ComponentChildren }

/** The status line has a fixed place, so nothing moves when it appears. */
function ConversationFooter({ session, channel, thread, children }: FootProps) {
  const { app, act, location } = useSessionContext()
  const busy = session.status === 'processing'
  const words = session.words || (busy ? 'is working…' : '')
  const stop = () => void act('stop', { channel: channel.id, thread_ts: thread })
  // The thread shows it where both are open.
  const noted = channel.dm && (thread !== '' || location.thread === '')
  return html`<div class="foot">
    ${noted && html`<${SeatNotes} />`}
    ${children}
    <div class="status" role="status">
      ${words !== '' && html`<span class="pulse" aria-hidden="true"></span>${session.face !== '' && html`<${Avatar} name=${session.name} app=${true} small=${true} face=${session.face} />`}<span>${session.name || app.name} ${words}</span>`}
      ${busy && thread !== '' && html`<button type="button" class="small-button" onClick=${stop}>Stop</button>`}
    </div>
  </div>`
}

export function Thread({ channel }: { channel: ChannelInfo }) {
  const { me, location, go, app } = useSessionContext()
  const { messages, session, error } = useMessages(channel.id, location.thread)
  useAnnouncements(messages)
  const last = readString(messages?.at(-1)?.ts)
  useEffect(
    () => markRead(me.name, `${channel.id}/${location.thread}`, last),
    [me.name, channel.id, location.thread, last],
  )
  const close = () => {
    go({ ...location, thread: '' })
    // The focused element is gone.
    document.querySelector<HTMLElement>('.main .composer-text')?.focus()
  }
  const body: JsonRecord[] = messages ?? []
  return html`<aside class="thread" aria-label="Thread" onKeyDown=${(event: KeyboardEvent) => event.key === 'Escape' && close()}>
    <header class="pane-head"><h2>Thread</h2><span class="quiet">${channel.dm ? app.name : `#${channel.name}`}</span>
      <button type="button" class="icon-button" aria-label="Close thread" onClick=${close}><${Icon} name="close" /></button></header>
    ${
      error !== '' || (messages !== undefined && body.length === 0)
        ? html`<div class="empty"><h3>No such thread</h3><p>${error || 'It is not in this conversation any more.'}</p></div>`
        : html`<${MessageList} key=${location.thread} messages=${body} channel=${channel.id} label="Messages in the thread" inThread=${true} />
        <${ConversationFooter} session=${session} channel=${channel} thread=${location.thread}><${Entry} key=${location.thread} channel=${channel} thread=${location.thread} /></${ConversationFooter}>`
    }
  </aside>`
}
