import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { isAppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import { createWorkflowId, type UsableWorkflow } from '../../workflows/create-workflows.ts'
import { parseWorkflow } from '../../workflows/definition/parse-workflow.ts'
import { writeWorkflow } from '../../workflows/definition/write-workflow.ts'
import type { WorkflowDefinition } from '../../workflows/workflow.ts'
import { MOST_FILE_BYTES } from '../../workflows/workflow-limits.ts'
import {
  actionsBlock,
  createCommandButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import type { DownloadDeps, HomeTabDeps, WebApiDeps, WorkflowDeps } from '../deps.ts'
import { chosenFileIn, readUpload } from '../files/read-upload.ts'
import { type BlockAction, type Command, onButtonPress } from '../interactions/interaction.ts'
import { loadingModal, onViewSubmission, updateModalView, type ViewSubmission } from '../interactions/modals.ts'
import { postDirectly } from '../interactions/post-in-thread.ts'
import { postFile } from '../web-api/post-file.ts'
import { WORKFLOW_GONE } from './run-workflow.ts'
import { workflowFactsText, workflowLabel, workflowStepsText } from './workflow-texts.ts'
import { createRunButton, createShareButton } from './workflows-list.ts'
import { type YamlFormMetadata, yamlModal, yamlProblemsText } from './yaml-form.ts'

type Deps = WebApiDeps & DownloadDeps & WorkflowDeps & HomeTabDeps

const Metadata = z.object({ id: z.string(), base: z.int().optional() })

/** `/mcp workflow new` */
export const workflowCommand: Command = {
  name: 'workflow',
  usage: 'new',
  description: 'takes a workflow as YAML',
  hidden: true,
  run: async (_deps, { responder }) =>
    void (await responder.openModal(yamlModal({ metadata: { id: createWorkflowId() } }))),
}

/** Listens to *Edit*, *Download YAML*, and the form that takes YAML. */
export function registerWorkflowYaml(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'workflow_edit', (press) => openEdit(deps, press))
  onButtonPress(app, deps, 'workflow_download', (press) => download(deps, press))
  onViewSubmission(app, deps, 'workflow_yaml', (submit) => submitYaml(deps, submit))
}

async function openEdit({ workflows }: Deps, { by, value, responder }: BlockAction): Promise<void> {
  const workflow = await workflows.find(by, value)
  if (workflow === undefined) return responder.replyError(WORKFLOW_GONE)
  if (workflow.owner !== by.user)
    return responder.replyError(
      'Only who made a workflow can edit it. Press _Show_ and _Download YAML_, then upload it under another name.',
    )
  await responder.openModal(yamlModal({ metadata: { id: workflow.id, base: workflow.version }, workflow }))
}

/** The file goes to the person, who alone sees it. */
async function download(deps: Deps, { by, value, responder }: BlockAction): Promise<void> {
  const workflow = await deps.workflows.find(by, value)
  if (workflow === undefined) return responder.replyError(WORKFLOW_GONE)
  const channel = await deps.directMessageOf(by.user)
  if (channel === undefined) return responder.replyError('I cannot message you directly. Open my Messages tab first.')
  const { body } = workflow
  await postFile(
    deps,
    { channel, thread: undefined },
    { name: `${body.name}.yaml`, data: Buffer.from(writeWorkflow(body)) },
  )
  const text = `${body.name}.yaml is in our direct messages.`
  await responder.reply({ text, blocks: [sectionBlock(`:white_check_mark: ${text}`)] }, 'Downloaded')
}

async function submitYaml(deps: Deps, submit: ViewSubmission): Promise<void> {
  const { by, typed, values, privateMetadata, ack } = submit
  const metadata = Metadata.parse(JSON.parse(privateMetadata))
  const file = chosenFileIn(values)
  if (file !== undefined) return saveFile(deps, submit, metadata, file)
  const text = typed.yaml ?? ''
  if (text.trim() === '')
    return ack({ response_action: 'errors', errors: { yaml: 'Paste a workflow here, or choose a file below.' } })
  const saved = await saveYaml(deps, by, text, { ...metadata, source: 'slack' })
  if ('problem' in saved) return ack({ response_action: 'errors', errors: { yaml: saved.problem } })
  await ack({ response_action: 'update', view: savedModal(saved) })
}

const TOO_LARGE = `This file is larger than ${MOST_FILE_BYTES / 1_024} KB: make two workflows of it.`

/** A file is read after the form is acknowledged; what was typed beside it stands in the form again. */
async function saveFile(
  deps: Deps,
  { by, viewId, ack }: ViewSubmission,
  metadata: YamlFormMetadata,
  file: string,
): Promise<void> {
  await ack({ response_action: 'update', view: loadingModal('Workflow', 'Reading your file…') })
  const read = await readUpload(deps, file, { most: MOST_FILE_BYTES, tooLarge: TOO_LARGE })
  const saved = 'problem' in read ? read : await saveYaml(deps, by, read.text, { ...metadata, source: 'file' })
  const workflow = metadata.base === undefined ? undefined : await deps.workflows.find(by, metadata.id)
  const view = 'problem' in saved ? yamlModal({ metadata, workflow, alert: saved.problem }) : savedModal(saved)
  if (await updateModalView(deps, viewId, view)) return
  const text = 'problem' in saved ? `I did not save the workflow: ${saved.problem}` : `${saved.body.title} is saved.`
  await postDirectly(deps, by.user, { text, blocks: [sectionBlock(text)] })
}

async function saveYaml(
  deps: Deps,
  by: Principal,
  text: string,
  to: Omit<WorkflowToSave, 'body'>,
): Promise<UsableWorkflow | { problem: string }> {
  const parsed = parseWorkflow(text)
  if ('problems' in parsed) return { problem: yamlProblemsText(parsed) }
  return saveWorkflow(deps, by, { ...to, body: parsed.definition })
}

type WorkflowToSave = YamlFormMetadata & { body: WorkflowDefinition; source: UsableWorkflow['source'] }

/** A new workflow, or the next version of one; or why not, for the field that was filled in. */
export async function saveWorkflow(
  { workflows, refreshHome }: WorkflowDeps & HomeTabDeps,
  by: Principal,
  { id, base, body, source }: WorkflowToSave,
): Promise<UsableWorkflow | { problem: string }> {
  try {
    const saved =
      base === undefined
        ? await workflows.create(by, { id, body, source })
        : await workflows.edit(by, { id, base, body })
    refreshHome(by)
    return saved
  } catch (error) {
    if (isAppError(error, 'name_taken', 'conflict', 'not_found', 'limit_reached')) return { problem: error.message }
    throw error
  }
}

/** Says that it is saved, what it does, and what can be done with it. Pure. */
export const savedModal = (workflow: UsableWorkflow): ModalView =>
  createModal({ id: 'workflow_saved', title: 'Saved', blocks: savedMessage(workflow).blocks })

/** The same for the place of another message or modal. */
export function savedMessage(workflow: UsableWorkflow): MessageContent {
  const { body, version, shared } = workflow
  const kept = version > 1 ? 'Runs under way go on with what it was before.' : 'It is yours alone until you share it.'
  const said = `${workflowLabel(body)} is saved`
  return {
    text: `${said}.`,
    blocks: [
      sectionBlock(`:white_check_mark: ${said}: ${workflowFactsText(body)}. ${kept}\n${workflowStepsText(body)}`),
      actionsBlock([
        createRunButton(workflow, 'Try it now'),
        ...(shared ? [] : [createShareButton(workflow)]),
        createCommandButton('All workflows', 'workflows'),
      ]),
    ],
  }
}
