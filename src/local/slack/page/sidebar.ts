import { html } from 'htm/preact'
import { Avatar } from './avatar.ts'
import { useDesk } from './desk.ts'
import { Icon } from './icon.ts'
import type { Room } from './people.ts'
import { readMark } from './read-marks.ts'

/** The rooms of a person; one with something unread is bold and has a dot. */
export function Sidebar({ onChoose }: { onChoose(): void }) {
  const { rooms, app, me, people, place, go } = useDesk()
  const link = (room: Room) => html`<${RoomLink} room=${room} onChoose=${onChoose} />`
  const dm = rooms.find((room) => room.dm)
  const home = () => {
    if (dm !== undefined) go({ room: dm.id, home: true, thread: '' })
    onChoose()
  }
  const isHome = place.home && place.room === dm?.id
  return html`<nav class="side" aria-label="Conversations">
    <h2 class="side-head">Channels</h2>
    <ul>${rooms.filter((room) => !room.dm).map(link)}</ul>
    <h2 class="side-head">Apps</h2>
    <ul>${rooms.filter((room) => room.dm).map(link)}
      <li><button type="button" class=${isHome ? 'side-link is-here side-sub' : 'side-link side-sub'} aria-current=${isHome ? 'page' : undefined} onClick=${home}><span>${app.name} Home</span></button></li></ul>
    <h2 class="side-head">Look from another seat</h2>
    <ul>${people.filter((one) => one.id !== me.id).map((one) => html`<li><a class="side-link" href=${`/?as=${one.name}`} target="_blank" rel="noopener"><${Avatar} name=${one.realName} small=${true} /><span>${one.realName}</span><span class="side-more" aria-label="in a second window"><${Icon} name="out" /></span></a></li>`)}</ul>
    <p class="side-note">A seat opens in a second window: one asks, the other approves.</p>
    <p class="side-note">A stand-in for Slack on this machine: nothing leaves it.</p>
  </nav>`
}

function RoomLink({ room, onChoose }: { room: Room; onChoose(): void }) {
  const { app, me, place, go } = useDesk()
  const here = place.room === room.id && !place.home
  const fresh = room.latest > readMark(me.name, room.id) && !here
  const open = () => {
    go({ room: room.id, home: false, thread: '' })
    onChoose()
  }
  const classes = ['side-link', here && 'is-here', fresh && 'is-fresh'].filter(Boolean).join(' ')
  return html`<li><button type="button" class=${classes} aria-current=${here ? 'page' : undefined} onClick=${open}>
    ${room.dm ? html`<${Avatar} name=${app.name} app=${true} small=${true} />` : html`<span class="hash" aria-hidden="true">#</span>`}
    <span>${room.dm ? app.name : room.name}</span>
    ${fresh && html`<span class="dot" role="img" aria-label="unread"></span>`}
  </button></li>`
}
