import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import { Confirm } from './confirm.ts'
import { useDesk, useSurface } from './desk.ts'
import type { ElementProps } from './field.ts'
import { Icon, type IconName, isIcon } from './icon.ts'
import { emoji, link } from './inline.ts'
import { Popup } from './popup.ts'
import { type Json, record, records, str, strings, textOf } from './read.ts'
import { paintText } from './text-object.ts'

/** Presses an element of a surface; asks first where the app wants that, and is busy until the app has answered. */
export function usePress({ element, block }: ElementProps) {
  const { press } = useSurface()
  const [state, setState] = useState<{ busy: boolean; asking: { value?: unknown } | undefined }>(idle)
  const send = async (value?: unknown) => {
    setState({ busy: true, asking: undefined })
    await press(element, str(block.block_id), value)
    setState(idle)
  }
  const start = (value?: unknown) => {
    if (state.busy) return
    if (element.confirm === undefined) void send(value)
    else setState({ busy: false, asking: { value } })
  }
  const question =
    state.asking !== undefined &&
    html`<${Confirm} ask=${record(element.confirm)} onYes=${() => void send(state.asking?.value)} onNo=${() => setState(idle)} />`
  return { start, busy: state.busy, question }
}

const idle = { busy: false, asking: undefined }

export function Button(props: ElementProps) {
  const { element } = props
  const { start, busy, question } = usePress(props)
  const kind = `button ${str(element.style) === '' ? '' : `button-${str(element.style)}`}`
  const label = str(element.accessibility_label) || undefined
  const words = paintText(element.text)
  const url = str(element.url)
  // A link button opens its page and still tells the app.
  const go = () => {
    if (/^https?:/.test(url)) window.open(url, '_blank', 'noopener,noreferrer')
    start()
  }
  return html`<button type="button" class=${kind} aria-label=${label} aria-busy=${busy} onClick=${go}>${words}${url !== '' && html`<${Icon} name="out" />`}</button>${question}`
}

export function IconButton(props: ElementProps) {
  const { me } = useDesk()
  const { element } = props
  const { start, busy, question } = usePress(props)
  const only = strings(element.visible_to_user_ids)
  if (only.length > 0 && !only.includes(me.id)) return null
  const icon = str(element.icon)
  return html`<button type="button" class="icon-button" title=${textOf(element.text)} aria-label=${textOf(element.text)} aria-busy=${busy} onClick=${() => start()}>
    ${isIcon(icon) ? html`<${Icon} name=${icon} />` : emoji(icon)}</button>${question}`
}

export function Feedback(props: ElementProps) {
  const { start, busy, question } = usePress(props)
  const [given, setGiven] = useState('')
  const one = (button: Json, mark: IconName) => {
    const words = str(button.accessibility_label) || textOf(button.text)
    const value = str(button.value)
    const press = () => {
      setGiven(value)
      start(value)
    }
    return html`<button type="button" class="icon-button" title=${words} aria-label=${words} aria-pressed=${given === value} aria-busy=${busy} onClick=${press}>
      <${Icon} name=${mark} /></button>`
  }
  return html`<span class="feedback">${one(record(props.element.positive_button), 'good')}${one(record(props.element.negative_button), 'bad')}</span>${question}`
}

export function Overflow(props: ElementProps) {
  const { start, busy, question } = usePress(props)
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const choose = (option: Json) => {
    setOpen(false)
    anchor.current?.focus()
    start(str(option.value))
  }
  const item = (option: Json) =>
    option.url === undefined
      ? html`<button type="button" role="menuitem" class="menu-item" onClick=${() => choose(option)}>${paintText(option.text)}</button>`
      : html`<span role="menuitem" class="menu-item">${link(str(option.url), paintText(option.text))}</span>`
  return html`<button type="button" ref=${anchor} class="icon-button" aria-label="More actions" aria-haspopup="menu" aria-expanded=${open} aria-busy=${busy} onClick=${() => setOpen(!open)}><${Icon} name="more" /></button>
    ${open && html`<${Popup} anchor=${anchor} onClose=${() => setOpen(false)} role="menu" label="More actions">${records(props.element.options).map(item)}</${Popup}>`}${question}`
}
