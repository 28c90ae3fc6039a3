import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { CardInfo } from '../../connect/connect-types.ts'
import type { EnteredSecrets, SecretEntryDetails } from '../../connect/secret-entry-types.ts'
import { errorChainOf } from '../../errors.ts'
import { SecretEntryId } from '../../ids.ts'
import { truncate } from '../../text.ts'
import { actionsBlock, createButton, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { updateModalView } from '../interactions/modals.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import type { ConnectMetadata } from './connect-form.ts'
import { buildFormModal, type FormMetadata, formCardOf, formMetadataIn, plainInputsOf } from './form-card.ts'
import { shownSecretsOf } from './secret-entry-block.ts'
import { replySignInOutcome } from './sign-in-reply.ts'

type EntryDeps = WebApiDeps & ConnectionDeps & PolicyDeps

/** Listens to the button that stands for secrets in a connect form. `connect_key_open` has a URL, and Slack sends an action for it as well. */
export function registerSecretEntry(app: App, deps: EntryDeps): void {
  onButtonPress(app, deps, 'connect_key', (press) => offerPage(deps, press))
  onButtonPress(app, deps, 'connect_key_open', async () => undefined)
  onButtonPress(app, deps, 'connect_key_continue', async ({ by, value, responder }) => {
    const found = await deps.connect.secretPages.find(SecretEntryId.parse(value), by)
    const view = found && (await formAfter(deps, found))
    if (view === undefined)
      await responder.replyError('That took too long, so I deleted what was entered. Connect again.')
    else await responder.openModal(view)
  })
}

/** Makes a page for the secrets of the form, and shows its link in the form. */
async function offerPage(deps: EntryDeps, { by, view }: BlockAction): Promise<void> {
  if (view === undefined) return
  const metadata = formMetadataIn(view)
  const card = await formCardOf(deps, by, metadata)
  if (card === undefined) return
  const details = detailsOf(card, metadata, {
    view: view.id,
    typed: view.typed,
    asker: await deps.people.nameOf(by.user),
  })
  const { url, until } = await deps.connect.secretPages.open(by, details)
  const next = await buildFormModal(deps, by, {
    ...formOf(card, details),
    secrets: { kind: 'open', url, until },
  })
  await deps.webApi.call('views.update', { view_id: view.id, hash: view.hash, view: next }, AnyResponse, 0)
}

type Typed = { view: string; typed: Record<string, string | null>; asker: string }

function detailsOf(card: CardInfo, { channel, connection, more }: FormMetadata, o: Typed): SecretEntryDetails {
  const typed = Object.fromEntries(Object.entries(o.typed).map(([name, text]) => [name, text ?? '']))
  const inputs = plainInputsOf(card, typed)
  const host = card.entry?.host ?? hostIn(inputs.url)
  const fields = shownSecretsOf(card, more ?? false).map(({ name, label, hint, lines }) => ({
    name,
    label,
    hint,
    ...(lines && { lines }),
  }))
  return {
    card: card.name,
    title: card.title,
    ...(host !== undefined && { host }),
    asker: o.asker,
    fields,
    form: {
      name: typed.name ?? '',
      inputs,
      view: o.view,
      ...(channel && { channel }),
      ...(connection && { connection }),
      ...(more && { more }),
    },
  }
}

const hostIn = (address = ''): string | undefined => (URL.canParse(address) ? new URL(address).host : undefined)

/** The form as it was typed, for its card. */
function formOf(card: CardInfo, { form }: SecretEntryDetails, entry?: SecretEntryId) {
  const { name, inputs, channel, connection, more } = form
  const metadata: ConnectMetadata = {
    ...(channel && { channel }),
    ...(connection && { connection }),
    ...(more && { more }),
    ...(entry && { entry }),
  }
  return { card, name, values: inputs, metadata }
}

async function formAfter(deps: EntryDeps, { id, by, details }: EnteredSecrets): Promise<ModalView | undefined> {
  const card = await formCardOf(deps, by, { card: details.card, connection: details.form.connection })
  return card && buildFormModal(deps, by, formOf(card, details, id))
}

/** Shows in the form that its secrets were entered; if it is closed, in a message. Never throws. */
export async function announceSecrets(deps: EntryDeps, news: EnteredSecrets): Promise<void> {
  const { by, details } = news
  const { view, channel } = details.form
  try {
    const form = await formAfter(deps, news)
    if (form !== undefined && view !== undefined && (await updateModalView(deps, view, form))) return
    await replySignInOutcome(deps, { by, channel }, secretsEnteredMessage(news))
  } catch (error) {
    deps.log.error({ user: by.user, why: errorChainOf(error) }, 'entered secrets not told')
  }
}

type EnteredMessage = { id: SecretEntryId; details: Pick<SecretEntryDetails, 'title'> }

/** For who has closed the form. */
export function secretsEnteredMessage({ id, details }: EnteredMessage): MessageContent {
  const title = truncate(details.title, 80)
  return {
    text: `What ${escapeMrkdwn(title)} needs was entered on its page.`,
    blocks: [
      sectionBlock(
        `:key: What *${escapeMrkdwn(title)}* needs was entered on its page. Was it not you? Then leave this: I delete it in ten minutes.`,
      ),
      actionsBlock([
        createButton({ text: 'Go on connecting', action: 'connect_key_continue', value: id, style: 'primary' }),
      ]),
    ],
  }
}
