import { html } from 'htm/preact'

type Props = { name: string; app?: boolean; small?: boolean }

/** An avatar of initials; it is hidden from screen readers, because the name stands beside it. */
export function Avatar({ name, app = false, small = false }: Props) {
  const initials = name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2)
  const kind = app ? 'avatar-app' : `avatar-${hueOf(name)}`
  return html`<span class=${`avatar ${kind}${small ? ' small' : ''}`} aria-hidden="true">${app ? 'P' : initials}</span>`
}

const HUES = 6

const hueOf = (name: string): number => [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % HUES
