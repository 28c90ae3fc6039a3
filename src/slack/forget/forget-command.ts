import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from '@slack/bolt'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import { actionsBlock, createCommandButton, sectionBlock } from '../blocks/build-blocks.ts'
import type { SlackDeps } from '../deps.ts'
import type { Command } from '../interactions/interaction.ts'
import { loadingModal, onViewSubmission, showLoadedView } from '../interactions/modals.ts'
import { FORGET_TITLE, forgetModal, forgottenModal } from './forget-form.ts'

/** A stopped run ends once its end is shown in Slack. */
const RUNS_END_WITHIN_MS = 20_000
const LOOK_AGAIN_MS = 250

export const forgetCommand: Command = {
  name: 'forget',
  usage: 'me',
  description: 'deletes what I keep of you, after a confirmation',
  rare: true,
  async run(deps, { words, responder }) {
    if (words[0]?.toLowerCase() !== 'me') {
      const text = 'I can forget you, and nobody else: `/mcp forget me`. I ask you before I delete anything.'
      const buttons = actionsBlock([createCommandButton('Forget me', 'forget me')])
      return responder.reply({ text, blocks: [sectionBlock(text), buttons] }, FORGET_TITLE)
    }
    const [connections, openRuns] = await Promise.all([
      deps.registry.connectionsOf(responder.by),
      deps.personRows.openRunsOf(responder.by),
    ])
    await responder.openModal(forgetModal({ connections: connections.length, openRuns: openRuns.length }))
  },
}

export function registerForget(app: App, deps: SlackDeps): void {
  onViewSubmission(app, deps, 'forget_me', async ({ by, viewId, ack }) => {
    await ack({ response_action: 'update', view: loadingModal(FORGET_TITLE, 'Forgetting…') })
    await showLoadedView(deps, viewId, async () => forgottenModal(await forgetPerson(deps, by)))
  })
}

/** Each step may be done again, so that whoever asks again goes on with what is left; how many connections there were. */
async function forgetPerson(deps: SlackDeps, by: Principal): Promise<number> {
  const { connect, personRows, log } = deps
  await endRuns(deps, by)
  const connections = await connect.forgetPerson(by)
  if (!(await personRows.forget(by)))
    throw new AppError(
      'conflict',
      'Something of yours is still under way: a request, a connect form or a sign-in. Wait until it has ended, then ask again: /mcp forget me.',
    )
  deps.refreshHome(by)
  log.info({ workspace: by.workspace, connections }, 'a person was forgotten')
  return connections
}

/** Throws AppError `conflict` where one cannot end now. */
async function endRuns({ runs, personRows }: SlackDeps, by: Principal): Promise<void> {
  const until = Date.now() + RUNS_END_WITHIN_MS
  for (;;) {
    const open = await personRows.openRunsOf(by)
    if (open.length === 0) return
    if (Date.now() > until)
      throw new AppError('conflict', 'A request of yours has not ended yet. Ask again in a minute: /mcp forget me.')
    for (const id of open) await runs.stop(id, by)
    await sleep(LOOK_AGAIN_MS)
  }
}
