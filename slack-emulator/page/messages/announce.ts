import { useEffect, useRef } from 'preact/hooks'
import { type JsonRecord, readString } from '../state/read-json.ts'
import { useSessionContext } from '../state/session-context.ts'
import { unescapeText } from '../text/inline.ts'

const MAX_WORDS = 300
export const ANNOUNCER_ID = 'announcer'

/** The text without markup, for screen readers. */
const spoken = (text: string): string =>
  unescapeText(text.replace(/<[@#!]?[^<>|]+\|([^<>]+)>/g, '$1').replace(/<[@#!][^<>]+>/g, ''))
    .replace(/[*_~`#|]+/g, ' ')
    .slice(0, MAX_WORDS)

/** Announces each message of others to screen readers once, when it is finished. */
export function useAnnouncements(messages: JsonRecord[] | undefined): void {
  const { me } = useSessionContext()
  const said = useRef<Set<string> | undefined>(undefined)
  useEffect(() => {
    if (messages === undefined) return
    const done = messages.filter((message) => message.streaming !== true)
    const known = said.current
    said.current = new Set(done.map((message) => readString(message.ts)))
    if (known === undefined) return
    const news = done.filter((message) => !known.has(readString(message.ts)) && message.user !== me.id)
    const box = document.getElementById(ANNOUNCER_ID)
    if (box !== null && news.length > 0)
      box.textContent = news
        .map((message) => `${readString(message.from)}: ${spoken(readString(message.text))}`)
        .join('. ')
  }, [messages, me.id])
}
