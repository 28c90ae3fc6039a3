import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { upload, wordsOf } from './api.ts'
import { type Desk, useDesk } from './desk.ts'
import { type Hint, hintsFor, taken } from './hints.ts'
import { keepText, keptText } from './kept-text.ts'
import type { Room } from './people.ts'
import { str } from './read.ts'

export type ComposerProps = { room: Room; thread: string; onSaid?(ts: string, text: string): void }
type Draft = { text: string; caret: number; at: number; hidden: boolean; files: File[] }

const EMPTY: Draft = { text: '', caret: 0, at: 0, hidden: false, files: [] }
const MAX_HEIGHT_PX = 240

/** What stands in a composer, what could complete it, and what sends it. */
export function useDraft(props: ComposerProps) {
  const desk = useDesk()
  const [draft, setDraft] = useState<Draft>(() => ({ ...EMPTY, text: keptText(keyOf(desk, props)), hidden: true }))
  const field = useRef<HTMLTextAreaElement>(null)
  useGrowing(field, draft.text)
  useEffect(() => keepText(keyOf(desk, props), draft.text), [desk, props, draft.text])
  const hints = draft.hidden ? [] : hintsFor(desk, draft)
  const at = Math.min(draft.at, Math.max(0, hints.length - 1))
  const change = (next: Partial<Draft>) => setDraft({ ...draft, ...next })

  const choose = (hint: Hint | undefined) => {
    if (hint === undefined) return
    const text = taken(hint, draft)
    change({ text, caret: text.length, at: 0, hidden: !hint.more })
    field.current?.focus()
  }
  const send = async () => {
    if (draft.text.trim() === '' && draft.files.length === 0) return
    setDraft(EMPTY)
    if (!(await sent(desk, props, draft))) setDraft({ ...draft, hidden: true })
  }
  const begin = (text: string) => {
    change({ text, caret: text.length, hidden: false })
    field.current?.focus()
  }
  const keys = (event: KeyboardEvent) => {
    const act = keyAct(event, hints.length > 0 && hints[at]?.text !== draft.text.trim())
    if (act === undefined) return
    event.preventDefault()
    if (act === 'hide') event.stopPropagation()
    const acts = {
      down: () => change({ at: (at + 1) % hints.length }),
      up: () => change({ at: (at + hints.length - 1) % hints.length }),
      hide: () => change({ hidden: true }),
      choose: () => choose(hints[at]),
      send: () => void send(),
    }
    acts[act]()
  }
  return { draft, field, hints, at, change, choose, send, begin, keys }
}

/** What is typed survives a look elsewhere and a reload; each place and person has its own. */
const keyOf = ({ me }: Desk, { room, thread }: ComposerProps): string => `draft ${me.name} ${room.id} ${thread}`

type KeyAct = 'down' | 'up' | 'hide' | 'choose' | 'send'

const HINT_KEYS: Record<string, KeyAct> = {
  ArrowDown: 'down',
  ArrowUp: 'up',
  Escape: 'hide',
  Enter: 'choose',
  Tab: 'choose',
}

/** Enter sends, Shift and Enter begin a new line; while something is suggested, keys are for the list. */
function keyAct({ key, shiftKey, isComposing }: KeyboardEvent, hinting: boolean): KeyAct | undefined {
  if (isComposing) return undefined
  const hint = hinting ? HINT_KEYS[key] : undefined
  if (hint !== undefined && !(key === 'Tab' && shiftKey)) return hint
  return key === 'Enter' && !shiftKey ? 'send' : undefined
}

/** Says it, or runs it as a command; false where it was refused and should stay. */
async function sent(desk: Desk, { room, thread, onSaid }: ComposerProps, { text, files }: Draft): Promise<boolean> {
  const words = text.trim()
  if (/^\/\w/.test(words)) {
    if (thread !== '') {
      desk.say('Slash commands do not run in threads. Type it in the conversation instead.')
      return false
    }
    const [command = '', ...rest] = words.split(/\s+/)
    return (await desk.act('command', { channel: room.id, command, text: rest.join(' ') })) !== undefined
  }
  const where = { channel: room.id, ...(thread === '' ? {} : { thread_ts: thread }) }
  const ids = await uploaded(desk, files)
  if (ids === undefined) return false
  const answer = await desk.act('say', { ...where, text: words, ...(ids.length === 0 ? {} : { files: ids }) })
  if (answer === undefined) return false
  onSaid?.(str(answer.ts), words)
  return true
}

async function uploaded(desk: Desk, files: File[]): Promise<string[] | undefined> {
  try {
    return await Promise.all(files.map((file) => upload(desk.me.name, file)))
  } catch (error) {
    desk.say(wordsOf(error))
    return undefined
  }
}

/** The field is as high as its text. */
function useGrowing(field: { current: HTMLTextAreaElement | null }, text: string): void {
  // The text is what makes it grow.
  useLayoutEffect(() => {
    const area = field.current
    if (area === null) return
    area.style.height = 'auto'
    area.style.height = `${Math.min(area.scrollHeight, MAX_HEIGHT_PX)}px`
  }, [field, text])
}
