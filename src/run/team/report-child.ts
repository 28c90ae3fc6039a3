import type { RunDeps } from '../deps.ts'
import type { EventOf } from '../state/events.ts'
import type { RunState } from '../state/state.ts'

/** A conclusion is a page or two: about 2,000 tokens. What is longer stands in the notes, or is asked for again. */
const CONCLUSION_CHARS = 8_000

/** Gives the result of a run that has ended to the run that asked for it, once, and works that one on. */
export async function reportChild(deps: RunDeps, child: RunState): Promise<void> {
  const { parent } = child
  if (parent === undefined) return
  const { fence } = await deps.store.settleChild(parent.run, parent.call, createResultEvent(child, parent.call))
  if (fence === null) deps.nudge(parent.run)
  else deps.begin(parent.run, fence)
}

/** What a crash has kept from being told. */
export async function reportLeftChildren(deps: RunDeps): Promise<void> {
  for (const child of await deps.store.unsettledChildren()) await reportChild(deps, child)
}

const OUTCOMES = { working: 'unknown', finished: 'ok', failed: 'failed', stopped: 'cancelled' } as const

/** What an agent that was asked gives back. Pure: whoever tells it, tells the same. */
function createResultEvent(child: RunState, call: string): EventOf<'returned'> {
  const { status, answer, untrusted, usage, startedAt, changedAt, agent } = child
  const name = agent?.name ?? 'The agent'
  const text = status === 'finished' ? conclusionOf(child, name) : endOf(child, name)
  return {
    type: 'returned',
    call,
    outcome: OUTCOMES[status],
    text,
    summary: status === 'finished' ? firstSentenceOf(answer) : text,
    images: [],
    files: [],
    ofChild: { untrusted, costUsd: usage.costUsd },
    ms: changedAt.getTime() - startedAt.getTime(),
    at: changedAt.toISOString(),
  }
}

function conclusionOf({ answer, note }: RunState, name: string): string {
  const words = answer.trim() === '' ? `${name} ended without an answer.` : answer
  const cut =
    words.length <= CONCLUSION_CHARS
      ? words
      : `${words.slice(0, CONCLUSION_CHARS)}\n[${name} said more; this is its beginning.]`
  return note === undefined
    ? cut
    : `${cut}\n[${name} stopped early: it had used up its steps or its part of the budget.]`
}

const endOf = ({ failure, status }: RunState, name: string): string =>
  status === 'stopped' ? `${name} was stopped.` : `${name} could not finish: ${failure?.message ?? 'it failed.'}`

const firstSentenceOf = (answer: string): string =>
  /^.{1,200}?[.!?](?=\s|$)|^.{1,200}/.exec(answer.trim())?.[0] ?? 'Answered.'
