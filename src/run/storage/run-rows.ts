import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { RunId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import { RunEvent } from '../state/events.ts'
import { foldEvents } from '../state/fold.ts'

/** A run as somebody looks at it, from its events. */
export const StateRow = z
  .object({ id: RunId, events: z.array(RunEvent) })
  .transform(({ id, events }) => foldEvents(id, events, true))
/** Rows of several runs. One that cannot be read must not hide the others: it is logged and left out. */
export const readableRows = <T>(row: z.ZodType<T>, log: Log) =>
  z.array(z.unknown()).transform((rows) =>
    rows.flatMap((one) => {
      const read = row.safeParse(one)
      if (!read.success) log.error({ reason: errorChainOf(read.error) }, 'a run of several cannot be read')
      return read.success ? [read.data] : []
    }),
  )
