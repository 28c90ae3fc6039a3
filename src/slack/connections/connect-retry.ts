import type { App } from '@slack/bolt'
import type { Button } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CardInfo } from '../../connect/connect-types.ts'
import { ConnectionId } from '../../ids.ts'
import { createButton, createCommandButton } from '../blocks/build-blocks.ts'
import type { ConnectionDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { buildFormModal, formCardOf, plainInputsOf, secretsAgainText, shownNameFor } from './form-card.ts'

/** What was typed into a form that failed; of secrets only that there were some. */
const TypedForm = z.object({
  card: z.string(),
  name: z.string(),
  connection: ConnectionId.optional(),
  inputs: z.record(z.string(), z.string()),
  secrets: z.array(z.string()),
})
type TypedForm = z.infer<typeof TypedForm>

/** The button that opens the form of a failed connect again, as it was typed but for secrets; all services where the card is gone. */
export function createConnectRetryButton(
  card: CardInfo | undefined,
  { inputs, ...form }: Omit<TypedForm, 'card' | 'secrets'>,
): Button {
  if (card === undefined) return createCommandButton('Show all services', 'connect', 'primary')
  const secrets = card.inputs.filter(({ name, secret }) => secret && inputs[name]).map(({ name }) => name)
  const whole: TypedForm = { ...form, card: card.name, inputs: plainInputsOf(card, inputs), secrets }
  const value = JSON.stringify(whole)
  const kept = value.length <= LIMITS.button.value ? value : JSON.stringify({ ...whole, inputs: {} })
  return createButton({ text: 'Try again', action: 'connect_retry', value: kept, style: 'primary' })
}

export function registerConnectRetry(app: App, deps: WebApiDeps & ConnectionDeps & PolicyDeps): void {
  onButtonPress(app, deps, 'connect_retry', (press) => reopenForm(deps, press))
}

async function reopenForm(deps: ConnectionDeps & PolicyDeps, { by, value, responder }: BlockAction): Promise<void> {
  const { inputs, secrets, name, ...form } = TypedForm.parse(JSON.parse(value))
  const card = await formCardOf(deps, by, form)
  if (card === undefined) {
    await responder.replyError('That service is not offered here any more.')
    return
  }
  const note = secretsAgainText(card, Object.fromEntries(secrets.map((secret) => [secret, 'typed'])))
  const { channel } = responder
  const metadata = { ...(channel && { channel }), ...(form.connection && { connection: form.connection }) }
  const shown = await shownNameFor(deps, by, { card, name, inputs })
  const view = await buildFormModal(deps, by, {
    card,
    name: shown,
    values: inputs,
    metadata,
    ...(note !== '' && { note }),
  })
  await responder.openModal(view)
}
