import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import { type JsonRecord, readRecord, readRecords, readString, readStrings, readText } from '../state/read-json.ts'
import { useSessionContext, useSurface } from '../state/session-context.ts'
import { renderEmoji, renderLink } from '../text/inline.ts'
import { renderTextObject } from '../text/text-object.ts'
import { Confirm } from '../widgets/confirm.ts'
import { Icon, type IconName, isIcon } from '../widgets/icon.ts'
import { Popup } from '../widgets/popup.ts'
import type { ElementProps } from './field.ts'

/** Presses an element: asks for confirmation if the app wants it, and is busy until the app has answered. */
export function usePress({ element, block }: ElementProps) {
  const { press } = useSurface()
  const [state, setState] = useState<{ busy: boolean; asking: { value?: unknown } | undefined }>(idle)
  const send = async (value?: unknown) => {
    setState({ busy: true, asking: undefined })
    await press(element, readString(block.block_id), value)
    setState(idle)
  }
  const start = (value?: unknown) => {
    if (state.busy) return
    if (element.confirm === undefined) void send(value)
    else setState({ busy: false, asking: { value } })
  }
  const question =
    state.asking !== undefined &&
    html`<${Confirm} ask=${readRecord(element.confirm)} onYes=${() => void send(state.asking?.value)} onNo=${() => setState(idle)} />`
  return { start, busy: state.busy, question }
}

const idle = { busy: false, asking: undefined }

export function Button(props: ElementProps) {
  const { element } = props
  const { start, busy, question } = usePress(props)
  const kind = `button ${readString(element.style) === '' ? '' : `button-${readString(element.style)}`}`
  const label = readString(element.accessibility_label) || undefined
  const words = renderTextObject(element.text)
  const url = readString(element.url)
  // A link button opens its page and is sent to the app as well.
  const go = () => {
    if (/^https?:/.test(url)) window.open(url, '_blank', 'noopener,noreferrer')
    start()
  }
  return html`<button type="button" class=${kind} aria-label=${label} aria-busy=${busy} onClick=${go}>${words}${url !== '' && html`<${Icon} name="out" />`}</button>${question}`
}

export function IconButton(props: ElementProps) {
  const { me } = useSessionContext()
  const { element } = props
  const { start, busy, question } = usePress(props)
  const only = readStrings(element.visible_to_user_ids)
  if (only.length > 0 && !only.includes(me.id)) return null
  const icon = readString(element.icon)
  return html`<button type="button" class="icon-button" title=${readText(element.text)} aria-label=${readText(element.text)} aria-busy=${busy} onClick=${() => start()}>
    ${isIcon(icon) ? html`<${Icon} name=${icon} />` : renderEmoji(icon)}</button>${question}`
}

export function Feedback(props: ElementProps) {
  const { start, busy, question } = usePress(props)
  const [given, setGiven] = useState('')
  const one = (button: JsonRecord, mark: IconName) => {
    const words = readString(button.accessibility_label) || readText(button.text)
    const value = readString(button.value)
    const press = () => {
      setGiven(value)
      start(value)
    }
    return html`<button type="button" class="icon-button" title=${words} aria-label=${words} aria-pressed=${given === value} aria-busy=${busy} onClick=${press}>
      <${Icon} name=${mark} /></button>`
  }
  return html`<span class="feedback">${one(readRecord(props.element.positive_button), 'good')}${one(readRecord(props.element.negative_button), 'bad')}</span>${question}`
}

export function Overflow(props: ElementProps) {
  const { start, busy, question } = usePress(props)
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const choose = (option: JsonRecord) => {
    setOpen(false)
    anchor.current?.focus()
    start(readString(option.value))
  }
  const item = (option: JsonRecord) =>
    option.url === undefined
      ? html`<button type="button" role="menuitem" class="menu-item" onClick=${() => choose(option)}>${renderTextObject(option.text)}</button>`
      : html`<span role="menuitem" class="menu-item">${renderLink(readString(option.url), renderTextObject(option.text))}</span>`
  return html`<button type="button" ref=${anchor} class="icon-button" aria-label="More actions" aria-haspopup="menu" aria-expanded=${open} aria-busy=${busy} onClick=${() => setOpen(!open)}><${Icon} name="more" /></button>
    ${open && html`<${Popup} anchor=${anchor} onClose=${() => setOpen(false)} role="menu" label="More actions">${readRecords(props.element.options).map(item)}</${Popup}>`}${question}`
}
