import { html } from 'htm/preact'
import type { ComponentChildren, RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'

type Props = {
  anchor: RefObject<HTMLElement>
  onClose(): void
  role: 'menu' | 'listbox' | 'dialog'
  label: string
  id?: string
  /** A listbox leaves the focus in its text field. */
  keepFocus?: boolean
  children?: ComponentChildren
}

const GAP = 4

/** A menu or list over everything else, modals included, next to its anchor; Esc or a click elsewhere closes it. */
export function Popup({ anchor, onClose, role, label, id, keepFocus = false, children }: Props) {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    box.current?.showPopover()
    if (!keepFocus) box.current?.querySelector<HTMLElement>('button, a')?.focus()
  }, [keepFocus])
  useLayoutEffect(() => {
    if (box.current !== null && anchor.current !== null) place(box.current, anchor.current)
  })
  useEffect(() => {
    const away = (event: Event) => {
      const target = event.target
      if (target instanceof Node && (box.current?.contains(target) || anchor.current?.contains(target))) return
      onClose()
    }
    addEventListener('pointerdown', away)
    addEventListener('resize', onClose)
    return () => {
      removeEventListener('pointerdown', away)
      removeEventListener('resize', onClose)
    }
  }, [anchor, onClose])
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      onClose()
      anchor.current?.focus()
    }
    // Tab leaves the menu and closes it.
    if (event.key === 'Tab' && role === 'menu') {
      anchor.current?.focus()
      onClose()
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && !keepFocus) moveFocus(event, box.current, step)
  }
  return html`<div ref=${box} id=${id} popover="manual" class="popup" role=${role} aria-label=${label} onKeyDown=${keys}>${children}</div>`
}

function moveFocus(event: KeyboardEvent, box: HTMLElement | null, step: number): void {
  const items = [...(box?.querySelectorAll<HTMLElement>('button, a') ?? [])]
  const active = document.activeElement
  const at = active instanceof HTMLElement ? items.indexOf(active) : -1
  event.preventDefault()
  items.at((at + step) % items.length)?.focus()
}

/** Below the anchor, or above it where there is more room. */
function place(box: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect()
  const below = innerHeight - at.bottom - 2 * GAP
  const up = below < Math.min(box.scrollHeight, 200) && at.top > below
  box.style.maxHeight = `${Math.max(120, up ? at.top - 2 * GAP : below)}px`
  box.style.minWidth = `${Math.min(at.width, innerWidth - 2 * GAP)}px`
  const height = Math.min(box.offsetHeight, up ? at.top : below)
  box.style.top = `${up ? at.top - height - GAP : at.bottom + GAP}px`
  box.style.left = `${Math.max(GAP, Math.min(at.left, innerWidth - box.offsetWidth - GAP))}px`
}
