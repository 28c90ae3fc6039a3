import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import { type JsonRecord, readString } from '../state/read-json.ts'
import { useSessionContext } from '../state/session-context.ts'
import { Confirm } from '../widgets/confirm.ts'
import { Icon } from '../widgets/icon.ts'
import { Popup } from '../widgets/popup.ts'
import { ForwardDialog } from './forward-dialog.ts'
import { AddReaction } from './reactions.ts'

type Props = { message: JsonRecord; channel: string; inThread: boolean; onEdit(): void }

/** What a person can do with a message: answer, forward, edit, delete, and the app's shortcuts. */
export function MessageTools({ message, channel, inThread, onEdit }: Props) {
  const { go, act } = useSessionContext()
  const [open, setOpen] = useState<'menu' | 'forward' | 'delete' | undefined>(undefined)
  const anchor = useRef<HTMLButtonElement>(null)
  const ts = readString(message.ts)
  if (message.ephemeral === true || message.subtype === 'tombstone') return null
  const close = () => {
    setOpen(undefined)
    anchor.current?.focus()
  }
  const acts: Record<string, () => void> = {
    Edit: () => {
      close()
      onEdit()
    },
    Forward: () => setOpen('forward'),
    Delete: () => setOpen('delete'),
  }
  const start = (name: string, callback_id: string) => {
    if (callback_id === '') return acts[name]?.()
    close()
    void act('shortcut', { callback_id, channel, ts })
  }
  const remove = () => {
    close()
    void act('delete', { channel, ts })
  }
  const thread = readString(message.thread_ts) || ts
  return html`<div class="message-tools">
    <${AddReaction} message=${message} channel=${channel} />
    ${!inThread && html`<button type="button" class="icon-button" title="Reply in thread" aria-label="Reply in thread" onClick=${() => go({ channel, home: false, thread })}><${Icon} name="reply" /></button>`}
    <button type="button" ref=${anchor} class="icon-button" title="More actions" aria-label="More actions" aria-haspopup="menu" aria-expanded=${open === 'menu'} onClick=${() => setOpen(open === 'menu' ? undefined : 'menu')}><${Icon} name="more" /></button>
    ${open === 'menu' && html`<${Popup} anchor=${anchor} onClose=${() => setOpen(undefined)} role="menu" label="Message actions"><${Items} message=${message} onChoose=${start} /></${Popup}>`}
    ${open === 'forward' && html`<${ForwardDialog} channel=${channel} ts=${ts} onClose=${close} />`}
    ${open === 'delete' && html`<${Confirm} ask=${DELETING} onYes=${remove} onNo=${close} />`}
  </div>`
}

const plain = (text: string) => ({ type: 'plain_text', text })
const DELETING = {
  title: plain('Delete this message?'),
  text: plain('It goes for everybody, and cannot be taken back.'),
  confirm: plain('Delete'),
  style: 'danger',
}

/** One edits one's own messages, and deletes them; an owner deletes any. */
function Items({ message, onChoose }: { message: JsonRecord; onChoose(name: string, callbackId: string): void }) {
  const { app, me } = useSessionContext()
  const isMine = message.user === me.id && !readString(message.subtype).startsWith('channel_')
  const own = ['Forward', isMine && 'Edit', (isMine || me.owner) && 'Delete'].filter((name) => name !== false)
  const shortcuts = app.shortcuts.filter((one) => one.type === 'message')
  return [
    ...shortcuts.map(
      ({ name, callbackId }) =>
        html`<button type="button" role="menuitem" class="menu-item" onClick=${() => onChoose(name, callbackId)}>${name}<span class="menu-more">${app.name}</span></button>`,
    ),
    ...own.map(
      (name) =>
        html`<button type="button" role="menuitem" class=${name === 'Delete' ? 'menu-item is-danger' : 'menu-item'} onClick=${() => onChoose(name, '')}>${name} message</button>`,
    ),
  ]
}
