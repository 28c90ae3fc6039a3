import { html } from 'htm/preact'
import type { ChannelInfo } from '../state/people.ts'
import { useSessionContext } from '../state/session-context.ts'

/** Introduces an empty conversation. */
export function Welcome({ channel }: { channel: ChannelInfo }) {
  const { app } = useSessionContext()
  if (channel.dm)
    return html`<div class="welcome"><p class="quiet">This is the very beginning of your conversation with ${app.name}.</p></div>`
  return html`<div class="welcome"><h3># ${channel.name}</h3>
    <p>This is the very beginning of <strong>#${channel.name}</strong>. Mention <span class="mention">@${app.name}</span> to ask for something where everybody here can see it.</p></div>`
}
