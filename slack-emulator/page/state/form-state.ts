import { useCallback, useMemo, useState } from 'preact/hooks'
import { errorTextOf, fetchLocal } from './api.ts'
import { enteredValueOf } from './entered-value.ts'
import { type JsonRecord, readRecord, readRecords, readString } from './read-json.ts'
import { type FormState, type SessionContext, type Surface, useSessionContext } from './session-context.ts'

const keyOf = (blockId: string, element: JsonRecord): string => `${blockId}/${readString(element.action_id)}`

async function suggestions(session: SessionContext, query: Record<string, string>): Promise<JsonRecord[]> {
  try {
    return readRecords((await fetchLocal('suggest', { as: session.me.name, ...query })).options)
  } catch (error) {
    session.showError(errorTextOf(error))
    return []
  }
}

/** The values of fields that no view keeps: those of messages and, until submission, of modals. */
function useTyped(state: JsonRecord) {
  const [typed, setTyped] = useState<Record<string, unknown>>({})
  const form: Omit<FormState, 'errors'> = {
    value: (blockId, element) => {
      const key = keyOf(blockId, element)
      return key in typed
        ? typed[key]
        : enteredValueOf(readRecord(readRecord(state[blockId])[readString(element.action_id)]), element)
    },
    change: (blockId, element, value) => setTyped((before) => ({ ...before, [keyOf(blockId, element)]: value })),
  }
  return { typed, form }
}

const NO_STATE = {}
const NO_ERRORS = {}

/** The surface of a message. */
export function useMessageSurface(channel: string, ts: string): Surface {
  const session = useSessionContext()
  const { form } = useTyped(NO_STATE)
  return {
    kind: 'message',
    async press(element, block_id, value) {
      await session.act('press', { channel, ts, ...pressOf(element, block_id, value) })
    },
    suggest: useCallback(
      (action_id, value) => suggestions(session, { action_id, value, channel, ts }),
      [session, channel, ts],
    ),
    form: { ...form, errors: NO_ERRORS },
  }
}

/** The surface of a view: a modal keeps values until it is submitted, Home sends them at once. */
export function useViewSurface(view: JsonRecord, errors: Record<string, string>) {
  const session = useSessionContext()
  const kind = view.type === 'modal' ? 'modal' : 'home'
  const state = readRecord(readRecord(view.state).values)
  const { typed, form } = useTyped(state)
  const values = useMemo(() => {
    const there = Object.entries(state).flatMap(([block, held]) =>
      Object.keys(readRecord(held)).map((id) => `${block}/${id}`),
    )
    return Object.fromEntries(Object.entries(typed).filter(([key]) => there.includes(key)))
  }, [typed, state])
  const suggest = useCallback(
    (action_id: string, value: string) => suggestions(session, { action_id, value }),
    [session],
  )
  const surface: Surface = {
    kind,
    async press(element, block_id, value) {
      const where = kind === 'modal' ? { view: true, values } : { home: true }
      await session.act('press', { ...where, ...pressOf(element, block_id, value) })
    },
    suggest,
    form: { ...form, errors },
  }
  return { surface, values }
}

const pressOf = (element: JsonRecord, block_id: string, value: unknown): JsonRecord => ({
  button: readString(element.action_id),
  block_id,
  ...(value === undefined ? {} : { value }),
})
