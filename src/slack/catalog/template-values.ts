import type { App } from '@slack/bolt'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { errorChainOf } from '../../errors.ts'
import { ConnectionId, type Principal, UserId } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { createOption } from '../blocks/blocks.ts'
import { fieldTextsIn, ModalState } from '../blocks/modal-fields.ts'
import { truncate } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import type { ViewSubmission } from '../interactions/view-submission.ts'
import { templateFieldNameIn } from './template-form.ts'

/** What the fields of a form belong to, as its modal carries it. */
const Of = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('prompt'), name: z.string() }),
  z.object({ kind: z.literal('resource'), uriTemplate: z.string() }),
])
type Of = z.infer<typeof Of>

const Keep = z.object({ connection: ConnectionId, of: Of })
const Suggestion = z.object({
  user: z.object({ id: UserId }),
  block_id: z.string(),
  value: z.string().default(''),
  view: z.object({
    private_metadata: z.string(),
    state: z.object({ values: ModalState }).optional(),
  }),
})

/** Every field of a form by its name, empty where nothing was typed. */
export const enteredValuesIn = (typed: ViewSubmission['typed']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(typed).flatMap(([id, value]) => {
      const name = templateFieldNameIn(id)
      return name === undefined ? [] : [[name, value?.trim() ?? '']]
    }),
  )

type Fields = { connection: Connection; of: Of; names: string[] }

/** Whether the server has proposals for any of these fields. */
export async function completionsFor(
  deps: SlackDeps,
  by: Principal,
  { connection, of, names }: Fields,
): Promise<boolean> {
  if (connection.offers?.completions !== true) return false
  const asked = names.map((argument) =>
    deps.offering.complete(by, connection.id, { of, argument, typed: '', known: {} }),
  )
  return (await Promise.all(asked)).some((values) => values.length > 0)
}

/** What a server proposes while a person types. */
export function registerTemplateValues(app: App, deps: SlackDeps): void {
  app.options('field_value', async ({ body, ack }) => {
    const options = await proposals(deps, body).catch((error: unknown) => {
      deps.log.warn({ why: errorChainOf(error) }, 'no proposals')
      return []
    })
    await ack({ options })
  })
}

async function proposals(deps: SlackDeps, body: unknown) {
  const { user, block_id, value, view } = Suggestion.parse(body)
  const { workspace } = await deps.bot()
  const { connection, of } = Keep.parse(JSON.parse(view.private_metadata))
  const argument = templateFieldNameIn(block_id) ?? ''
  const others = Object.entries(enteredValuesIn(fieldTextsIn(view.state?.values ?? {})))
  const known = Object.fromEntries(others.filter(([name, text]) => name !== argument && text !== ''))
  const found = await deps.offering.complete({ workspace, user: user.id }, connection, {
    of,
    argument,
    typed: value,
    known,
  })
  // What they typed is always a choice: proposals are no more than that.
  const own = value.trim() === '' ? [] : [value.trim()]
  const all = [...new Set([...found, ...own])].filter((one) => one !== '' && one.length <= LIMITS.option.value)
  return all.slice(0, LIMITS.options.select).map((one) => createOption(truncate(one, LIMITS.option.text), one))
}
