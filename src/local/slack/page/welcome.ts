import { html } from 'htm/preact'
import { useDesk } from './desk.ts'
import type { Room } from './people.ts'

/** The beginning of a conversation; in its own the app says what to do first. */
export function Welcome({ room }: { room: Room }) {
  const { app } = useDesk()
  if (room.dm)
    return html`<div class="welcome"><p class="quiet">This is the very beginning of your conversation with ${app.name}.</p></div>`
  return html`<div class="welcome"><h3># ${room.name}</h3>
    <p>This is the very beginning of <strong>#${room.name}</strong>. Mention <span class="mention">@${app.name}</span> to ask for something where everybody here can see it.</p></div>`
}
