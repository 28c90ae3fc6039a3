import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { isAppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import { localTimeOf } from '../../timing.ts'
import { type Trigger, type TriggerDefinition, TriggerId } from '../../triggers/trigger.ts'
import { inputValuesOf } from '../../workflows/definition/input-values.ts'
import { actionsBlock, createButton, createCommandButton, createModal, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { AgentDeps, HomeTabDeps, RunsDeps, TriggersDeps, WebApiDeps, WorkflowDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, updateModalView, type ViewSubmission } from '../interactions/modals.ts'
import { WORKFLOW_GONE } from '../workflows/run-workflow.ts'
import { todayIn } from '../workflows/workflow-inputs.ts'
import { placeRefusalFor } from './answer-place.ts'
import {
  nextTimesOf,
  readScheduleFields,
  readScheduleForm,
  type ScheduleFields,
  scheduleFieldsIn,
  scheduleFieldsOf,
} from './read-schedule-form.ts'
import { type ScheduleForm, ScheduleFormMetadata, scheduleModal } from './schedule-form.ts'
import { replaceOfferCard, scheduledMessage } from './schedule-offer.ts'
import { placeTextOf, triggerLabel, whenTextOf, withoutStartNote } from './schedule-texts.ts'

type Deps = WebApiDeps & AgentDeps & TriggersDeps & HomeTabDeps & RunsDeps & WorkflowDeps

/** A person's zone as Slack says, else UTC. */
const zoneFor = async ({ people }: WebApiDeps, { user }: Principal): Promise<string> =>
  (await people.askerOf(user)).userZone ?? 'UTC'

/** The form of a new schedule, filled with what is known of it. */
export async function newScheduleModalFor(
  deps: WebApiDeps & AgentDeps,
  by: Principal,
  fields: ScheduleFields = {},
  { zone, card }: { zone?: string; card?: ScheduleFormMetadata['card'] } = {},
): Promise<ModalView> {
  const [agents, theirs] = await Promise.all([deps.agents.usable(by), zone ?? zoneFor(deps, by)])
  return scheduleModal({ metadata: { zone: theirs, ...(card && { card }) }, fields, agents })
}

export async function editScheduleModalFor(deps: AgentDeps, by: Principal, trigger: Trigger): Promise<ModalView> {
  const { id, version, definition } = trigger
  const zone = definition.kind === 'schedule' ? definition.spec.zone : 'UTC'
  const metadata = { edits: { id, version }, zone }
  return scheduleModal({ metadata, fields: scheduleFieldsOf(definition), agents: await deps.agents.usable(by) })
}

/** Listens to the form, and to the button that fills it with what somebody asked for. */
export function registerScheduleForm(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'schedule_repeats', (press) => refill(deps, press, () => undefined))
  onButtonPress(app, deps, 'schedule_preview', (press) => refill(deps, press, previewOf))
  onButtonPress(app, deps, 'schedule_this', (press) => scheduleRequest(deps, press))
  onButtonPress(app, deps, 'schedule_workflow', (press) => scheduleWorkflow(deps, press))
  onViewSubmission(app, deps, 'schedule', (submit) => saveSchedule(deps, submit))
}

async function scheduleRequest(deps: Deps, { by, value, responder }: BlockAction): Promise<void> {
  const state = await findRunFor(deps, by, value)
  if (state === undefined || state.origin.user !== by.user)
    return responder.replyError(
      'Only who asked can schedule this, while I have the request. Press New schedule in my Home tab.',
    )
  const { text, agent } = state
  await responder.openModal(
    await newScheduleModalFor(deps, by, { text: withoutStartNote(text), ...(agent && { agent: agent.id }) }),
  )
}

/** Nobody is there to fill in a form when it runs. */
async function scheduleWorkflow(deps: Deps, { by, value, responder }: BlockAction): Promise<void> {
  const workflow = await deps.workflows.find(by, value)
  if (workflow === undefined) return responder.replyError(WORKFLOW_GONE)
  const { id, body } = workflow
  const zone = await zoneFor(deps, by)
  const { problems } = inputValuesOf(body, {}, todayIn(zone, new Date()))
  if (problems.length > 0)
    return responder.replyError(
      `Nobody is there to fill in ${problems.map(({ name }) => escapeMrkdwn(name)).join(', ')} when it runs by itself. Press Edit, give each of these inputs a default, and schedule it then.`,
    )
  await responder.openModal(await newScheduleModalFor(deps, by, { text: body.title, workflow: id }, { zone }))
}

const readMetadata = (text: string): ScheduleFormMetadata => ScheduleFormMetadata.parse(JSON.parse(text))

async function refill(
  deps: Deps,
  { by, view }: BlockAction,
  preview: (fields: ScheduleFields, zone: string) => string | undefined,
): Promise<void> {
  if (view === undefined) return
  const { kept, ...metadata } = readMetadata(view.privateMetadata)
  const fields = scheduleFieldsIn(kept, view.values, view.typed)
  const shown = preview(fields, metadata.zone)
  const form: ScheduleForm = {
    metadata,
    fields,
    agents: await deps.agents.usable(by),
    ...(shown && { preview: shown }),
  }
  await updateModalView(deps, view.id, scheduleModal(form))
}

const PREVIEWED = 3

/** The next times, or what is to be put right. */
function previewOf(fields: ScheduleFields, zone: string): string {
  const now = new Date()
  const read = readScheduleFields(fields, zone, now)
  if ('errors' in read) return `:warning: ${escapeMrkdwn(Object.values(read.errors).join(' '))}`
  const times = nextTimesOf(read.schedule, now, PREVIEWED).map((at) => `• ${escapeMrkdwn(localTimeOf(at, zone))}`)
  return ['*The next times*', ...times].join('\n')
}

async function saveSchedule(deps: Deps, submit: ViewSubmission): Promise<void> {
  const { by, typed, values, privateMetadata, ack } = submit
  const metadata = readMetadata(privateMetadata)
  const fields = scheduleFieldsIn(metadata.kept, values, typed)
  const read = readScheduleForm(fields, metadata.zone, new Date())
  if ('errors' in read) return ack({ response_action: 'errors', errors: read.errors })
  const why = await placeRefusalFor(deps, by, read.definition)
  if (why !== undefined) return ack({ response_action: 'errors', errors: { channel: why } })
  const saved = await saveOnce(deps, submit, metadata, read.definition).catch((error: unknown) => {
    if (isAppError(error, 'input_invalid', 'conflict', 'not_found', 'limit_reached')) return error.message
    throw error
  })
  if (typeof saved === 'string') return ack({ response_action: 'errors', errors: { text: saved } })
  await ack({ response_action: 'update', view: savedModal(read.definition, saved) })
  deps.refreshHome(by)
  if (metadata.card !== undefined)
    await replaceOfferCard(deps, metadata.card, scheduledMessage(read.definition, new Date()))
}

/** A form that is sent twice makes one schedule. */
async function saveOnce(
  deps: Deps,
  { by, submissionId }: ViewSubmission,
  { edits }: ScheduleFormMetadata,
  definition: TriggerDefinition,
): Promise<Trigger | undefined> {
  if (edits !== undefined) return deps.triggers.edit(by, TriggerId.parse(edits.id), edits.version, definition)
  const key = `schedule-form:${by.workspace}:${submissionId}`
  if (await deps.runs.seen(key)) return undefined
  try {
    return await deps.triggers.create(by, definition)
  } catch (error) {
    await deps.runs.forgetSeen(key)
    throw error
  }
}

/** An edit does not let a paused schedule go on. */
function savedModal(definition: TriggerDefinition, saved: Trigger | undefined): ModalView {
  const isPaused = saved?.enabled === false
  const paused = isPaused ? ' It is still paused: press _Resume_, and it goes on.' : ''
  const resume = isPaused
    ? [createButton({ text: 'Resume', action: 'schedule_resume', value: saved.id, style: 'primary' })]
    : []
  const text = `:white_check_mark: ${triggerLabel({ definition })} is scheduled ${whenTextOf(definition)}. I answer ${placeTextOf(definition)}.${paused}`
  return createModal({
    id: 'schedule_saved',
    title: 'Saved',
    blocks: [sectionBlock(text), actionsBlock([...resume, createCommandButton('All schedules', 'schedules')])],
  })
}
