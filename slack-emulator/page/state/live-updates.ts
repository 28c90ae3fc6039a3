import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { errorTextOf, fetchLocal } from './api.ts'
import { type JsonRecord, readRecord } from './read-json.ts'

/** A change in the workspace: its kind and place, not its content. */
export type WorkspaceUpdate = JsonRecord
type Listener = (news: WorkspaceUpdate) => void

const listeners = new Set<Listener>()
let opened = false

/** Calls `listener` for each change, with `kind: 'lost'` when the connection breaks and `'again'` when it is back. */
export function subscribeToUpdates(listener: Listener): () => void {
  listeners.add(listener)
  if (!opened) openSource()
  opened = true
  return () => {
    listeners.delete(listener)
  }
}

/** The page has one event source, which the browser reopens by itself. */
function openSource(): void {
  const source = new EventSource('/local/events')
  const tell = (news: WorkspaceUpdate) => {
    for (const listener of listeners) listener(news)
  }
  source.onmessage = (event) => tell(readRecord(JSON.parse(String(event.data))))
  source.onopen = () => tell({ kind: 'again' })
  source.onerror = () => tell({ kind: 'lost' })
}

export type LiveData = { data: JsonRecord | undefined; error: string; refresh(): void }
type Wanted = { path: string; query: Record<string, string>; when(news: WorkspaceUpdate): boolean }

/** Data of the control API, fetched again whenever `when` matches a change, one request at a time. */
export function useLiveData({ path, query, when }: Wanted): LiveData {
  const key = `${path}?${new URLSearchParams(query)}`
  const [seen, setSeen] = useState<{ key: string; data: JsonRecord | undefined; error: string }>(nothing)
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
  // Another key means other data.
  useEffect(() => {
    refresh()
    return subscribeToUpdates((news) => {
      if (news.kind === 'again' || wanted.current.when(news)) refresh()
    })
  }, [key, refresh])

  return seen.key === key ? { ...seen, refresh } : { ...nothing, refresh }
}

const nothing = { key: '', data: undefined, error: '' }

async function takeLook({ key, path, query }: { key: string; path: string; query: Record<string, string> }) {
  try {
    return { key, data: await fetchLocal(path, query), error: '' }
  } catch (error) {
    return { key, data: undefined, error: errorTextOf(error) }
  }
}
