import type { Button, ConfirmationDialog, KnownBlock, ModalView } from '@slack/types'
import type { RunState } from '../../run/state/state.ts'
import type { StepPark, WorkflowState } from '../../run/state/workflow-state.ts'
import { truncate } from '../../text.ts'
import { describeStep, positionOf } from '../../workflows/definition/describe-step.ts'
import { stepsIn } from '../../workflows/definition/step-actions.ts'
import { undoableStepsOf } from '../../workflows/progress/next-workflow-step.ts'
import { attemptsOf, callIdOf, stepIdOf } from '../../workflows/progress/workflow-progress.ts'
import type { WorkflowStep } from '../../workflows/workflow.ts'
import { argumentsText } from '../blocks/arguments-text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { codeBlockFor } from '../blocks/figures.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, mentionOf, pluralize } from '../blocks/text.ts'
import { describeName, limitLines, workflowLabel } from './workflow-texts.ts'

/** A step that waits for a person, or did: `at` counts those of its run. */
type Parked = { at: number; park: StepPark; workflow: WorkflowState }

const parksOf = ({ workflow }: Pick<RunState, 'workflow'>): Parked[] =>
  workflow === undefined ? [] : workflow.parks.map((park, at) => ({ at, park, workflow }))

/** The steps of a run on which a person may decide now. */
export const openParksOf = (state: Pick<RunState, 'workflow' | 'status'>): Parked[] =>
  parksOf(state).filter(({ park, workflow }) => isOpen(state, park, workflow))

const isOpen = ({ status }: Pick<RunState, 'status'>, park: StepPark, { ended }: WorkflowState): boolean =>
  status === 'working' && ended === undefined && park.decided === undefined

/** The cards of a run's steps that wait or waited for a person, with their keys. Pure. */
export const parkedMessages = (state: RunState): { key: string; isOpen: boolean; content: MessageContent }[] =>
  parksOf(state).map((parked) => ({
    key: `parked:${parked.at}`,
    isOpen: isOpen(state, parked.park, parked.workflow),
    content: cardOf(state, parked, 'parked'),
  }))

function cardOf(state: RunState, parked: Parked, block: 'parked' | 'stopped'): MessageContent {
  const { park, workflow } = parked
  const most = MOST_CHARS[block]
  const headline = headlineOf(park, workflow, most.why)
  const what = stepOf(workflow, park.step)
  const given = argumentBlocks(workflow, park.step, most.given)
  const blocks: KnownBlock[] = [
    sectionBlock(`:warning: ${headline}`),
    ...(what === undefined
      ? []
      : [
          contextBlock(
            `The step: ${escapeMrkdwn(truncate(describeStep(what), most.step))}${given.length === 0 ? '' : '. It was tried with:'}`,
          ),
        ]),
    ...given,
    ...(isOpen(state, park, workflow)
      ? [
          actionsBlock(buttonsFor(state, parked), `${block} ${state.id} ${parked.at}`),
          contextBlock(
            `${doubtText(workflow, park.step)}${mentionOf(state.origin.user)} decides. I repeat and undo nothing by myself.`,
          ),
        ]
      : [contextBlock(decisionText(park))]),
  ]
  return { text: headline, blocks }
}

/** A list of cards has as much text as one message. */
const MOST_CHARS = { parked: { why: 600, step: 500, given: 800 }, stopped: { why: 300, step: 200, given: 200 } }

function headlineOf({ step, why }: StepPark, { snapshot: { body } }: WorkflowState, most: number): string {
  const position = positionOf(body, step)
  const where = position === undefined ? '' : `step ${position.number} of ${position.of}, `
  const item = position?.item === undefined ? '' : ` for item ${position.item}`
  const undoing = step.startsWith('undo/') ? 'undoing ' : ''
  const name = `${undoing}*${escapeInlineMrkdwn(describeName(stepIdOf(step)))}*`
  return `${workflowLabel(body)} stopped at ${where}${name}${item}: ${escapeMrkdwn(truncate(why.trim(), most))}`
}

const stepOf = ({ snapshot }: WorkflowState, path: string): WorkflowStep | undefined =>
  stepsIn(snapshot.body).find(({ step }) => step.id === stepIdOf(path))?.step

function argumentBlocks(workflow: WorkflowState, step: string, most: number): KnownBlock[] {
  const given = lastCallOf(workflow, step)?.arguments ?? {}
  if (Object.keys(given).length === 0) return []
  return [codeBlockFor(truncate(argumentsText(given), most).split('\n'))]
}

function lastCallOf({ progress }: WorkflowState, step: string) {
  return progress.calls[callIdOf(step, attemptsOf(progress, step))]
}

const doubtText = (workflow: WorkflowState, step: string): string =>
  lastCallOf(workflow, step)?.outcome === 'unknown'
    ? 'It may have happened all the same: look there before you try again. '
    : ''

function buttonsFor(state: RunState, { park: { step }, workflow }: Parked): Button[] {
  const value = `${state.id} ${step}`
  const isUndo = step.startsWith('undo/')
  const canChange = !isUndo && stepOf(workflow, step)?.tool !== undefined
  const canUndo = !isUndo && undoableStepsOf(workflow.progress).length > 0
  return [
    createButton({ text: 'Try again', action: 'step_retry', value, style: 'primary' }),
    ...(canChange ? [createButton({ text: 'Change and try', action: 'step_change', value })] : []),
    createButton({ text: 'Skip', action: 'step_skip', value, accessibilityLabel: 'Skip this step and go on' }),
    ...(canUndo ? [createButton({ text: 'Undo what was done', action: 'step_undo', value })] : []),
    { ...createButton({ text: 'Stop', action: 'step_stop', value, style: 'danger' }), confirm: STOP_CONFIRM },
  ]
}

const STOP_CONFIRM: ConfirmationDialog = {
  title: { type: 'plain_text', text: 'Stop here?' },
  text: { type: 'plain_text', text: 'What was done stays done, and nothing more is done.' },
  confirm: { type: 'plain_text', text: 'Stop' },
  deny: { type: 'plain_text', text: 'Go back' },
}

const DECIDED = {
  retry: 'tried it again',
  with: 'changed it and tried again',
  skip: 'went on without this step',
  undo: 'had what was done undone',
  stop: 'stopped here; what was done stays done',
}

const decisionText = ({ decided }: StepPark): string =>
  decided === undefined
    ? 'The run ended before anybody decided.'
    : `${decided.here ? '' : 'At another step, '}${mentionOf(decided.by)} ${DECIDED[decided.how]}.`

/** Each takes about six of a message's 50 blocks. */
const MOST_STOPPED = 7

/** The steps of a person's runs that wait for them, with what they can do. Pure. */
export function stoppedMessage(runs: RunState[], note?: string): MessageContent {
  const open = runs.flatMap((state) => openParksOf(state).map((parked) => ({ state, parked })))
  const title =
    open.length === 0 ? 'No workflow of yours is stopped' : `${pluralize(open.length, 'step')} of your workflows failed`
  const rest = open.length - MOST_STOPPED
  return {
    text: title,
    blocks: [
      ...(note === undefined ? [] : [sectionBlock(note)]),
      sectionBlock(`*${title}*${open.length === 0 ? '' : '\nYou decide how each goes on. Nothing is lost meanwhile.'}`),
      ...open
        .slice(0, MOST_STOPPED)
        .flatMap(({ state, parked }) => [
          contextBlock(`Started ${formatDate(state.startedAt)}`),
          ...cardOf(state, parked, 'stopped').blocks,
        ]),
      ...(rest > 0 ? [contextBlock(`and ${rest} more, shown here once you have decided these.`)] : []),
    ],
  }
}

/** Lists what would be undone before anything is. Pure. */
export function undoModal(state: Pick<RunState, 'id'> & { workflow: WorkflowState }, step: string): ModalView {
  const { progress, snapshot } = state.workflow
  const lines = undoableStepsOf(progress).map((undo, at) => {
    const item = positionOf(snapshot.body, undo.step)?.item
    const name = `${describeName(stepIdOf(undo.step))}${item === undefined ? '' : ` for item ${item}`}`
    return `${at + 1}. *${escapeInlineMrkdwn(name)}*${undoText(undo)}`
  })
  return createModal({
    id: 'step_undo',
    title: 'Undo what was done',
    submit: 'Undo',
    close: 'Go back',
    metadata: { run: state.id, step },
    blocks: [
      sectionBlock('I undo these, one after the other, the newest first. Then the workflow ends.'),
      sectionBlock(limitLines(lines, 2_600)),
      contextBlock('What could do harm waits for an approval first. Steps that are not listed stay as they are.'),
    ],
  })
}

function undoText({ tool, arguments: given = {}, problem }: ReturnType<typeof undoableStepsOf>[number]): string {
  if (problem !== undefined) return ` cannot be undone: ${escapeMrkdwn(truncate(problem, 200))}`
  const values = truncate(argumentsText(given).replaceAll(/\s+/g, ' '), 200)
  return `: ${escapeMrkdwn(`${toolInWords(tool)}, ${values}`)}`
}

function toolInWords(address: string): string {
  const at = address.indexOf('/')
  return `${describeName(address.slice(at + 1))} of ${address.slice(0, at)}`
}
