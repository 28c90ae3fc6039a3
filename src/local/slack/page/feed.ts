import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { look, wordsOf } from './api.ts'
import { type Json, record } from './read.ts'

/** News of the workspace: what kind of thing happened and where, never its content. */
export type News = Json
type Listener = (news: News) => void

const listeners = new Set<Listener>()
let opened = false

/** Calls `listener` for all that happens, and with `kind: 'again'` after the connection was lost and found. */
export function listen(listener: Listener): () => void {
  listeners.add(listener)
  if (!opened) openSource()
  opened = true
  return () => {
    listeners.delete(listener)
  }
}

/** One for the whole page, which the browser opens again by itself when it breaks. */
function openSource(): void {
  const source = new EventSource('/local/events')
  const tell = (news: News) => {
    for (const listener of listeners) listener(news)
  }
  source.onmessage = (event) => tell(record(JSON.parse(String(event.data))))
  source.onopen = () => tell({ kind: 'again' })
  source.onerror = () => tell({ kind: 'lost' })
}

export type Live = { data: Json | undefined; trouble: string; refresh(): void }
type Wanted = { path: string; query: Record<string, string>; when(news: News): boolean }

/** A look at the workspace that stays true: it is taken again whenever news says it changed, one request at a time. */
export function useLive({ path, query, when }: Wanted): Live {
  const key = `${path}?${new URLSearchParams(query)}`
  const [seen, setSeen] = useState<{ key: string; data: Json | undefined; trouble: string }>(nothing)
  const wanted = useRef({ key, path, query, when })
  wanted.current = { key, path, query, when }
  const flight = useRef({ busy: false, again: false })

  const refresh = useCallback(() => {
    const state = flight.current
    state.again = true
    if (state.busy) return
    state.busy = true
    const take = async () => {
      while (state.again) {
        state.again = false
        setSeen(await takeLook(wanted.current))
      }
      state.busy = false
    }
    void take()
  }, [])
  // Another key is another look.
  useEffect(() => {
    refresh()
    return listen((news) => {
      if (news.kind === 'again' || wanted.current.when(news)) refresh()
    })
  }, [key, refresh])

  return seen.key === key ? { ...seen, refresh } : { ...nothing, refresh }
}

const nothing = { key: '', data: undefined, trouble: '' }

async function takeLook({ key, path, query }: { key: string; path: string; query: Record<string, string> }) {
  try {
    return { key, data: await look(path, query), trouble: '' }
  } catch (error) {
    return { key, data: undefined, trouble: wordsOf(error) }
  }
}
