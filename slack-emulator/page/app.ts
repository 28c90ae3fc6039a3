import { html } from 'htm/preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { ChannelMenu } from './layout/channel-menu.ts'
import { Home } from './layout/home.ts'
import { Modal } from './layout/modal.ts'
import { Sidebar } from './layout/sidebar.ts'
import { TopBar } from './layout/top-bar.ts'
import { TrafficDrawer } from './layout/traffic-drawer.ts'
import { ANNOUNCER_ID } from './messages/announce.ts'
import { Conversation, Thread } from './messages/conversation.ts'
import { errorTextOf, postLocal } from './state/api.ts'
import { subscribeToUpdates, useLiveData } from './state/live-updates.ts'
import { personInUrl, usePageLocation } from './state/location.ts'
import { type ChannelInfo, type PersonInfo, readApp, readChannels, readGroups, readPeople } from './state/people.ts'
import { isRecord, type JsonRecord, readString } from './state/read-json.ts'
import { type SessionContext, SessionProvider, useSessionContext } from './state/session-context.ts'
import { Icon } from './widgets/icon.ts'

const never = () => false
const NOTHING = {}

/** The page; it shows once people and app are loaded. */
export function App() {
  const people = useLiveData({ path: 'people', query: NOTHING, when: (news) => news.kind === 'people_changed' })
  const app = useLiveData({ path: 'app', query: NOTHING, when: never })
  if (people.data === undefined || app.data === undefined)
    return html`<div class="empty" role="status">${people.error || app.error || 'Opening the workspace…'}</div>`
  const all = readPeople(people.data)
  const me = all.find((one) => one.name === personInUrl()) ?? all[0]
  if (me === undefined) return html`<div class="empty">Nobody is here.</div>`
  return html`<${Seat} me=${me} known=${people.data} app=${app.data} />`
}

function Seat({ me, known, app }: { me: PersonInfo; known: JsonRecord; app: JsonRecord }) {
  const [place, go] = usePageLocation()
  const [error, setTrouble] = useState('')
  const live = useLiveData({
    path: 'channels',
    query: { as: me.name },
    when: (news) => news.kind === 'posted' || news.kind === 'people_changed',
  })
  const info = useMemo(() => readApp(app), [app])
  const session = useMemo((): SessionContext | undefined => {
    if (live.data === undefined) return undefined
    const channels = readChannels(live.data)
    const here = channels.some((channel) => channel.id === place.channel)
    // The page opens in the DM with the app.
    const at = here ? place : { channel: channels.find((channel) => channel.dm)?.id ?? '', home: false, thread: '' }
    const tried = async (path: string, body: JsonRecord) => {
      try {
        setTrouble('')
        return await postLocal(path, { as: me.name, ...body })
      } catch (error) {
        setTrouble(errorTextOf(error))
        return undefined
      }
    }
    const [people, others] = [readPeople(known), readPeople(known, 'others')]
    const groups = readGroups(known)
    return {
      me,
      people,
      others,
      groups,
      channels,
      app: info,
      location: at,
      go,
      act: tried,
      showError: setTrouble,
      error,
    }
  }, [me, known, info, live.data, place, go, error])
  if (session === undefined) return html`<div class="empty" role="status">Opening the workspace…</div>`
  return html`<${SessionProvider} value=${session}><${Workspace} /></${SessionProvider}>`
}

function Workspace() {
  const { me, app, channels, location } = useSessionContext()
  const [open, setOpen] = useState({ drawer: false, menu: false })
  const channel = channels.find((one) => one.id === location.channel)
  const name = channel === undefined || channel.dm ? app.name : `#${channel.name}`
  useEffect(() => {
    document.title = `${name} · ${me.realName} · ${app.team}`
  }, [name, me.realName, app.team])
  const states = { 'has-thread': location.thread !== '', 'has-drawer': open.drawer, 'has-menu': open.menu }
  const classes = Object.entries(states).flatMap(([word, holds]) => (holds ? [word] : []))
  const turn = (what: 'drawer' | 'menu') => setOpen({ ...open, [what]: !open[what] })
  return html`<div class=${['shell', ...classes].join(' ')}>
    <${TopBar} drawer=${open.drawer} onDrawer=${() => turn('drawer')} menu=${open.menu} onMenu=${() => turn('menu')} />
    <${Sidebar} onChoose=${() => setOpen({ ...open, menu: false })} />
    ${channel !== undefined && html`<${Panes} channel=${channel} name=${name} />`}
    ${open.drawer && html`<${TrafficDrawer} onClose=${() => turn('drawer')} />`}
    <${TopModal} />
    <${Toasts} />
    <div id=${ANNOUNCER_ID} class="hidden" aria-live="polite"></div>
  </div>`
}

function Panes({ channel, name }: { channel: ChannelInfo; name: string }) {
  const { location } = useSessionContext()
  return html`<main class="main" aria-label=${name}>
      <${Head} channel=${channel} />
      ${location.home && channel.dm ? html`<${Home} />` : html`<${Conversation} key=${channel.id} channel=${channel} />`}
    </main>
    ${location.thread !== '' && html`<${Thread} key=${location.thread} channel=${channel} />`}`
}

function Toasts() {
  const { error, showError } = useSessionContext()
  const lost = useLost()
  if (lost) return html`<div class="toast" role="alert">The local workspace does not answer. Is it still running?</div>`
  if (error === '') return null
  return html`<div class="toast" role="alert"><span>${error}</span>
    <button type="button" class="icon-button" aria-label="Dismiss" onClick=${() => showError('')}><${Icon} name="close" /></button></div>`
}

function Head({ channel }: { channel: ChannelInfo }) {
  const { app, location, go } = useSessionContext()
  if (!channel.dm)
    return html`<header class="pane-head"><h1># ${channel.name}</h1><span class="quiet">${channel.members.length} members</span>${channel.archived && html`<span class="badge">Archived</span>`}<${ChannelMenu} channel=${channel} /></header>`
  const tab = (home: boolean, words: string) =>
    html`<button type="button" role="tab" class="tab" aria-selected=${location.home === home} onClick=${() => go({ channel: channel.id, home, thread: '' })}>${words}</button>`
  return html`<header class="pane-head"><h1>${app.name}</h1><div class="tabs" role="tablist" aria-label=${app.name}>${tab(true, 'Home')}${tab(false, 'Messages')}</div></header>`
}

function TopModal() {
  const { me } = useSessionContext()
  const { data } = useLiveData({
    path: 'modal',
    query: { as: me.name },
    when: (news) => news.kind === 'modal' && news.user === me.id,
  })
  const view = data?.view
  return isRecord(view) ? html`<${Modal} key=${readString(view.id)} view=${view} />` : null
}

function useLost(): boolean {
  const [lost, setLost] = useState(false)
  useEffect(
    () =>
      subscribeToUpdates((news) => (news.kind === 'lost' || news.kind === 'again') && setLost(news.kind === 'lost')),
    [],
  )
  return lost
}
