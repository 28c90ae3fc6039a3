import { useCallback, useMemo, useState } from 'preact/hooks'
import { look, wordsOf } from './api.ts'
import { type Desk, type Form, type Surface, useDesk } from './desk.ts'
import { enteredOf } from './entered.ts'
import { type Json, record, records, str } from './read.ts'

const keyOf = (blockId: string, element: Json): string => `${blockId}/${str(element.action_id)}`

async function suggestions(desk: Desk, query: Record<string, string>): Promise<Json[]> {
  try {
    return records((await look('suggest', { as: desk.me.name, ...query })).options)
  } catch (error) {
    desk.say(wordsOf(error))
    return []
  }
}

/** What stands in fields that no view keeps: those of messages and, until they are submitted, of modals. */
function useTyped(state: Json) {
  const [typed, setTyped] = useState<Record<string, unknown>>({})
  const form: Omit<Form, 'errors'> = {
    value: (blockId, element) => {
      const key = keyOf(blockId, element)
      return key in typed ? typed[key] : enteredOf(record(record(state[blockId])[str(element.action_id)]), element)
    },
    change: (blockId, element, value) => setTyped((before) => ({ ...before, [keyOf(blockId, element)]: value })),
  }
  return { typed, form }
}

const NO_STATE = {}
const NO_ERRORS = {}

/** The surface of a message. */
export function useMessageSurface(channel: string, ts: string): Surface {
  const desk = useDesk()
  const { form } = useTyped(NO_STATE)
  return {
    kind: 'message',
    async press(element, block_id, value) {
      await desk.act('press', { channel, ts, ...pressOf(element, block_id, value) })
    },
    suggest: useCallback(
      (action_id, value) => suggestions(desk, { action_id, value, channel, ts }),
      [desk, channel, ts],
    ),
    form: { ...form, errors: NO_ERRORS },
  }
}

/** The surface of a view: a modal keeps what is typed until it is submitted, Home tells the app at once. */
export function useViewSurface(view: Json, errors: Record<string, string>) {
  const desk = useDesk()
  const kind = view.type === 'modal' ? 'modal' : 'home'
  const state = record(record(view.state).values)
  const { typed, form } = useTyped(state)
  const values = useMemo(() => {
    const there = Object.entries(state).flatMap(([block, held]) =>
      Object.keys(record(held)).map((id) => `${block}/${id}`),
    )
    return Object.fromEntries(Object.entries(typed).filter(([key]) => there.includes(key)))
  }, [typed, state])
  const suggest = useCallback((action_id: string, value: string) => suggestions(desk, { action_id, value }), [desk])
  const surface: Surface = {
    kind,
    async press(element, block_id, value) {
      const where = kind === 'modal' ? { view: true, values } : { home: true }
      await desk.act('press', { ...where, ...pressOf(element, block_id, value) })
    },
    suggest,
    form: { ...form, errors },
  }
  return { surface, values }
}

const pressOf = (element: Json, block_id: string, value: unknown): Json => ({
  button: str(element.action_id),
  block_id,
  ...(value === undefined ? {} : { value }),
})
