import { expect, test } from 'vitest'
import { connectPostgres } from '../../../src/db/postgres.ts'
import { createRunId } from '../../../src/ids.ts'
import { requestLiveInput } from '../../../src/run/calls/request-input.ts'
import type { RunEvent } from '../../../src/run/state/events.ts'
import { foldEvents } from '../../../src/run/state/fold.ts'
import { type LeasedRun, loadNewEvents } from '../../../src/run/storage/leased-run.ts'
import { createRunStore } from '../../../src/run/storage/run-store.ts'
import { createTestDatabase } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/log.ts'
import { at, called, judged, origin, replied, started } from '../states.ts'

const before: RunEvent[] = [started, replied(['a']), judged('a', 'allow'), called('a')]
const request = { kind: 'url' as const, message: 'Look', url: 'https://example.com/' }

/** A run held at its call, on a real database. */
async function startHeld() {
  const things = new AsyncDisposableStack()
  const database = things.use(await createTestDatabase())
  const db = things.use(connectPostgres(database.url, memoryLog().log))
  const store = createRunStore(db, 'here', memoryLog().log)
  const id = createRunId()
  await store.start({ id, origin, dedupeKey: id, events: before }, true)
  const held: LeasedRun = {
    id,
    fence: 1,
    seq: before.length,
    state: foldEvents(id, before, false),
    abort: new AbortController(),
    history: undefined,
    listeners: new Map(),
    queue: Promise.resolve(),
  }
  const deps = { store, now: () => new Date(), onEvent: () => undefined, sleep: async () => undefined }
  const [call] = held.state.calls
  if (!call) throw new Error('no call')
  const ask = (afterMs: number, signal = new AbortController().signal) =>
    requestLiveInput(deps, held, { call, request, deadline: new Date(Date.now() + afterMs), signal })
  const asked = async () => {
    const input = await eventually(() => {
      const found = held.state.calls[0]?.inputs.at(-1)
      if (!found) throw new Error('not asked yet')
      return found
    })
    return input
  }
  return { ask, asked, held, deps, [Symbol.asyncDispose]: () => things.disposeAsync() }
}

test('at the deadline the question is settled as expired, and the server hears "cancel"', async () => {
  await using run = await startHeld()
  expect(await run.ask(150)).toEqual({ action: 'cancel' })
  expect(run.held.state.calls[0]).toMatchObject({ stage: 'calling', inputs: [{ given: { action: 'expired' } }] })
  expect(run.held.listeners.size).toBe(0)
})

test('an answer given on another instance comes through the run’s events', async () => {
  await using run = await startHeld()
  const answer = run.ask(60_000)
  const { id } = await run.asked()
  const event = {
    type: 'given_input' as const,
    call: 'a',
    input: id,
    action: 'accept' as const,
    content: { a: 'b' },
    by: origin.user,
    at,
  }
  const { kind } = await run.deps.store.give({
    run: run.held.id,
    workspace: origin.workspace,
    input: id,
    by: origin.user,
    event,
  })
  expect(kind).toBe('settled')
  await loadNewEvents(run.deps, run.held)
  expect(await answer).toEqual({ action: 'accept', content: { a: 'b' } })
})

test('a server that gives up, or a stop, ends the waiting', async () => {
  await using run = await startHeld()
  const gone = new AbortController()
  const answer = run.ask(60_000, gone.signal)
  await run.asked()
  gone.abort()
  expect(await answer).toEqual({ action: 'cancel' })
})
