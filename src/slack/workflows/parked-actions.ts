import type { App } from '@slack/bolt'
import { z } from 'zod'
import { RunId } from '../../ids.ts'
import type { StepDecision } from '../../run/runs.ts'
import type { RunState } from '../../run/state/state.ts'
import { canEditArguments, readTypedArguments } from '../approvals/edit-arguments-form.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { errorModal } from '../blocks/error-message.ts'
import { mentionOf } from '../blocks/text.ts'
import type { HomeTabDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { changeStepModal, stepArgumentsOf } from './change-step-form.ts'
import { openParksOf, undoModal } from './parked-card.ts'

type Deps = WebApiDeps & RunsDeps & HomeTabDeps

const Metadata = z.object({ run: RunId, step: z.string() })
type StepOfRun = z.infer<typeof Metadata>

/** Listens to the buttons of a step that failed, and to the forms that two of them open. */
export function registerParkedSteps(app: App, deps: Deps): void {
  for (const how of ['retry', 'skip', 'stop'] as const)
    onDurablePress(app, deps, `step_${how}`, (press) => decide(deps, press, how))
  onButtonPress(app, deps, 'step_change', (press) =>
    withOpenStep(deps, press, async (state, step) => {
      const given = stepArgumentsOf(state, step)
      if (given === undefined || !canEditArguments(given)) return press.responder.replyError(TOO_LONG)
      await press.responder.openModal(changeStepModal({ state, step, given }))
    }),
  )
  onButtonPress(app, deps, 'step_undo', (press) =>
    withOpenStep(deps, press, async ({ id, workflow }, step) => {
      if (workflow !== undefined) await press.responder.openModal(undoModal({ id, workflow }, step))
    }),
  )
  onViewSubmission(app, deps, 'step_change', (submit) => submitChange(deps, submit))
  onViewSubmission(app, deps, 'step_undo', (submit) => {
    const { run, step } = Metadata.parse(JSON.parse(submit.privateMetadata))
    return submitDecision(deps, submit, run, { step, how: 'undo' })
  })
}

const TOO_LONG =
  'This is too long to change in Slack. Press _Edit_ in `/mcp workflows`, or _Skip_ here and do the step by hand.'

function readValue(value: string): StepOfRun {
  const [run, ...step] = value.split(' ')
  return Metadata.parse({ run, step: step.join(' ') })
}

async function decide(deps: Deps, press: BlockAction, how: StepDecision['how']): Promise<void> {
  const { run, step } = readValue(press.value)
  const outcome = await deps.runs.resumeStep(run, { step, how }, press.by)
  await press.ack()
  deps.refreshHome(press.by)
  if (outcome !== 'resumed') return press.responder.replyError(await refusalText(deps, press, run, outcome))
  // The card in the thread is edited by the run; a list stays as it was.
  if (!press.blockId.startsWith('stopped ')) return
  const text = `:white_check_mark: ${DONE[how]} The run goes on in its thread.`
  await press.responder.reply({ text, blocks: [sectionBlock(text)] }, 'Stopped')
}

const DONE = {
  retry: 'I try this step again.',
  with: 'I try this step again, as you changed it.',
  skip: 'I go on without this step.',
  undo: 'I undo what was done.',
  stop: 'The workflow is stopped.',
}

type Refused = Exclude<Awaited<ReturnType<RunsDeps['runs']['resumeStep']>>, 'resumed'>

async function refusalText(deps: Deps, { by }: Pick<BlockAction, 'by'>, run: string, why: Refused): Promise<string> {
  switch (why) {
    case 'not_yours': {
      const state = await findRunFor(deps, by, run)
      return `Only ${state === undefined ? 'who started this workflow' : mentionOf(state.origin.user)} can decide how it goes on.`
    }
    case 'over':
      return 'This workflow has ended already.'
    case 'gone':
      return 'This step does not wait any more: somebody has decided already, or I no longer have the run.'
    default:
      return why satisfies never
  }
}

/** What the press is about, where its step waits and is the person's to decide. */
async function withOpenStep(
  deps: Deps,
  press: BlockAction,
  act: (state: RunState, step: string) => Promise<void>,
): Promise<void> {
  const { run, step } = readValue(press.value)
  const state = await findRunFor(deps, press.by, run)
  if (state === undefined || openParksOf(state).every(({ park }) => park.step !== step))
    return press.responder.replyError(await refusalText(deps, press, run, 'gone'))
  if (state.origin.user !== press.by.user)
    return press.responder.replyError(await refusalText(deps, press, run, 'not_yours'))
  await act(state, step)
}

async function submitChange(deps: Deps, submit: ViewSubmission): Promise<void> {
  const { run, step } = Metadata.parse(JSON.parse(submit.privateMetadata))
  const state = await findRunFor(deps, submit.by, run)
  const given = state && stepArgumentsOf(state, step)
  if (given === undefined) return showRefusal(deps, submit, run, 'gone')
  const read = readTypedArguments(given, submit.typed)
  if (!read.ok) return submit.ack({ response_action: 'errors', errors: read.problems })
  await submitDecision(deps, submit, run, { step, how: 'with', arguments: read.arguments })
}

async function submitDecision(
  deps: Deps,
  submit: ViewSubmission,
  run: StepOfRun['run'],
  decision: StepDecision,
): Promise<void> {
  const outcome = await deps.runs.resumeStep(run, decision, submit.by)
  if (outcome !== 'resumed') return showRefusal(deps, submit, run, outcome)
  await submit.ack()
  deps.refreshHome(submit.by)
}

async function showRefusal(deps: Deps, { by, ack }: ViewSubmission, run: string, why: Refused): Promise<void> {
  await ack({ response_action: 'update', view: errorModal(await refusalText(deps, { by }, run, why)) })
}
