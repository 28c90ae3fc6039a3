import { useEffect, useRef } from 'preact/hooks'
import { useDesk } from './desk.ts'
import { unescaped } from './inline.ts'
import { type Json, str } from './read.ts'

const MAX_WORDS = 300
export const ANNOUNCER = 'announcer'

/** Markup is for eyes: what is read out has names of channels and the words of links, and no signs. */
const spoken = (text: string): string =>
  unescaped(text.replace(/<[@#!]?[^<>|]+\|([^<>]+)>/g, '$1').replace(/<[@#!][^<>]+>/g, ''))
    .replace(/[*_~`#|]+/g, ' ')
    .slice(0, MAX_WORDS)

/** Says whole messages of others to screen readers once each, when they are finished: not every word of a stream. */
export function useAnnounced(messages: Json[] | undefined): void {
  const { me } = useDesk()
  const said = useRef<Set<string> | undefined>(undefined)
  useEffect(() => {
    if (messages === undefined) return
    const done = messages.filter((message) => message.streaming !== true)
    const known = said.current
    said.current = new Set(done.map((message) => str(message.ts)))
    if (known === undefined) return
    const news = done.filter((message) => !known.has(str(message.ts)) && message.user !== me.id)
    const box = document.getElementById(ANNOUNCER)
    if (box !== null && news.length > 0)
      box.textContent = news.map((message) => `${str(message.from)}: ${spoken(str(message.text))}`).join('. ')
  }, [messages, me.id])
}
