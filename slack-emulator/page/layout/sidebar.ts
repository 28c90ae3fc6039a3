import { html } from 'htm/preact'
import type { ChannelInfo } from '../state/people.ts'
import { readMark } from '../state/read-marks.ts'
import { useSessionContext } from '../state/session-context.ts'
import { Avatar } from '../widgets/avatar.ts'
import { Icon } from '../widgets/icon.ts'
import { Standing } from '../widgets/standing.ts'
import { WorkflowSteps } from './workflow-steps.ts'

/** Lists a person's channels; one with unread messages is bold and has a dot. */
export function Sidebar({ onChoose }: { onChoose(): void }) {
  const { channels, app, me, people, location, go } = useSessionContext()
  const link = (channel: ChannelInfo) => html`<${RoomLink} channel=${channel} onChoose=${onChoose} />`
  const dm = channels.find((channel) => channel.dm)
  const home = () => {
    if (dm !== undefined) go({ channel: dm.id, home: true, thread: '' })
    onChoose()
  }
  const isHome = location.home && location.channel === dm?.id
  return html`<nav class="side" aria-label="Conversations">
    <h2 class="side-head">Channels</h2>
    <ul>${channels.filter((channel) => !channel.dm).map(link)}</ul>
    <h2 class="side-head">Apps</h2>
    <ul>${channels.filter((channel) => channel.dm).map(link)}
      <li><button type="button" class=${isHome ? 'side-link is-here side-sub' : 'side-link side-sub'} aria-current=${isHome ? 'page' : undefined} onClick=${home}><span>${app.name} Home</span></button></li>
      <${WorkflowSteps} /></ul>
    <h2 class="side-head">Look from another seat</h2>
    <ul>${people.filter((one) => one.id !== me.id).map((one) => html`<li><a class="side-link" href=${`/?as=${one.name}`} target="_blank" rel="noopener"><${Avatar} name=${one.realName} small=${true} /><span>${one.realName}</span><${Standing} person=${one} /><span class="side-more" aria-label="in a second window"><${Icon} name="out" /></span></a></li>`)}</ul>
    <p class="side-note">A seat opens in a second window: one asks, the other approves.</p>
    <p class="side-note">A stand-in for Slack on this machine: nothing leaves it.</p>
  </nav>`
}

function RoomLink({ channel, onChoose }: { channel: ChannelInfo; onChoose(): void }) {
  const { app, me, location, go } = useSessionContext()
  const here = location.channel === channel.id && !location.home
  const fresh = channel.latest > readMark(me.name, channel.id) && !here
  const open = () => {
    go({ channel: channel.id, home: false, thread: '' })
    onChoose()
  }
  const classes = ['side-link', here && 'is-here', fresh && 'is-fresh'].filter(Boolean).join(' ')
  return html`<li><button type="button" class=${classes} aria-current=${here ? 'page' : undefined} onClick=${open}>
    ${channel.dm ? html`<${Avatar} name=${app.name} app=${true} small=${true} />` : html`<span class="hash" aria-hidden="true">#</span>`}
    <span>${channel.dm ? app.name : channel.name}</span>
    ${fresh && html`<span class="dot" role="img" aria-label="unread"></span>`}
  </button></li>`
}
