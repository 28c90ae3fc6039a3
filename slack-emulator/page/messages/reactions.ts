import { html } from 'htm/preact'
import { useRef, useState } from 'preact/hooks'
import { type JsonRecord, readRecords, readString, readStrings } from '../state/read-json.ts'
import { useSessionContext } from '../state/session-context.ts'
import { emojiOf } from '../text/emoji.ts'
import { renderEmoji } from '../text/inline.ts'
import { Icon } from '../widgets/icon.ts'
import { Popup } from '../widgets/popup.ts'

/** The emoji that people react with most. */
const COMMON = `+1 -1 white_check_mark eyes raised_hands tada heart joy thinking_face pray fire rocket bug warning memo
  ticket question repeat x no_entry`.split(/\s+/)

type Props = { message: JsonRecord; channel: string }

/** Puts an emoji to a message as this person, or takes it back. */
function useReact({ message, channel }: Props) {
  const { act, me } = useSessionContext()
  return (emoji: string) => {
    const mine = readRecords(message.reactions).some(
      (one) => one.name === emoji && readStrings(one.users).includes(me.id),
    )
    void act('react', { channel, ts: readString(message.ts), emoji, removed: mine })
  }
}

/** The reactions below a message; a click adds one's own, or takes it back. */
export function Reactions({ message, channel }: Props) {
  const { me, people, others } = useSessionContext()
  const react = useReact({ message, channel })
  const all = readRecords(message.reactions)
  if (all.length === 0) return null
  const nameOf = (id: string) => [...people, ...others].find((one) => one.id === id)?.realName ?? id
  return html`<div class="reactions">${all.map((one) => {
    const [name, users] = [readString(one.name), readStrings(one.users)]
    const mine = users.includes(me.id)
    return html`<button type="button" class=${mine ? 'reaction is-mine' : 'reaction'} aria-pressed=${mine}
      title=${users.map(nameOf).join(', ')} aria-label=${`${name}: ${users.length}`} onClick=${() => react(name)}>${renderEmoji(name)} ${users.length}</button>`
  })}</div>`
}

/** Offers the common emoji. */
export function AddReaction({ message, channel }: Props) {
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const react = useReact({ message, channel })
  const choose = (name: string) => {
    setOpen(false)
    anchor.current?.focus()
    react(name)
  }
  return html`<button type="button" ref=${anchor} class="icon-button" title="Add reaction" aria-label="Add reaction" aria-haspopup="menu" aria-expanded=${open} onClick=${() => setOpen(!open)}><${Icon} name="smile" /></button>
    ${
      open &&
      html`<${Popup} anchor=${anchor} onClose=${() => setOpen(false)} role="menu" label="Reactions"><div class="emoji-grid">
      ${COMMON.map((name) => html`<button type="button" role="menuitem" class="emoji-choice emoji" title=${name} aria-label=${name} onClick=${() => choose(name)}>${emojiOf(name)}</button>`)}
    </div></${Popup}>`
    }`
}
