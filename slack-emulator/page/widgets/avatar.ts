import { html } from 'htm/preact'
import { emojiOf } from '../text/emoji.ts'

/** `face` is an emoji or the address of a picture, which an app may give itself. */
type Props = { name: string; app?: boolean; small?: boolean; face?: string }

/** An avatar of initials, or the face an app has chosen; it is hidden from screen readers, because the name stands beside it. */
export function Avatar({ name, app = false, small = false, face = '' }: Props) {
  const size = small ? ' small' : ''
  if (/^https?:/.test(face)) return html`<img class=${`avatar${size}`} src=${face} alt="" />`
  const emoji = emojiIn(face)
  if (emoji !== undefined)
    return html`<span class=${`avatar avatar-face emoji${size}`} aria-hidden="true">${emoji}</span>`
  const initials = name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2)
  const kind = app ? 'avatar-app' : `avatar-${hueOf(name)}`
  return html`<span class=${`avatar ${kind}${size}`} aria-hidden="true">${app ? 'P' : initials}</span>`
}

/** `:name:` or the emoji itself; undefined for a name that is not known, where Slack shows the app's own face. */
function emojiIn(face: string): string | undefined {
  const name = face.replace(/^:|:$/g, '')
  return emojiOf(name) ?? (/\p{Extended_Pictographic}/u.test(name) ? name : undefined)
}

const HUES = 6

const hueOf = (name: string): number => [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % HUES
