import type { AlertBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { UsableWorkflow } from '../../workflows/create-workflows.ts'
import type { ParsedWorkflow } from '../../workflows/definition/parse-workflow.ts'
import { describeProblem } from '../../workflows/definition/workflow-files.ts'
import { writeWorkflow } from '../../workflows/definition/write-workflow.ts'
import { MOST_FILE_BYTES } from '../../workflows/workflow-limits.ts'
import { contextBlock, createModal, inputBlock, plainTextObject, sectionBlock } from '../blocks/build-blocks.ts'
import { inputBlockOf } from '../blocks/modal-fields.ts'
import { limitLines, workflowLabel, workflowStepsText } from './workflow-texts.ts'

/** `base`: the version that is edited; absent for a new workflow. */
export type YamlFormMetadata = { id: string; base?: number | undefined }

type YamlForm = {
  metadata: YamlFormMetadata
  /** What is edited. */
  workflow?: UsableWorkflow | undefined
  /** Why a file was not taken. */
  alert?: string | undefined
}

/** Takes a workflow as YAML, typed or as a file; of one that is edited it says what it does now. Pure. */
export function yamlModal({ metadata, workflow, alert }: YamlForm): ModalView {
  const yaml = workflow && writeWorkflow(workflow.body)
  const fits = yaml === undefined || yaml.length <= LIMITS.plainTextInput
  const about =
    workflow === undefined
      ? 'Paste a workflow, or choose its file. An easier way: ask me for something, then press _Save as workflow_ under my answer.'
      : `${workflowLabel(workflow.body)} now does this:\n${workflowStepsText(workflow.body)}`
  return createModal({
    id: 'workflow_yaml',
    title: workflow === undefined ? 'Upload YAML' : 'Edit workflow',
    submit: 'Save',
    close: 'Cancel',
    metadata,
    blocks: [
      ...(alert === undefined ? [] : alertBlocks(alert)),
      sectionBlock(about),
      ...(fits ? [] : [contextBlock(TOO_LONG)]),
      inputBlockOf({
        id: 'yaml',
        label: 'YAML',
        hint: 'Change what stands behind the colons, and keep the spaces before each line.',
        optional: true,
        kind: 'text',
        multiline: true,
        max: LIMITS.plainTextInput,
        initial: fits ? yaml : undefined,
        placeholder: 'name: weekly-report\ntitle: Weekly report\nsteps: …',
      }),
      inputBlock({
        id: 'file',
        label: workflow === undefined ? 'Or its file' : 'Or a file in its place',
        hint: `At most ${MOST_FILE_BYTES / 1_024} KB.`,
        optional: true,
        element: { type: 'file_input', action_id: 'file', max_files: 1 },
      }),
    ],
  })
}

const TOO_LONG =
  'It is too long to be edited here. Press Cancel, then _Show_ and _Download YAML_; change the file, and choose it below.'

/** The first problem stands out; all of them can be read. */
const alertBlocks = (alert: string) => {
  const [first = ''] = alert.split('\n')
  const block: AlertBlock = { type: 'alert', level: 'error', text: plainTextObject(first, LIMITS.alert) }
  return alert === first ? [block] : [block, { ...contextBlock(''), elements: [plainTextObject(alert, 2_000)] }]
}

/** What is wrong with a text, a line each. */
export const yamlProblemsText = ({ problems }: Extract<ParsedWorkflow, { problems: unknown }>): string =>
  limitLines(
    problems.map((one) => `${describeProblem(one)}.`),
    1_500,
  )
