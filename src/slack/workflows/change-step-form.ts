import type { ModalView } from '@slack/types'
import type { JsonObject } from '../../json.ts'
import type { RunState } from '../../run/state/state.ts'
import { stepsIn } from '../../workflows/definition/step-actions.ts'
import { attemptsOf, callIdOf, stepIdOf } from '../../workflows/progress/workflow-progress.ts'
import { argumentBlocksOf } from '../approvals/edit-arguments-form.ts'
import { contextBlock, createModal, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import { describeName, workflowLabel } from './workflow-texts.ts'

type StepArguments = { schema: JsonObject; arguments: JsonObject; isWritten: boolean }

/** The arguments of a step's last call; `isWritten`: there was none yet, as its templates could not be filled in. */
export function stepArgumentsOf({ workflow, calls }: RunState, path: string): StepArguments | undefined {
  if (workflow === undefined) return undefined
  const { progress, snapshot } = workflow
  const id = callIdOf(path, attemptsOf(progress, path))
  const known = calls.find((call) => call.id === id)
  const given = known?.arguments ?? progress.calls[id]?.arguments
  if (given !== undefined) return { schema: known?.schema ?? {}, arguments: given, isWritten: false }
  const step = stepsIn(snapshot.body).find((one) => one.step.id === stepIdOf(path))?.step
  return step?.tool === undefined ? undefined : { schema: {}, arguments: step.with ?? {}, isWritten: true }
}

type ChangeForm = { state: RunState; step: string; given: StepArguments }

/** Asks for other arguments of a step that failed. Pure. */
export function changeStepModal({ state, step, given }: ChangeForm): ModalView {
  const title = state.workflow && workflowLabel(state.workflow.snapshot.body)
  return createModal({
    id: 'step_change',
    title: 'Change and try',
    submit: 'Try',
    close: 'Cancel',
    metadata: { run: state.id, step },
    blocks: [
      sectionBlock(`The step *${escapeInlineMrkdwn(describeName(stepIdOf(step)))}* of ${title ?? 'this workflow'}`),
      ...argumentBlocksOf(given),
      contextBlock(
        given.isWritten
          ? 'What stands in {{ }} could not be filled in: write the values themselves.'
          : 'It holds for this run alone. To change the workflow for good, press _Edit_ in `/mcp workflows`.',
      ),
    ],
  })
}
