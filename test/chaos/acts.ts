import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import type { Storm } from './build-storm.ts'
import { type Claim, doAndNote, type Note } from './claims.ts'

export async function ask(storm: Storm, id: string, seat: Seat): Promise<void> {
  const text = `please enter ${id}`
  const where = await seat.dm(text)
  storm.asked.push({ seat, ...where, text })
}

export const settingClaim = (round: number, approvers: string): Claim => ({
  kind: 'commands',
  what: `round ${round}`,
  sql: `select 1 from workspaces where jsonb_array_length(coalesce(settings -> 'approvers', '[]')) = $1`,
  values: [approvers === 'none' ? 0 : 1],
})

/** A question about a message, asked in a modal. */
export async function submitQuestion(storm: Storm, note: Note, round: number): Promise<void> {
  const [first] = storm.asked
  if (first === undefined) return
  const question = `question number ${round}`
  const opened = await openForm(first.seat, 'Ask Patchbay', () =>
    first.seat.post('shortcut', { callback_id: 'ask_about_message', channel: 'dm', ts: first.thread }),
  )
  if (!opened) return note.tell('forms', false)
  const claim = {
    kind: 'submissions',
    what: question,
    sql: `select 1 from run_events where type = 'started' and body ->> 'text' = $1`,
    values: [question],
  }
  await doAndNote(note, claim, () => first.seat.post('submit', { values: { question } }))
}

export type Card = { seat: Seat; channel: string; ts: string; approval: string }

export async function openCards({ asked }: Storm): Promise<Card[]> {
  const found: Card[] = []
  for (const { seat, channel, thread } of asked)
    for (const message of await seat.messages(channel, thread)) {
      const value = /"action_id":"approval_approve[^"]*"[^}]*?"value":"([^"]+)"/.exec(lookOf(message))
      const other = value ?? /"value":"([^"]+)"[^}]*?"action_id":"approval_approve/.exec(lookOf(message))
      if (other?.[1] !== undefined) found.push({ seat, channel, ts: message.ts, approval: other[1] })
    }
  return found
}

const decidedClaim = (kind: string, approval: string): Claim => ({
  kind,
  what: approval,
  sql: `select 1 from approvals where id = $1 and status <> 'pending'`,
  values: [approval],
})

export const pressCard = (note: Note, { seat, channel, ts, approval }: Card): Promise<void> =>
  doAndNote(note, decidedClaim('approvals', approval), () => seat.press({ channel }, ts, 'Approve')).catch(unlessGone)

/** Denies a call in the form that asks what to do instead. */
export async function denyCard(note: Note, { seat, channel, ts, approval }: Card): Promise<void> {
  const opened = await openForm(seat, 'What should I do instead?', () => seat.press({ channel }, ts, 'Deny'))
  if (!opened) return note.tell('forms', false)
  await doAndNote(note, decidedClaim('denials', approval), () => seat.submit({ reason: 'Not now' }))
}

/** The buttons are gone: the press before this one was late, and showed on the card. */
function unlessGone(error: unknown): void {
  if (!/no button|there (is|are) no|not there/i.test(String(error))) throw error
}

/** Approves a call with another argument than the model chose. */
export async function editCard(note: Note, { seat, channel, ts, approval }: Card, id: string): Promise<void> {
  const opened = await openForm(seat, 'Edit and approve', () => seat.press({ channel }, ts, 'Edit'))
  if (!opened) return note.tell('forms', false)
  const claim = {
    kind: 'edits',
    what: `${approval} to ${id}`,
    sql: `select 1 from approvals a left join run_events e on e.run_id = a.run_id and e.type = 'answered'
      where a.id = $1 and (a.status <> 'approved' or e.body -> 'arguments' ->> 'id' = $2)`,
    values: [approval, id],
  }
  await doAndNote(note, claim, () => seat.submit({ id }))
}

/** False where the app or its database was not there to open it. */
async function openForm(seat: Seat, title: string, act: () => Promise<unknown>): Promise<boolean> {
  try {
    while ((await seat.modal()) !== null) await seat.close()
    await act()
    await eventually(async () => {
      if (!JSON.stringify(await seat.modal()).includes(title)) throw new Error('no form yet')
    }, 1_000)
    return true
  } catch {
    return false
  }
}

type Working = { seat: Seat; channel: string; ts: string; run: string }

export async function workingRuns({ asked }: Storm): Promise<Working[]> {
  const found: Working[] = []
  for (const { seat, channel, thread } of asked)
    for (const message of await seat.messages(channel, thread)) {
      const run = /"action_id":"run_stop[^}]*?"value":"([^"]+)"/.exec(lookOf(message))?.[1]
      if (run !== undefined) found.push({ seat, channel, ts: message.ts, run })
    }
  return found
}

export const pressStop = (note: Note, { seat, channel, ts, run }: Working): Promise<void> =>
  doAndNote(
    note,
    { kind: 'stops', what: run, sql: 'select 1 from runs where id = $1 and outcome is not null', values: [run] },
    () => seat.press({ channel }, ts, 'Stop'),
  ).catch(unlessGone)
