import type { Checkboxes, KnownBlock, ModalView, PlainTextOption } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { RunId } from '../../ids.ts'
import { truncate } from '../../text.ts'
import type { WorkflowDraft } from '../../workflows/draft/draft-workflow.ts'
import type { InputCandidate } from '../../workflows/draft/input-candidates.ts'
import { contextBlock, createModal, createOption, inputBlock, sectionBlock } from '../blocks/build-blocks.ts'
import { inputBlockOf } from '../blocks/modal-fields.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import { describeName, limitLines, workflowFactsText, workflowStepsText } from './workflow-texts.ts'

/** The form that keeps a run as a workflow. Pure. */
export function saveModal(draft: WorkflowDraft, metadata: { run: RunId; id: string }): ModalView {
  const { definition, candidates, dropped } = draft
  return createModal({
    id: 'workflow_save',
    title: 'Save as workflow',
    submit: 'Save',
    close: 'Cancel',
    metadata,
    blocks: [
      inputBlockOf({
        id: 'title',
        label: 'Name',
        hint: 'What you will look for later, such as “Weekly report”.',
        optional: false,
        kind: 'text',
        max: 75,
        initial: definition.title,
      }),
      sectionBlock(`*Each time it does this*\n${workflowStepsText(definition)}`),
      contextBlock(workflowFactsText(definition)),
      ...inputBlocks(candidates),
      ...droppedBlocks(dropped),
    ],
  })
}

/** A group of checkboxes takes ten. */
export const offeredCandidatesOf = ({ candidates }: Pick<WorkflowDraft, 'candidates'>): InputCandidate[] =>
  candidates.slice(0, LIMITS.options.checkboxes)

function inputBlocks(candidates: InputCandidate[]): KnownBlock[] {
  const offered = offeredCandidatesOf({ candidates })
  if (offered.length === 0) return []
  const options = offered.map(candidateOption)
  const likely = options.filter((_, at) => offered[at]?.likely)
  const element: Checkboxes = {
    type: 'checkboxes',
    action_id: 'value',
    options,
    ...(likely.length > 0 && { initial_options: likely }),
  }
  return [
    inputBlock({
      id: 'inputs',
      label: 'Ask for these each time',
      hint: 'What you tick is asked for in a form, filled in as it was now. What you leave stays as it is.',
      optional: true,
      element,
    }),
  ]
}

function candidateOption({ name, value }: InputCandidate, at: number): PlainTextOption {
  const words = String(value).replaceAll(/\s+/g, ' ')
  return createOption(truncate(`${describeName(name)}: ${words}`, LIMITS.option.text), String(at))
}

function droppedBlocks(dropped: WorkflowDraft['dropped']): KnownBlock[] {
  if (dropped.length === 0) return []
  const lines = dropped.map(({ tool, why }) => `• ${escapeMrkdwn(tool)}: ${escapeMrkdwn(why)}`)
  return [sectionBlock(`:warning: *Left out*\n${limitLines(lines, 1_500)}`)]
}

/** "Weekly report!" → weekly-report: what its file is called. */
export const workflowNameOf = (title: string): string =>
  title
    .normalize('NFKD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
    .replace(/-+$/, '') || 'workflow'
