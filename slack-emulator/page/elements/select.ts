import { html } from 'htm/preact'
import { useId, useRef, useState } from 'preact/hooks'
import { readNumber, readString, readStrings, readText } from '../state/read-json.ts'
import { useSurface } from '../state/session-context.ts'
import { Icon } from '../widgets/icon.ts'
import { Popup } from '../widgets/popup.ts'
import { useChange } from './choices.ts'
import { controlAttributesOf, type ElementProps } from './field.ts'
import { type MenuOption, optionTextFor, useOptions } from './options.ts'

/** A menu one can search, for one or several choices: a text field that opens a list (WAI-ARIA's combobox pattern). */
export function Select(props: ElementProps) {
  const { element, block } = props
  const { form } = useSurface()
  const change = useChange(props)
  const many = readString(element.type).startsWith('multi_')
  const value = form.value(readString(block.block_id), element)
  const chosen = many ? readStrings(value) : [readString(value)].filter(Boolean)
  const box = useBox(props, many, chosen)
  const choose = (option: MenuOption | undefined) => {
    if (option === undefined) return
    if (!many) return box.shut(() => change(option.value))
    box.type('')
    change(toggled(chosen, option.value, readNumber(element.max_selected_items)))
  }
  const words = chosen.map((one) => optionTextFor(one, box.all, element))
  const placeholder = readText(element.placeholder) || 'Choose an option'
  const without = (index: number) => change(chosen.filter((_, other) => other !== index))
  return html`<div class=${many ? 'select select-many' : 'select'} ref=${box.anchor} onFocusOut=${box.leave}>
    ${many && words.map((text, index) => html`<span class="pill">${text}<button type="button" aria-label=${`Remove ${text}`} onClick=${() => without(index)}><${Icon} name="close" /></button></span>`)}
    <${Entry} props=${props} box=${box} words=${many ? '' : (words[0] ?? '')} placeholder=${placeholder} onPick=${() => choose(box.options[box.at])} />
    <span class="select-arrow"><${Icon} name="down" /></span>
    ${box.open && html`<${Choices} box=${box} label=${placeholder} chosen=${chosen} onChoose=${choose} />`}${change.question}
  </div>`
}

type Box = ReturnType<typeof useBox>
const listId = (box: Box): string => `${box.id}-list`

type EntryProps = { props: ElementProps; box: Box; words: string; placeholder: string; onPick(): void }

/** The text field shows the choice, and takes the search text while the list is open. */
function Entry({ props, box, words, placeholder, onPick }: EntryProps) {
  const active = box.open && box.options.length > 0 ? `${listId(box)}-${box.at}` : undefined
  const type = ({ target }: Event) => target instanceof HTMLInputElement && box.type(target.value)
  return html`<input ...${controlAttributesOf(props, placeholder)} class="select-input" type="text" role="combobox" autocomplete="off" spellcheck=${false}
    aria-expanded=${box.open} aria-controls=${listId(box)} aria-autocomplete="list" aria-activedescendant=${active}
    placeholder=${words || placeholder} value=${box.open ? box.typed : words}
    onClick=${() => box.show()} onInput=${type} onKeyDown=${(event: KeyboardEvent) => box.keys(event, onPick)} />`
}

type ChoicesProps = { box: Box; label: string; chosen: string[]; onChoose(option: MenuOption): void }

function Choices({ box, label, chosen, onChoose }: ChoicesProps) {
  const row = (option: MenuOption, index: number) =>
    html`${groupHead(box.options, index)}<${Row} id=${`${listId(box)}-${index}`} option=${option} active=${index === box.at} chosen=${chosen.includes(option.value)} onChoose=${() => onChoose(option)} />`
  return html`<${Popup} anchor=${box.anchor} onClose=${() => box.shut()} role="listbox" id=${listId(box)} label=${label} keepFocus=${true}>
    ${box.options.length === 0 && html`<div class="menu-note" role="option" aria-disabled="true" aria-selected="false">${box.note}</div>`}
    ${box.options.map(row)}
  </${Popup}>`
}

function toggled(chosen: string[], value: string, most: number): string[] {
  if (chosen.includes(value)) return chosen.filter((one) => one !== value)
  return most > 0 && chosen.length >= most ? chosen : [...chosen, value]
}

const groupHead = (options: MenuOption[], index: number) => {
  const group = options[index]?.group ?? ''
  return group === '' || group === options[index - 1]?.group
    ? ''
    : html`<div class="menu-group" role="presentation">${group}</div>`
}

type RowProps = { id: string; option: MenuOption; active: boolean; chosen: boolean; onChoose(): void }

function Row({ id, option, active, chosen, onChoose }: RowProps) {
  const row = useRef<HTMLDivElement>(null)
  if (active) row.current?.scrollIntoView({ block: 'nearest' })
  // A press must not take the focus from the field.
  const press = (event: Event) => {
    event.preventDefault()
    onChoose()
  }
  return html`<div ref=${row} id=${id} class=${active ? 'menu-item is-active' : 'menu-item'} role="option" aria-selected=${chosen} onMouseDown=${press}>
    <span class="menu-words">${option.text}${option.more !== '' && html`<span class="menu-more">${option.more}</span>`}</span>${chosen && html`<${Icon} name="check" />`}
  </div>`
}

/** The list's state: whether it is open, what is typed, and which option is active. */
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
    // Esc closes the modal around it only when no list is open.
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
