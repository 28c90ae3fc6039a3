import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { errorTextOf, uploadFile } from '../state/api.ts'
import { readDraft, saveDraft } from '../state/draft-storage.ts'
import type { ChannelInfo } from '../state/people.ts'
import { readString } from '../state/read-json.ts'
import { type SessionContext, useSessionContext } from '../state/session-context.ts'
import { completeText, type Suggestion, suggestionsFor } from './autocomplete.ts'
import { tableAttachmentOf, tableIn } from './pasted-table.ts'

export type ComposerProps = { channel: ChannelInfo; thread: string; onSaid?(ts: string, text: string): void }
type Draft = {
  text: string
  caret: number
  at: number
  hidden: boolean
  files: File[]
  /** Tables that were pasted. */
  tables: string[][][]
  /** Whether a reply goes to the channel, too. */
  broadcast: boolean
}

const EMPTY: Draft = { text: '', caret: 0, at: 0, hidden: false, files: [], tables: [], broadcast: false }

export const isEmptyDraft = ({ text, files, tables }: Draft): boolean =>
  text.trim() === '' && files.length === 0 && tables.length === 0
const MAX_HEIGHT_PX = 240

/** The state of a composer: its text, its suggestions, and sending it. */
export function useDraft(props: ComposerProps) {
  const session = useSessionContext()
  const [draft, setDraft] = useState<Draft>(() => ({ ...EMPTY, text: readDraft(keyOf(session, props)), hidden: true }))
  const field = useRef<HTMLTextAreaElement>(null)
  useGrowing(field, draft.text)
  useEffect(() => saveDraft(keyOf(session, props), draft.text), [session, props, draft.text])
  const hints = draft.hidden ? [] : suggestionsFor(session, draft)
  const at = Math.min(draft.at, Math.max(0, hints.length - 1))
  const change = (next: Partial<Draft>) => setDraft({ ...draft, ...next })

  const choose = (hint: Suggestion | undefined) => {
    if (hint === undefined) return
    const text = completeText(hint, draft)
    change({ text, caret: text.length, at: 0, hidden: !hint.more })
    field.current?.focus()
  }
  const send = async () => {
    if (isEmptyDraft(draft)) return
    setDraft(EMPTY)
    if (!(await sent(session, props, draft))) setDraft({ ...draft, hidden: true })
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
  const paste = (event: ClipboardEvent) => {
    const table = tableIn(event.clipboardData?.getData('text/plain') ?? '')
    if (table === undefined) return
    event.preventDefault()
    change({ tables: [...draft.tables, table] })
  }
  return { draft, field, hints, at, change, choose, send, begin, keys, paste }
}

/** A draft belongs to a person and a thread, and survives a reload. */
const keyOf = ({ me }: SessionContext, { channel, thread }: ComposerProps): string =>
  `draft ${me.name} ${channel.id} ${thread}`

type KeyAct = 'down' | 'up' | 'hide' | 'choose' | 'send'

const HINT_KEYS: Record<string, KeyAct> = {
  ArrowDown: 'down',
  ArrowUp: 'up',
  Escape: 'hide',
  Enter: 'choose',
  Tab: 'choose',
}

/** Enter sends and Shift+Enter makes a new line; while suggestions show, keys move in their list. */
function keyAct({ key, shiftKey, isComposing }: KeyboardEvent, hinting: boolean): KeyAct | undefined {
  if (isComposing) return undefined
  const hint = hinting ? HINT_KEYS[key] : undefined
  if (hint !== undefined && !(key === 'Tab' && shiftKey)) return hint
  return key === 'Enter' && !shiftKey ? 'send' : undefined
}

/** Sends the text or runs it as a command; returns false if it was refused and should stay. */
async function sent(
  session: SessionContext,
  { channel, thread, onSaid }: ComposerProps,
  draft: Draft,
): Promise<boolean> {
  const words = draft.text.trim()
  if (/^\/\w/.test(words)) {
    if (thread !== '') {
      session.showError('Slash commands do not run in threads. Type it in the conversation instead.')
      return false
    }
    const [command = '', ...rest] = words.split(/\s+/)
    if (command === '/me')
      return (await session.act('say', { channel: channel.id, text: rest.join(' '), me: true })) !== undefined
    return (await session.act('command', { channel: channel.id, command, text: rest.join(' ') })) !== undefined
  }
  const where = { channel: channel.id, ...(thread === '' ? {} : { thread_ts: thread }) }
  const files = await uploaded(session, draft.files)
  if (files === undefined) return false
  const attachments = draft.tables.map(tableAttachmentOf)
  const more = { ...(files.length > 0 && { files }), ...(attachments.length > 0 && { attachments }) }
  const answer = await session.act('say', { ...where, text: words, broadcast: draft.broadcast, ...more })
  if (answer === undefined) return false
  onSaid?.(readString(answer.ts), words)
  return true
}

async function uploaded(session: SessionContext, files: File[]): Promise<string[] | undefined> {
  try {
    return await Promise.all(files.map((file) => uploadFile(session.me.name, file)))
  } catch (error) {
    session.showError(errorTextOf(error))
    return undefined
  }
}

/** Makes the field as high as its text. */
function useGrowing(field: { current: HTMLTextAreaElement | null }, text: string): void {
  // The height follows the text.
  useLayoutEffect(() => {
    const area = field.current
    if (area === null) return
    area.style.height = 'auto'
    area.style.height = `${Math.min(area.scrollHeight, MAX_HEIGHT_PX)}px`
  }, [field, text])
}
