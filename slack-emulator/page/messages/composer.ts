import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import { useSessionContext } from '../state/session-context.ts'
import { Icon } from '../widgets/icon.ts'
import { Popup } from '../widgets/popup.ts'
import { type ComposerProps, isEmptyDraft, useDraft } from './use-draft.ts'

type Draft = ReturnType<typeof useDraft>

/** The composer: Enter sends, `/` runs a command, `@` and `#` name people and channels. */
export function Composer(props: ComposerProps) {
  const { app } = useSessionContext()
  const it = useDraft(props)
  const { channel, thread } = props
  const list = `hints-${thread}`
  const label = thread === '' ? `Message ${channel.dm ? app.name : `#${channel.name}`}` : 'Reply…'
  const note = (event: Event) => {
    const { target } = event
    if (!(target instanceof HTMLTextAreaElement)) return
    it.change({ text: target.value, caret: target.selectionStart, at: 0, hidden: false })
  }
  const open = it.hints.length > 0
  return html`<div class="composer">
    <${Attached} it=${it} />
    <textarea ref=${it.field} rows="1" class="composer-text" aria-label=${label} placeholder=${label} value=${it.draft.text}
      role="combobox" aria-expanded=${open} aria-controls=${list} aria-autocomplete="list" aria-activedescendant=${open ? `${list}-${it.at}` : undefined}
      onInput=${note} onKeyDown=${it.keys} onPaste=${it.paste}></textarea>
    ${thread !== '' && !channel.dm && html`<${Broadcast} it=${it} name=${channel.name} />`}
    <${Tools} it=${it} commands=${thread === ''} />
    ${
      open &&
      html`<${Popup} anchor=${it.field} onClose=${() => it.change({ hidden: true })} role="listbox" id=${list} label="Suggestions" keepFocus=${true}>
      ${it.hints.map((hint, index) => html`<${HintRow} id=${`${list}-${index}`} hint=${hint} active=${index === it.at} onChoose=${() => it.choose(hint)} />`)}
    </${Popup}>`
    }
  </div>`
}

function HintRow({
  id,
  hint,
  active,
  onChoose,
}: {
  id: string
  hint: Draft['hints'][number]
  active: boolean
  onChoose(): void
}) {
  const press = (event: Event) => {
    event.preventDefault()
    onChoose()
  }
  return html`<div id=${id} role="option" aria-selected=${active} class=${active ? 'menu-item is-active' : 'menu-item'} onMouseDown=${press}>
    <span class="menu-words">${hint.text}<span class="menu-more">${hint.about}</span></span></div>`
}

function Attached({ it }: { it: Draft }) {
  const { files, tables } = it.draft
  if (files.length + tables.length === 0) return null
  const all = [
    ...files.map((file) => ({
      name: file.name,
      leave: () => it.change({ files: files.filter((one) => one !== file) }),
    })),
    ...tables.map((table) => ({
      name: `Table, ${table.length} × ${table[0]?.length ?? 0}`,
      leave: () => it.change({ tables: tables.filter((one) => one !== table) }),
    })),
  ]
  return html`<div class="composer-files">${all.map(
    ({ name, leave }) =>
      html`<span class="pill">${name}<button type="button" aria-label=${`Remove ${name}`} onClick=${leave}><${Icon} name="close" /></button></span>`,
  )}</div>`
}

function Broadcast({ it, name }: { it: Draft; name: string }) {
  const turn = ({ target }: Event) => target instanceof HTMLInputElement && it.change({ broadcast: target.checked })
  return html`<label class="broadcast quiet"><input type="checkbox" checked=${it.draft.broadcast} onChange=${turn} /> Also send to #${name}</label>`
}

function Tools({ it, commands }: { it: Draft; commands: boolean }) {
  const attach = (event: Event) => {
    const { target } = event
    if (!(target instanceof HTMLInputElement)) return
    it.change({ files: [...it.draft.files, ...(target.files ?? [])] })
    target.value = ''
  }
  const empty = isEmptyDraft(it.draft)
  const mention = () => it.begin(`${it.draft.text}${it.draft.text === '' || it.draft.text.endsWith(' ') ? '' : ' '}@`)
  return html`<div class="composer-tools">
    <label class="icon-button" title="Attach files"><${Icon} name="clip" />
      <input class="hidden" type="file" multiple aria-label="Attach files" onChange=${attach} /></label>
    <button type="button" class="icon-button" title="Mention somebody" aria-label="Mention somebody" onClick=${mention}>@</button>
    ${commands && html`<button type="button" class="icon-button" title="Commands" aria-label="Commands" onClick=${() => it.begin('/')}>/</button>`}
    <${Shortcuts} />
    <button type="button" class="send" aria-label="Send" disabled=${empty} onClick=${() => void it.send()}><${Icon} name="send" /></button>
  </div>`
}

/** The app's global shortcuts, where it has any. */
function Shortcuts() {
  const { app, act } = useSessionContext()
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const all = app.shortcuts.filter((one) => one.type === 'global')
  if (all.length === 0) return null
  const start = (callback_id: string) => {
    setOpen(false)
    anchor.current?.focus()
    void act('shortcut', { callback_id })
  }
  return html`<button type="button" ref=${anchor} class="icon-button" title="Shortcuts" aria-label="Shortcuts" aria-haspopup="menu" aria-expanded=${open} onClick=${() => setOpen(!open)}><${Icon} name="zap" /></button>
    ${
      open &&
      html`<${Popup} anchor=${anchor} onClose=${() => setOpen(false)} role="menu" label="Shortcuts">
      ${all.map((one) => html`<button type="button" role="menuitem" class="menu-item" onClick=${() => start(one.callbackId)}>${one.name}<span class="menu-more">${app.name}</span></button>`)}
    </${Popup}>`
    }`
}
