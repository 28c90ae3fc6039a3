import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Connection } from '../../registry/connection.ts'
import type { ChangeNote, ToolChanges } from '../../registry/tool-changes.ts'
import { type Polling, pollEvery } from '../../timing.ts'
import type { ToolPins } from './tool-pins.ts'

export type ChangeNotesDeps = {
  changes: Pick<ToolChanges, 'claim' | 'told'>
  pins: Pick<ToolPins, 'settle'>
  /**
   * Shows the connection's owner what changed, or without changes that nothing waits any more, in the place of `note` where there is one.
   * Returns where it stands; undefined where it should be tried again. Never throws.
   */
  tell(connection: Connection, note: ChangeNote | undefined): Promise<ChangeNote | undefined>
  log: Log
  /** For tests: how long a note is quiet after it changed. */
  quietMs?: number
}

const LOOK_MS = 3_000
/** A server that rewords its tools all the time changes its one note this often. */
const QUIET_MS = 60_000

/** Tells owners of connections whose servers changed their tools: one note for each, with the newest difference. */
export const createChangeNotes = (deps: ChangeNotesDeps): Polling =>
  pollEvery(
    { everyMs: LOOK_MS },
    async () => {
      for (const claimed of await deps.changes.claim(deps.quietMs ?? QUIET_MS)) await tellOne(deps, claimed)
    },
    (error) => deps.log.warn({ why: errorChainOf(error) }, 'changed tools not looked at'),
  )

type Claimed = Awaited<ReturnType<ToolChanges['claim']>>[number]

async function tellOne({ changes, pins, tell }: ChangeNotesDeps, { connection, note }: Claimed): Promise<void> {
  const waited = connection.changes !== undefined
  const now = waited ? await pins.settle(connection) : connection
  // What the card accepted by itself needs no words; the next look takes back the note that there was.
  if (now === undefined || (waited && now.changes === undefined)) return
  const told = await tell(now, note)
  if (told !== undefined) await changes.told(now.id, told)
}
