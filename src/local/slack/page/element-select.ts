import { html } from 'htm/preact'
import { useId, useRef, useState } from 'preact/hooks'
import { useSurface } from './desk.ts'
import { useChange } from './element-choices.ts'
import { type Option, useOptions, wordsFor } from './element-options.ts'
import { controlOf, type ElementProps } from './field.ts'
import { Popup } from './popup.ts'
import { num, str, strings, textOf } from './read.ts'

/** A menu one can search, for one or several choices: a text field that opens a list (WAI-ARIA's combobox pattern). */
export function Select(props: ElementProps) {
  const { element, block } = props
  const { form } = useSurface()
  const change = useChange(props)
  const many = str(element.type).startsWith('multi_')
  const value = form.value(str(block.block_id), element)
  const chosen = many ? strings(value) : [str(value)].filter(Boolean)
  const box = useBox(props, many, chosen)
  const choose = (option: Option) => {
    if (!many) return box.shut(() => change(option.value))
    box.type('')
    change(toggled(chosen, option.value, num(element.max_selected_items)))
  }
  const list = `${box.id}-list`
  const current = box.options[box.at]
  const words = chosen.map((one) => wordsFor(one, box.all, element))
  const placeholder = textOf(element.placeholder) || 'Choose an option'
  return html`<div class=${many ? 'select select-many' : 'select'} ref=${box.anchor} onFocusOut=${box.leave}>
    ${many && words.map((text, index) => html`<span class="pill">${text}<button type="button" aria-label=${`Remove ${text}`} onClick=${() => change(chosen.filter((_, other) => other !== index))}>✕</button></span>`)}
    <input ...${controlOf(props, placeholder)} class="select-input" type="text" role="combobox" autocomplete="off" spellcheck=${false}
      aria-expanded=${box.open} aria-controls=${list} aria-autocomplete="list" aria-activedescendant=${box.open && current ? `${list}-${box.at}` : undefined}
      placeholder=${words.length > 0 && !many ? words[0] : placeholder} value=${box.open || many ? box.typed : (words[0] ?? '')}
      onClick=${() => box.show()} onInput=${(event: InputEvent) => box.type(event.target instanceof HTMLInputElement ? event.target.value : '')}
      onKeyDown=${(event: KeyboardEvent) => box.keys(event, () => current && choose(current))} />
    <span class="select-arrow" aria-hidden="true">▾</span>
    ${
      box.open &&
      html`<${Popup} anchor=${box.anchor} onClose=${() => box.shut()} role="listbox" id=${list} label=${placeholder} keepFocus=${true}>
      ${box.options.length === 0 && html`<div class="menu-note" role="option" aria-disabled="true" aria-selected="false">${box.note}</div>`}
      ${box.options.map((option, index) => html`${groupHead(box.options, index)}<${Row} id=${`${list}-${index}`} option=${option} active=${index === box.at} chosen=${chosen.includes(option.value)} onChoose=${() => choose(option)} />`)}
    </${Popup}>`
    }${change.question}
  </div>`
}

function toggled(chosen: string[], value: string, most: number): string[] {
  if (chosen.includes(value)) return chosen.filter((one) => one !== value)
  return most > 0 && chosen.length >= most ? chosen : [...chosen, value]
}

const groupHead = (options: Option[], index: number) => {
  const group = options[index]?.group ?? ''
  return group === '' || group === options[index - 1]?.group
    ? ''
    : html`<div class="menu-group" role="presentation">${group}</div>`
}

type RowProps = { id: string; option: Option; active: boolean; chosen: boolean; onChoose(): void }

function Row({ id, option, active, chosen, onChoose }: RowProps) {
  const row = useRef<HTMLDivElement>(null)
  if (active) row.current?.scrollIntoView({ block: 'nearest' })
  // The field keeps the focus, so the press must not take it.
  const press = (event: Event) => {
    event.preventDefault()
    onChoose()
  }
  return html`<div ref=${row} id=${id} class=${active ? 'menu-item is-active' : 'menu-item'} role="option" aria-selected=${chosen} onMouseDown=${press}>
    <span class="menu-words">${option.text}${option.more !== '' && html`<span class="menu-more">${option.more}</span>`}</span>${chosen && html`<span aria-hidden="true">✓</span>`}
  </div>`
}

/** What is open, typed and pointed at. */
function useBox(props: ElementProps, many: boolean, chosen: string[]) {
  const [state, setState] = useState({ open: false, typed: '', at: 0 })
  const anchor = useRef<HTMLDivElement>(null)
  const id = useId()
  const { options, note } = useOptions(props, state.typed, state.open)
  const { options: all } = useOptions(props, '', false)
  const at = Math.min(state.at, Math.max(0, options.length - 1))
  const start = Math.max(0, many ? 0 : all.findIndex((option) => chosen.includes(option.value)))
  const show = () => !state.open && setState({ open: true, typed: '', at: start })
  const shut = (after?: () => void) => {
    setState({ open: false, typed: '', at: 0 })
    after?.()
  }
  const move = (step: number) =>
    state.open ? setState({ ...state, at: (at + step + options.length) % Math.max(1, options.length) }) : show()
  const KEYS: Record<string, (pick: () => unknown) => unknown> = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: (pick) => (state.open ? pick() : show()),
    Escape: () => shut(),
  }
  const keys = (event: KeyboardEvent, pick: () => unknown) => {
    const act = KEYS[event.key]
    // Esc closes the list, and only with no list open the modal around it.
    if (act === undefined || (event.key === 'Escape' && !state.open)) return
    event.preventDefault()
    event.stopPropagation()
    act(pick)
  }
  const leave = (event: FocusEvent) => {
    if (event.relatedTarget instanceof Node && anchor.current?.contains(event.relatedTarget)) return
    if (state.open) shut()
  }
  return {
    ...state,
    at,
    anchor,
    id,
    options,
    all,
    note,
    show,
    shut,
    keys,
    leave,
    type: (typed: string) => setState({ open: true, typed, at: 0 }),
  }
}
