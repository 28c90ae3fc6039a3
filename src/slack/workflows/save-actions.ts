import type { App } from '@slack/bolt'
import { z } from 'zod'
import { RunId } from '../../ids.ts'
import type { RunState } from '../../run/state/state.ts'
import { recordedCallsOf } from '../../run/workflow/recorded-calls.ts'
import { truncate } from '../../text.ts'
import { createWorkflowId } from '../../workflows/create-workflows.ts'
import { checkDefinition } from '../../workflows/definition/check-definition.ts'
import { draftWorkflow, type WorkflowDraft } from '../../workflows/draft/draft-workflow.ts'
import { withChosenInputs } from '../../workflows/draft/input-candidates.ts'
import { withCapital } from '../answer/describe-calls.ts'
import { errorModal } from '../blocks/error-message.ts'
import { fieldStateIn, type ModalState } from '../blocks/modal-fields.ts'
import { mentionOf } from '../blocks/text.ts'
import type { HomeTabDeps, RunsDeps, WebApiDeps, WorkflowDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { offeredCandidatesOf, saveModal, workflowNameOf } from './save-form.ts'
import { savedModal, saveWorkflow } from './yaml-actions.ts'

type Deps = WebApiDeps & RunsDeps & WorkflowDeps & HomeTabDeps

const Metadata = z.object({ run: RunId, id: z.string() })

/** Listens to *Save as workflow* under an answer, and to its form. */
export function registerSaveWorkflow(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'workflow_save', (press) => openSave(deps, press))
  onViewSubmission(app, deps, 'workflow_save', (submit) => submitSave(deps, submit))
}

const NO_RUN = 'I no longer have this request. Ask me once more, then press Save as workflow again.'
const NOTHING = 'I did nothing here that could be done again the same way. Ask me for something that uses a tool.'

async function openSave(deps: Deps, { by, value, responder }: BlockAction): Promise<void> {
  const state = await findRunFor(deps, by, value)
  if (state === undefined) return responder.replyError(NO_RUN)
  if (state.origin.user !== by.user)
    return responder.replyError(
      `Only ${mentionOf(state.origin.user)} can save this. Ask me for the same, and save that.`,
    )
  const draft = draftFor(state)
  if (draft === undefined) return responder.replyError(NOTHING)
  await responder.openModal(saveModal(draft, { run: state.id, id: createWorkflowId() }))
}

const TITLE_CHARS = 75

/** Undefined where it did nothing that can be done again. */
function draftFor(state: RunState): WorkflowDraft | undefined {
  const title = withCapital(truncate(state.text.replaceAll(/\s+/g, ' ').trim(), TITLE_CHARS)) || 'My workflow'
  const request = [state.text, ...state.corrections.map(({ text }) => text)].join('\n')
  return draftWorkflow({ name: workflowNameOf(title), title, request, calls: recordedCallsOf(state) })
}

async function submitSave(deps: Deps, submit: ViewSubmission): Promise<void> {
  const { by, typed, values, privateMetadata, ack } = submit
  const { run, id } = Metadata.parse(JSON.parse(privateMetadata))
  const state = await findRunFor(deps, by, run)
  const draft = state?.origin.user === by.user ? draftFor(state) : undefined
  if (draft === undefined) return ack({ response_action: 'update', view: errorModal(NO_RUN) })
  const title = typed.title?.trim() ?? ''
  if (title === '') return ack({ response_action: 'errors', errors: { title: 'Give it a name.' } })
  const named = { ...draft.definition, title, name: workflowNameOf(title) }
  const checked = checkDefinition(withChosenInputs(named, chosenIn(draft, values)))
  if ('problems' in checked)
    return ack({ response_action: 'errors', errors: { title: `It cannot be kept: ${checked.problems[0]?.reason}` } })
  const saved = await saveWorkflow(deps, by, { id, body: checked.definition, source: 'slack' })
  if ('problem' in saved) return ack({ response_action: 'errors', errors: { title: saved.problem } })
  await ack({ response_action: 'update', view: savedModal(saved) })
}

function chosenIn(draft: WorkflowDraft, values: ModalState) {
  const ids = fieldStateIn(values, 'inputs')?.selected_options?.map(({ value }) => value) ?? []
  return offeredCandidatesOf(draft).filter((_, at) => ids.includes(String(at)))
}
