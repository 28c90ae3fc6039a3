import { html } from 'htm/preact'
import { Avatar } from './avatar.ts'
import { useDesk } from './desk.ts'
import type { Room } from './people.ts'

const QUESTION = 'How many employees are there?'

/** The beginning of a conversation; while it is empty, it says what to do first. */
export function Welcome({ room, empty, onAsk }: { room: Room; empty: boolean; onAsk(text: string): void }) {
  const { app, act, me } = useDesk()
  if (!room.dm)
    return html`<div class="welcome"><h3># ${room.name}</h3>
      <p>This is the very beginning of <strong>#${room.name}</strong>. Mention <span class="mention">@${app.name}</span> to ask for something where everybody here can see it.</p></div>`
  if (!empty)
    return html`<div class="welcome"><p class="quiet">This is the very beginning of your conversation with ${app.name}.</p></div>`
  const command = (text: string) => void act('command', { channel: room.id, text })
  return html`<div class="welcome is-first">
    <${Avatar} name=${app.name} app=${true} />
    <h3>Hello ${me.realName.split(' ')[0]}, this is ${app.name}</h3>
    <p>It does work for you with tools you connect, and asks before it changes anything. Everything runs on this machine: try it with a small database of employees.</p>
    <ol class="steps">
      <li><span><strong>Connect</strong> a tool: one click, nothing to fill in.</span>
        <button type="button" class="button button-primary" onClick=${() => command('connect demo-database')}>Connect the demo database</button></li>
      <li><span><strong>Ask</strong> for something, in your own words.</span>
        <button type="button" class="button" onClick=${() => onAsk(QUESTION)}>${QUESTION}</button></li>
      <li><span><strong>Approve</strong> what could do harm, also as somebody else: switch the person at the top.</span></li>
    </ol>
    <button type="button" class="button" onClick=${() => command('help')}>What else can it do?</button>
  </div>`
}
