import { html } from 'htm/preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { ANNOUNCER } from './announce.ts'
import { act, wordsOf } from './api.ts'
import { Conversation, Thread } from './conversation.ts'
import { type Desk, DeskProvider, useDesk } from './desk.ts'
import { Drawer } from './drawer.ts'
import { listen, useLive } from './feed.ts'
import { Home } from './home.ts'
import { Icon } from './icon.ts'
import { Modal } from './modal.ts'
import { type Person, type Room, readApp, readPeople, readRooms } from './people.ts'
import { personInAddress, usePlace } from './place.ts'
import { isRecord, type Json, str } from './read.ts'
import { Sidebar } from './sidebar.ts'
import { TopBar } from './top-bar.ts'

const never = () => false
const NOTHING = {}

/** The whole page, once it is known who is there. */
export function App() {
  const people = useLive({ path: 'people', query: NOTHING, when: never })
  const app = useLive({ path: 'app', query: NOTHING, when: never })
  if (people.data === undefined || app.data === undefined)
    return html`<div class="empty" role="status">${people.trouble || app.trouble || 'Opening the workspace…'}</div>`
  const all = readPeople(people.data)
  const me = all.find((one) => one.name === personInAddress()) ?? all[0]
  if (me === undefined) return html`<div class="empty">Nobody is here.</div>`
  return html`<${Seat} me=${me} people=${all} app=${app.data} />`
}

function Seat({ me, people, app }: { me: Person; people: Person[]; app: Json }) {
  const [place, go] = usePlace()
  const [trouble, setTrouble] = useState('')
  const live = useLive({ path: 'channels', query: { as: me.name }, when: (news) => news.kind === 'posted' })
  const info = useMemo(() => readApp(app), [app])
  const desk = useMemo((): Desk | undefined => {
    if (live.data === undefined) return undefined
    const rooms = readRooms(live.data)
    const known = rooms.some((room) => room.id === place.room)
    // The first thing to see is the conversation with the app.
    const at = known ? place : { room: rooms.find((room) => room.dm)?.id ?? '', home: false, thread: '' }
    const tried = async (path: string, body: Json) => {
      try {
        setTrouble('')
        return await act(path, { as: me.name, ...body })
      } catch (error) {
        setTrouble(wordsOf(error))
        return undefined
      }
    }
    return { me, people, rooms, app: info, place: at, go, act: tried, say: setTrouble, trouble }
  }, [me, people, info, live.data, place, go, trouble])
  if (desk === undefined) return html`<div class="empty" role="status">Opening the workspace…</div>`
  return html`<${DeskProvider} value=${desk}><${Workspace} /></${DeskProvider}>`
}

function Workspace() {
  const { me, app, rooms, place } = useDesk()
  const [open, setOpen] = useState({ drawer: false, menu: false })
  const room = rooms.find((one) => one.id === place.room)
  const name = room === undefined || room.dm ? app.name : `#${room.name}`
  useEffect(() => {
    document.title = `${name} · ${me.realName} · ${app.team}`
  }, [name, me.realName, app.team])
  const states = { 'has-thread': place.thread !== '', 'has-drawer': open.drawer, 'has-menu': open.menu }
  const classes = Object.entries(states).flatMap(([word, holds]) => (holds ? [word] : []))
  const turn = (what: 'drawer' | 'menu') => setOpen({ ...open, [what]: !open[what] })
  return html`<div class=${['shell', ...classes].join(' ')}>
    <${TopBar} drawer=${open.drawer} onDrawer=${() => turn('drawer')} menu=${open.menu} onMenu=${() => turn('menu')} />
    <${Sidebar} onChoose=${() => setOpen({ ...open, menu: false })} />
    ${room !== undefined && html`<${Panes} room=${room} name=${name} />`}
    ${open.drawer && html`<${Drawer} onClose=${() => turn('drawer')} />`}
    <${TopModal} />
    <${Toasts} />
    <div id=${ANNOUNCER} class="hidden" aria-live="polite"></div>
  </div>`
}

function Panes({ room, name }: { room: Room; name: string }) {
  const { place } = useDesk()
  return html`<main class="main" aria-label=${name}>
      <${Head} room=${room} />
      ${place.home && room.dm ? html`<${Home} />` : html`<${Conversation} key=${room.id} room=${room} />`}
    </main>
    ${place.thread !== '' && html`<${Thread} key=${place.thread} room=${room} />`}`
}

function Toasts() {
  const { trouble, say } = useDesk()
  const lost = useLost()
  if (lost) return html`<div class="toast" role="alert">The local workspace does not answer. Is it still running?</div>`
  if (trouble === '') return null
  return html`<div class="toast" role="alert"><span>${trouble}</span>
    <button type="button" class="icon-button" aria-label="Dismiss" onClick=${() => say('')}><${Icon} name="close" /></button></div>`
}

function Head({ room }: { room: Room }) {
  const { app, place, go } = useDesk()
  if (!room.dm)
    return html`<header class="pane-head"><h1># ${room.name}</h1><span class="quiet">${room.members.length} members</span></header>`
  const tab = (home: boolean, words: string) =>
    html`<button type="button" role="tab" class="tab" aria-selected=${place.home === home} onClick=${() => go({ room: room.id, home, thread: '' })}>${words}</button>`
  return html`<header class="pane-head"><h1>${app.name}</h1><div class="tabs" role="tablist" aria-label=${app.name}>${tab(true, 'Home')}${tab(false, 'Messages')}</div></header>`
}

function TopModal() {
  const { me } = useDesk()
  const { data } = useLive({
    path: 'modal',
    query: { as: me.name },
    when: (news) => news.kind === 'modal' && news.user === me.id,
  })
  const view = data?.view
  return isRecord(view) ? html`<${Modal} key=${str(view.id)} view=${view} />` : null
}

function useLost(): boolean {
  const [lost, setLost] = useState(false)
  useEffect(
    () => listen((news) => (news.kind === 'lost' || news.kind === 'again') && setLost(news.kind === 'lost')),
    [],
  )
  return lost
}
