import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import type { ChannelInfo } from '../state/people.ts'
import { useSessionContext } from '../state/session-context.ts'
import { Dialog } from '../widgets/dialog.ts'
import { Icon } from '../widgets/icon.ts'
import { Popup } from '../widgets/popup.ts'

type Item = { words: string; act(): void }

/** What a person may do with a channel: an owner renames it, a member archives it, and everybody leaves it. */
export function ChannelMenu({ channel }: { channel: ChannelInfo }) {
  const { me, act } = useSessionContext()
  const [open, setOpen] = useState<'menu' | 'name' | undefined>(undefined)
  const anchor = useRef<HTMLButtonElement>(null)
  // Nobody archives, renames or leaves the general channel.
  if (channel.general) return null
  const close = () => {
    setOpen(undefined)
    anchor.current?.focus()
  }
  const then = (path: string, body: Record<string, unknown>) => () => {
    close()
    void act(path, { channel: channel.id, ...body })
  }
  const items: (Item | false)[] = [
    me.owner && { words: 'Rename channel', act: () => setOpen('name') },
    me.standing === '' &&
      (channel.archived
        ? { words: 'Unarchive channel', act: then('archive', { archived: false }) }
        : { words: 'Archive channel', act: then('archive', {}) }),
    { words: 'Leave channel', act: then('membership', { user: me.name, member: false }) },
  ]
  return html`<button type="button" ref=${anchor} class="icon-button" aria-label=${`Actions for #${channel.name}`} aria-haspopup="menu" aria-expanded=${open === 'menu'} onClick=${() => setOpen(open === 'menu' ? undefined : 'menu')}><${Icon} name="more" /></button>
    ${
      open === 'menu' &&
      html`<${Popup} anchor=${anchor} onClose=${() => setOpen(undefined)} role="menu" label=${`Actions for #${channel.name}`}>
      ${items.map((item) => item && html`<button type="button" role="menuitem" class="menu-item" onClick=${item.act}>${item.words}</button>`)}
    </${Popup}>`
    }
    ${open === 'name' && html`<${RenameDialog} channel=${channel} onClose=${close} />`}`
}

function RenameDialog({ channel, onClose }: { channel: ChannelInfo; onClose(): void }) {
  const { act } = useSessionContext()
  const [name, setName] = useState(channel.name)
  const rename = () => {
    onClose()
    void act('rename', { channel: channel.id, name: name.trim().replace(/^#/, '') })
  }
  const note = ({ target }: Event) => target instanceof HTMLInputElement && setName(target.value)
  return html`<${Dialog} title="Rename this channel" done="Rename" onDone=${rename} onClose=${onClose}>
    <label class="dialog-field">Name<input class="text-field" type="text" value=${name} onInput=${note} /></label>
  </${Dialog}>`
}
