import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { ImportOutcome } from '../../connect/own-cards/own-card-types.ts'
import { errorChainOf, errorMessageOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import {
  actionsBlock,
  createCommandButton,
  createMessageModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, DownloadDeps, WebApiDeps } from '../deps.ts'
import { chosenFileIn, readUpload } from '../files/read-upload.ts'
import type { Command } from '../interactions/interaction.ts'
import { loadingModal, onViewSubmission, updateModalView, type ViewSubmission } from '../interactions/modals.ts'
import { postDirectly } from '../interactions/post-in-thread.ts'
import { importedMessage, importModal } from './import-form.ts'

export const importCommand: Command = {
  name: 'import',
  usage: '[link]',
  description: 'brings the servers of another MCP app',
  async run(_deps, { words, responder }) {
    // A link is one word; anything longer has lost its quotes on the way.
    const [initial, ...others] = words
    await responder.openModal(importModal(initial !== undefined && others.length === 0 ? { initial } : {}))
  },
}

type Deps = WebApiDeps & DownloadDeps & ConnectionDeps

export function registerImport(app: App, deps: Deps): void {
  onViewSubmission(app, deps, 'import', (submit) => handleImport(deps, submit))
}

async function handleImport(deps: Deps, { by, viewId, typed, values, ack }: ViewSubmission): Promise<void> {
  const text = typed.text?.trim() ?? ''
  const file = chosenFileIn(values)
  if ((text === '') === (file === undefined)) {
    const problem = file === undefined ? 'Paste a configuration here, or choose a file below.' : 'Use this or a file.'
    await ack({ response_action: 'errors', errors: { text: problem } })
    return
  }
  if (file !== undefined) {
    await ack({ response_action: 'update', view: loadingModal('Import tools', 'Reading your file…') })
    await importFile(deps, { by, viewId, file })
    return
  }
  const outcome = await deps.connect.own.importServers(by, text)
  if ('problem' in outcome) await ack({ response_action: 'errors', errors: { text: outcome.problem } })
  else await ack({ response_action: 'update', view: resultModal(importedMessage(outcome)) })
}

const resultModal = (content: MessageContent): ModalView => createMessageModal('Import tools', content)

/** Tells the outcome in the modal, or in a message where that was closed. */
async function importFile(
  deps: Deps,
  { by, viewId, file }: { by: Principal; viewId: string; file: string },
): Promise<void> {
  const outcome = await importUpload(deps, by, file).catch((error: unknown): ImportOutcome => {
    deps.log.info({ file, user: by.user, why: errorChainOf(error) }, 'configuration not read')
    return { problem: errorMessageOf(error) }
  })
  const content = 'problem' in outcome ? problemMessage(outcome.problem) : importedMessage(outcome)
  const view = 'problem' in outcome ? importModal({ alert: outcome.problem }) : resultModal(content)
  if (!(await updateModalView(deps, viewId, view))) await postDirectly(deps, by.user, content)
}

const problemMessage = (problem: string): MessageContent => ({
  text: problem,
  blocks: [
    sectionBlock(`:warning: ${escapeMrkdwn(problem)}`),
    actionsBlock([createCommandButton('Try again', 'import')]),
  ],
})

/** A user's file of Claude Code may be large; more than this is mostly history. */
const MAX_CONFIG_BYTES = 5 * 1024 * 1024
const TOO_LARGE = 'This file is larger than the 5 MB that I read. Paste only the part with the servers.'

async function importUpload(deps: Deps, by: Principal, file: string): Promise<ImportOutcome> {
  const read = await readUpload(deps, file, { most: MAX_CONFIG_BYTES, tooLarge: TOO_LARGE })
  if ('problem' in read) return read
  return deps.connect.own.importServers(by, read.text)
}
