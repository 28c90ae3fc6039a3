import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { InputId, type Principal, RunId, UserId, type WorkspaceId } from '../../ids.ts'
import { type EventOf, RunEvent } from '../state/events.ts'

const Given = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('settled'), run: RunId, fence: z.number().nullable() }),
  z.object({
    kind: z.literal('already'),
    action: z.enum(['accept', 'decline', 'cancel', 'expired', 'over']),
    by: UserId.nullable(),
    at: z.coerce.date(),
    run: RunId,
    fence: z.number().nullish(),
  }),
  z.object({ kind: z.literal('not_yours'), person: UserId }),
  z.object({ kind: z.literal('gone') }),
])
const Place = z.object({ run: RunId, call: z.string(), input: InputId, events: z.array(RunEvent) })

export type InputAnswerRow = {
  run: RunId
  workspace: WorkspaceId
  input: InputId
  by: UserId | undefined
  event: EventOf<'given_input'>
}

/** The rows of what is asked of people, as part of the store. */
export function createInputStore(db: Db, lease: { instance: string; lease_ms: number }) {
  return {
    /** The first answer counts; one that comes too late is written down as none. */
    give: ({ run, workspace, input, by, event }: InputAnswerRow) =>
      db.call(
        'input_answer',
        { workspace, id: input, run, by: by ?? null, action: event.action, event, ...lease },
        Given,
      ),
    /** Settles one overdue question; false when there is none. */
    expireInput: (at: string) => db.call('input_expire', { at }, z.boolean()),
    input: (id: InputId, workspace: WorkspaceId) => db.call('input_run', { workspace, id }, Place.nullable()),
    pendingInputs: ({ workspace, user }: Principal) => db.call('inputs_pending', { workspace, user }, z.array(Place)),
  }
}
