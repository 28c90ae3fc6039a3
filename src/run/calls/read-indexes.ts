import type { RunId, WorkspaceId } from '../../ids.ts'
import { addReadText, createReadIndex, type ReadIndex } from '../../policy/flow/read-index.ts'
import type { CallState, RunState } from '../state/state.ts'
import type { ConversationHistory } from '../storage/conversations.ts'

/** Runs whose index is kept; that of any other is made anew from its events. */
const KEPT_RUNS = 30

type KeptIndex = { index: ReadIndex; calls: Set<string>; corrections: number }

/**
 * What each run has read: what its calls and those of its requester's earlier runs in the conversation gave, as the model is told
 * both. Made from events alone, so that it is the same on every instance and after a crash.
 */
export function createReadIndexes(store: {
  history(run: RunId): Promise<Pick<ConversationHistory, 'runs'>>
  state(run: RunId, workspace: WorkspaceId): Promise<RunState | null>
}): (state: RunState) => Promise<ReadIndex> {
  const kept = new Map<RunId, KeptIndex>()
  return async (state) => {
    const known = kept.get(state.id) ?? (await beginIndex(store, state))
    kept.delete(state.id)
    kept.set(state.id, known)
    const [oldest] = kept.keys()
    if (kept.size > KEPT_RUNS && oldest !== undefined) kept.delete(oldest)
    addRun(known, state)
    return known.index
  }
}

async function beginIndex(store: Parameters<typeof createReadIndexes>[0], state: RunState): Promise<KeptIndex> {
  const known: KeptIndex = { index: createReadIndex(), calls: new Set(), corrections: 0 }
  // What an agent is asked to do may hold anything that the asking run has read: only the person's words are their own.
  const asker = state.parent && (await store.state(state.parent.run, state.origin.workspace))
  if (asker) addEarlier(known, asker)
  const { runs } = await store.history(asker?.id ?? state.id)
  addWords(known.index, personWordsOf(state))
  for (const run of runs) if (run.origin.user === state.origin.user) addEarlier(known, run)
  return known
}

/** What the person said, and nothing that a model made of it. */
export const personWordsOf = ({ text, parent }: Pick<RunState, 'text' | 'parent'>): string => parent?.words ?? text

function addEarlier(known: KeptIndex, run: RunState): void {
  for (const words of [run.text, ...run.corrections.map(({ text }) => text)]) addWords(known.index, words)
  for (const call of run.calls) addResult(known.index, call)
}

function addRun(known: KeptIndex, { calls, corrections }: RunState): void {
  for (const { text } of corrections.slice(known.corrections)) addWords(known.index, text)
  known.corrections = corrections.length
  for (const call of calls) {
    if (call.result === undefined || known.calls.has(call.id)) continue
    known.calls.add(call.id)
    addResult(known.index, call)
  }
}

/** Who asked may send their own words where they like. */
const addWords = (index: ReadIndex, text: string): void =>
  addReadText(index, { connection: undefined, name: '', text, cells: [] })

function addResult(index: ReadIndex, { connection, connectionName: name, result }: CallState): void {
  if (connection === undefined || result === undefined) return
  const { table, moreTables = [] } = result.shown ?? {}
  const tables = table === undefined ? [] : [table, ...moreTables]
  const cells = [...new Set(tables.flatMap(({ rows }) => rows.flat()))]
  addReadText(index, { connection, name, text: result.text, cells })
}
