import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { hashOf, type PageLocation } from '../state/location.ts'
import { useSessionContext } from '../state/session-context.ts'

type Props = { id: string; label?: string | undefined }

export function Mention({ id, label }: Props) {
  const { people, others, app, me } = useSessionContext()
  const known = id === app.user ? app.name : [...people, ...others].find((one) => one.id === id)?.realName
  return html`<span class=${id === me.id ? 'mention mention-me' : 'mention'}>@${known ?? label ?? id}</span>`
}

/** A user group by its handle, or everybody who is here. */
export function GroupMention({ id, label }: Props) {
  const { groups } = useSessionContext()
  const known = groups.find((one) => `subteam^${one.id}` === id)?.handle
  return html`<span class="mention">@${known ?? (label ?? id).replace(/^@/, '')}</span>`
}

export function ChannelLink({ id, label }: Props) {
  const { channels, go } = useSessionContext()
  const channel = channels.find((one) => one.id === id)
  if (channel === undefined) return html`<span class="mention">#${label ?? 'private channel'}</span>`
  const open = () => go({ channel: channel.id, home: false, thread: '' })
  return html`<button type="button" class="mention as-link" onClick=${open}>#${channel.name}</button>`
}

/** A link to a message of this workspace opens it in this window and closes the modals above it. */
export function MessageLink({ to, label }: { to: PageLocation; label: ComponentChildren }) {
  const { act } = useSessionContext()
  const leave = ({ target }: Event) => {
    if (target instanceof Element && target.closest('dialog') !== null) void act('close', { all: true })
  }
  return html`<a href=${hashOf(to)} onClick=${leave}>${label}</a>`
}
