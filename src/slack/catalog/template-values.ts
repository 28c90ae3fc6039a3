import type { App } from '@slack/bolt'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { errorChainOf } from '../../errors.ts'
import { ConnectionId, type Principal, UserId } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { truncate } from '../../text.ts'
import { createOption } from '../blocks/build-blocks.ts'
import { fieldTextsIn, ModalState } from '../blocks/modal-fields.ts'
import type { ConnectionDeps, WebApiDeps } from '../deps.ts'
import type { ViewSubmission } from '../interactions/modals.ts'
import { templateFieldNameIn } from './template-form.ts'

/** The prompt or resource template of a form, in its modal's metadata. */
const CompletionTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('prompt'), name: z.string() }),
  z.object({ kind: z.literal('resource'), uriTemplate: z.string() }),
])
type CompletionTarget = z.infer<typeof CompletionTarget>

const Metadata = z.object({ connection: ConnectionId, of: CompletionTarget })
const Suggestion = z.object({
  user: z.object({ id: UserId }),
  block_id: z.string(),
  value: z
    .string()
    .nullish()
    .transform((typed) => typed ?? ''),
  view: z.object({
    private_metadata: z.string(),
    state: z.object({ values: ModalState }).nullish(),
  }),
})

/** The submitted values by field name, empty where nothing was typed. */
export const enteredValuesIn = (typed: ViewSubmission['typed']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(typed).flatMap(([id, value]) => {
      const name = templateFieldNameIn(id)
      return name === undefined ? [] : [[name, value?.trim() ?? '']]
    }),
  )

type Fields = { connection: Connection; of: CompletionTarget; names: string[] }

/** Whether the server has completions for any of these fields. */
export async function completionsFor(
  deps: ConnectionDeps,
  by: Principal,
  { connection, of, names }: Fields,
): Promise<boolean> {
  if (connection.offers?.completions !== true) return false
  const asked = names.map((argument) =>
    deps.features.complete(by, connection.id, { of, argument, typed: '', known: {} }),
  )
  return (await Promise.all(asked)).some((values) => values.length > 0)
}

/** Answers Slack's requests for options with the server's completions. */
export function registerTemplateValues(app: App, deps: WebApiDeps & ConnectionDeps): void {
  app.options('field_value', async ({ body, ack }) => {
    const options = await completionOptions(deps, body).catch((error: unknown) => {
      deps.log.warn({ why: errorChainOf(error) }, 'no completions')
      return []
    })
    await ack({ options })
  })
}

async function completionOptions(deps: WebApiDeps & ConnectionDeps, body: unknown) {
  const { user, block_id, value, view } = Suggestion.parse(body)
  const { workspace } = await deps.bot()
  const { connection, of } = Metadata.parse(JSON.parse(view.private_metadata))
  const argument = templateFieldNameIn(block_id) ?? ''
  const others = Object.entries(enteredValuesIn(fieldTextsIn(view.state?.values ?? {})))
  const known = Object.fromEntries(others.filter(([name, text]) => name !== argument && text !== ''))
  const found = await deps.features.complete({ workspace, user: user.id }, connection, {
    of,
    argument,
    typed: value,
    known,
  })
  // The typed text is always an option, as completions are only suggestions.
  const own = value.trim() === '' ? [] : [value.trim()]
  const all = [...new Set([...found, ...own])].filter((one) => one !== '' && one.length <= LIMITS.option.value)
  return all.slice(0, LIMITS.options.select).map((one) => createOption(truncate(one, LIMITS.option.text), one))
}
