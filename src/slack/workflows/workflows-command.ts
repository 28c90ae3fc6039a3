import type { App } from '@slack/bolt'
import { isAppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { RunState } from '../../run/state/state.ts'
import { findWorkflows, type UsableWorkflow } from '../../workflows/create-workflows.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, HomeTabDeps, RunsDeps, WebApiDeps, WorkflowDeps } from '../deps.ts'
import { type BlockAction, type Command, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { openParksOf, stoppedMessage } from './parked-card.ts'
import { missingConnectionsOf, WORKFLOW_GONE } from './run-workflow.ts'
import { workflowLabel } from './workflow-texts.ts'
import { workflowModal, workflowsMessage } from './workflows-list.ts'
import { savedMessage, saveWorkflow } from './yaml-actions.ts'

type Deps = WebApiDeps & RunsDeps & ConnectionDeps & WorkflowDeps & HomeTabDeps

export const workflowsCommand: Command = {
  name: 'workflows',
  usage: '[words, or stopped]',
  description: 'lists workflows: steps that are done the same way each time',
  async run(deps, { words, responder }) {
    const said = words.join(' ')
    const { by } = responder
    const content =
      said.toLowerCase() === 'stopped'
        ? stoppedMessage(await recentRuns(deps, by))
        : await listFor(deps, by, { words: said })
    await responder.reply(content, 'Workflows')
  },
}

/** As many of a person's last runs are looked through. */
const RECENT_RUNS = 50

const recentRuns = ({ runs }: RunsDeps, by: Principal): Promise<RunState[]> => runs.recentOf(by, RECENT_RUNS)

type Listed = { words?: string; note?: string }

async function listFor(deps: Deps, by: Principal, { words = '', note }: Listed): Promise<MessageContent> {
  const [all, recent] = await Promise.all([deps.workflows.usable(by), recentRuns(deps, by)])
  const found = words.trim() === '' ? all : findWorkflows(words, all)
  const none = `No workflow has “${escapeMrkdwn(words)}” in its title; these are all.`
  return workflowsMessage({
    workflows: found.length === 0 ? all : found,
    reader: by.user,
    lastRuns: lastRunsIn(recent),
    stopped: recent.reduce((count, state) => count + openParksOf(state).length, 0),
    note: found.length === 0 && all.length > 0 ? none : note,
  })
}

/** `recent` has the newest first. */
const lastRunsIn = (recent: RunState[]): Map<string, Date> =>
  new Map(
    recent
      .toReversed()
      .flatMap(({ workflow, startedAt }) =>
        workflow === undefined ? [] : [[workflow.snapshot.id, startedAt] as const],
      ),
  )

/** Listens to the buttons of the list and of *Show*. */
export function registerWorkflows(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'workflow_show', (press) =>
    withWorkflow(deps, press, (one) => showWorkflow(deps, press, one)),
  )
  onDurablePress(app, deps, 'workflow_share', (press) =>
    withWorkflow(deps, press, (one, word) => shareWorkflow(deps, press, one, word)),
  )
  onDurablePress(app, deps, 'workflow_restore', (press) =>
    withWorkflow(deps, press, (one, word) => restoreWorkflow(deps, press, one, word)),
  )
  onDurablePress(app, deps, 'workflow_archive', (press) =>
    withWorkflow(deps, press, (one) => archiveWorkflow(deps, press, one)),
  )
}

/** `value` is the workflow's id and perhaps a word. */
async function withWorkflow(
  deps: Deps,
  press: BlockAction,
  act: (workflow: UsableWorkflow, word: string) => Promise<void>,
): Promise<void> {
  const [id = '', word = ''] = press.value.split(' ')
  const workflow = await deps.workflows.find(press.by, id)
  await (workflow === undefined ? press.responder.replyError(WORKFLOW_GONE) : act(workflow, word))
}

const versionsFor = ({ workflows }: WorkflowDeps, by: Principal, { id, owner }: UsableWorkflow) =>
  owner === by.user ? workflows.versionsOf(by, id) : Promise.resolve([])

async function showWorkflow(deps: Deps, { by, responder }: BlockAction, workflow: UsableWorkflow): Promise<void> {
  const [versions, isOwner, missing] = await Promise.all([
    versionsFor(deps, by, workflow),
    deps.people.mayManageNow(by.user),
    missingConnectionsOf(deps, by, workflow),
  ])
  await responder.openModal(workflowModal({ workflow, versions, reader: by.user, isOwner, missing }))
}

/** The list with what is so now; a modal says what was done. */
async function replaceList(deps: Deps, { by, message, responder }: BlockAction, note: string): Promise<void> {
  if (message === undefined) return responder.replace({ text: note, blocks: [sectionBlock(note)] }, 'Workflows')
  await responder.replace(await listFor(deps, by, { note }), 'Workflows')
}

async function shareWorkflow(deps: Deps, press: BlockAction, workflow: UsableWorkflow, word: string): Promise<void> {
  const { by, responder } = press
  const changed = await deps.workflows.share(by, workflow.id, word === 'yes').catch((error: unknown) => {
    if (isAppError(error, 'name_taken')) return error.message
    throw error
  })
  await press.ack()
  if (typeof changed === 'string') return responder.replyError(changed)
  if (changed === undefined) return responder.replyError('Only who made a workflow can share it.')
  deps.refreshHome(by)
  const label = workflowLabel(changed.body)
  const note = changed.shared
    ? `Everybody in this workspace can run ${label} now, each with their own connections. Its steps are for all to read.`
    : `Only you can run ${label} now.`
  await replaceList(deps, press, note)
}

/** A new version that does what an old one did: nothing between is lost. */
async function restoreWorkflow(deps: Deps, press: BlockAction, workflow: UsableWorkflow, word: string): Promise<void> {
  const { by, responder } = press
  const old = (await versionsFor(deps, by, workflow)).find(({ version }) => String(version) === word)
  if (old === undefined) return responder.replyError('I no longer have this version.')
  const { id, version: base, source } = workflow
  const saved = await saveWorkflow(deps, by, { id, base, body: old.body, source })
  await press.ack()
  if ('problem' in saved) return responder.replyError(saved.problem)
  await responder.replace(savedMessage(saved), 'Restored')
}

async function archiveWorkflow(deps: Deps, press: BlockAction, workflow: UsableWorkflow): Promise<void> {
  const { by, responder } = press
  const gone = await deps.workflows.archive(by, workflow.id, await deps.people.mayManageNow(by.user))
  await press.ack()
  if (gone === undefined)
    return responder.replyError('Only who made a workflow, or an owner of the workspace, can archive it.')
  const text = `${workflowLabel(gone.body)} is archived. Nobody can run it any more; what it did stays on record.`
  await responder.replace({ text, blocks: [sectionBlock(`:white_check_mark: ${text}`)] }, 'Archived')
  deps.refreshHome(by)
}
