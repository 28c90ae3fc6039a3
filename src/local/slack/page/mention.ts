import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { useDesk } from './desk.ts'
import { hashOf, type Place } from './place.ts'

type Props = { id: string; label?: string | undefined }

export function Mention({ id, label }: Props) {
  const { people, app, me } = useDesk()
  const known = id === app.user ? app.name : people.find((one) => one.id === id)?.realName
  return html`<span class=${id === me.id ? 'mention mention-me' : 'mention'}>@${known ?? label ?? id}</span>`
}

export function RoomLink({ id, label }: Props) {
  const { rooms, go } = useDesk()
  const room = rooms.find((one) => one.id === id)
  if (room === undefined) return html`<span class="mention">#${label ?? id}</span>`
  const open = () => go({ room: room.id, home: false, thread: '' })
  return html`<button type="button" class="mention as-link" onClick=${open}>#${room.name}</button>`
}

/** A link to a message of this workspace leads there in this window, out of the modals it may stand in. */
export function MessageLink({ to, label }: { to: Place; label: ComponentChildren }) {
  const { act } = useDesk()
  const leave = ({ target }: Event) => {
    if (target instanceof Element && target.closest('dialog') !== null) void act('close', { all: true })
  }
  return html`<a href=${hashOf(to)} onClick=${leave}>${label}</a>`
}
