import { z } from 'zod'
import { createRefusedEvent } from '../calls/call-tools.ts'
import type { RunDeps } from '../deps.ts'
import { quoteMessages } from '../frames.ts'
import type { EventOf } from '../state/events.ts'
import type { CallState, RunState } from '../state/state.ts'
import type { LeasedRun } from '../storage/leased-run.ts'

/** Notes of one request. */
const MOST_NOTES = 100

const Finding = z.object({
  finding: z.string().trim().min(1).max(2_000),
  source: z.string().max(500).optional(),
  confidence: z.enum(['low', 'medium', 'high']).optional(),
})
const Note = z.object({
  agent: z.string(),
  finding: z.string(),
  source: z.string().nullable(),
  confidence: z.string().nullable(),
  untrusted: z.array(z.string()),
})

const rootOf = ({ id, parent }: RunState) => parent?.run ?? id

/** Keeps a note for all who work on the request; the same call keeps it once. */
export async function addNote(deps: RunDeps, { state }: LeasedRun, call: CallState): Promise<EventOf<'returned'>> {
  const note = Finding.safeParse(call.arguments)
  if (!note.success) return createRefusedEvent(deps, call, 'A note needs a finding of 2,000 characters at most.')
  const { finding, source, confidence } = note.data
  const count = await deps.db.call(
    'note_add',
    {
      root: rootOf(state),
      run: state.id,
      call: call.id,
      agent: state.agent?.name ?? 'Patchbay',
      note: { finding, source: source ?? null, confidence: confidence ?? null, untrusted: state.untrusted },
      limit: MOST_NOTES,
    },
    z.number().nullable(),
  )
  if (count === null)
    return createRefusedEvent(deps, call, `One request holds ${MOST_NOTES} notes, and there is no room for more.`)
  return returnedEvent(deps, call, { text: `Noted (${count} in all).`, summary: 'Noted.' })
}

/** Whoever reads what another agent noted has read what that one read. */
export async function readNotes(deps: RunDeps, { state }: LeasedRun, call: CallState): Promise<EventOf<'returned'>> {
  const notes = await deps.db.call('notes_of', { root: rootOf(state) }, z.array(Note))
  const said = notes.map(({ agent, finding, source, confidence }) => ({
    author: agent,
    text: [finding, source === null ? '' : `Source: ${source}`, confidence === null ? '' : `Confidence: ${confidence}`]
      .filter(Boolean)
      .join('\n'),
  }))
  const text = said.length === 0 ? 'Nothing is noted yet.' : quoteMessages('notes', said)
  const untrusted = [...new Set(notes.flatMap((one) => one.untrusted))]
  const summary = `${notes.length} ${notes.length === 1 ? 'note' : 'notes'}`
  return { ...returnedEvent(deps, call, { text, summary }), ofChild: { untrusted, costUsd: 0 } }
}

const returnedEvent = (
  deps: RunDeps,
  call: CallState,
  words: { text: string; summary: string },
): EventOf<'returned'> => ({
  type: 'returned',
  call: call.id,
  outcome: 'ok',
  ...words,
  images: [],
  files: [],
  ms: 0,
  at: deps.now().toISOString(),
})
