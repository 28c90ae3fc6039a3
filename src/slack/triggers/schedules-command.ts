import type { App } from '@slack/bolt'
import type { Principal } from '../../ids.ts'
import type { ListedTrigger } from '../../triggers/trigger.ts'
import { agentLabel } from '../agents/agent-texts.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { AgentDeps, HomeTabDeps, RunsDeps, TriggersDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, type Command, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { permalinkTextFor } from '../interactions/post-in-thread.ts'
import { editScheduleModalFor, newScheduleModalFor } from './schedule-form-actions.ts'
import { placeTextOf, triggerLabel } from './schedule-texts.ts'
import { type LinkedOccurrence, scheduleRunsModal, schedulesMessage } from './schedules-list.ts'

type Deps = WebApiDeps & AgentDeps & TriggersDeps & HomeTabDeps & RunsDeps

/** `/mcp schedules` and `/mcp schedules new` */
export const schedulesCommand: Command = {
  name: 'schedules',
  usage: '[new]',
  description: 'lists what I do by myself, every Monday at 9:00 for example',
  async run(deps, { words, responder }) {
    const { by } = responder
    const said = words.join(' ')
    if (said.toLowerCase() === 'new') return void (await responder.openModal(await newScheduleModalFor(deps, by)))
    await responder.reply(await listFor(deps, by, { words: said }), 'Schedules')
  },
}

/** A person's own; for owners of the workspace all, their own first. */
async function triggersFor(deps: WebApiDeps & TriggersDeps, by: Principal): Promise<ListedTrigger[]> {
  if (!(await deps.people.mayManageNow(by.user))) return deps.triggers.of(by)
  const all = await deps.triggers.in(by.workspace)
  const isOwn = ({ owner }: ListedTrigger) => owner === by.user
  return [...all.filter(isOwn), ...all.filter((one) => !isOwn(one))]
}

type Listed = { words?: string; note?: string }

async function listFor(deps: Deps, by: Principal, { words = '', note }: Listed): Promise<MessageContent> {
  const [all, agents] = await Promise.all([triggersFor(deps, by), deps.agents.usable(by)])
  const wanted = words.trim().toLowerCase()
  const found = all.filter(({ definition }) => JSON.stringify(definition).toLowerCase().includes(wanted))
  const none = `No schedule has “${escapeMrkdwn(words)}” in it; these are all.`
  const shownNote = found.length === 0 && all.length > 0 ? none : note
  return schedulesMessage({
    triggers: found.length === 0 ? all : found,
    reader: by.user,
    agentLabels: new Map(agents.map((agent) => [agent.id, agentLabel(agent)])),
    ...(shownNote !== undefined && { note: shownNote }),
  })
}

/** Listens to the buttons of the list. */
export function registerSchedules(app: App, deps: Deps): void {
  onDurablePress(app, deps, 'schedule_run', (press) => withTrigger(deps, press, (found) => runNow(deps, press, found)))
  onDurablePress(app, deps, 'schedule_pause', (press) =>
    withTrigger(deps, press, async (found) => {
      await deps.triggers.pause(await actorFor(deps, press.by), found.id)
      await finish(deps, press, `${triggerLabel(found)} is paused. It does not run until its owner presses _Resume_.`)
    }),
  )
  onDurablePress(app, deps, 'schedule_resume', (press) =>
    withTrigger(deps, press, async (found) => {
      await deps.triggers.resume(press.by, found.id)
      await finish(deps, press, `${triggerLabel(found)} goes on.`)
    }),
  )
  onDurablePress(app, deps, 'schedule_delete', (press) =>
    withTrigger(deps, press, async (found) => {
      await deps.triggers.remove(await actorFor(deps, press.by), found.id)
      await finish(deps, press, `${triggerLabel(found)} is deleted. What it did stays on record.`)
    }),
  )
  onButtonPress(app, deps, 'schedule_edit', (press) =>
    withTrigger(deps, press, async (found) => {
      if (found.owner !== press.by.user) return press.responder.replyError('Only who made a schedule can edit it.')
      await press.responder.openModal(await editScheduleModalFor(deps, press.by, found))
    }),
  )
  onButtonPress(app, deps, 'schedule_runs', (press) =>
    withTrigger(deps, press, async (found) => {
      await press.responder.openModal(scheduleRunsModal(found, await linkedOccurrencesOf(deps, found)))
    }),
  )
}

const actorFor = async ({ people }: WebApiDeps, by: Principal) => ({
  ...by,
  isOwner: await people.mayManageNow(by.user),
})

const GONE = 'This schedule was deleted meanwhile. Nothing runs by it any more. `/mcp schedules` shows those there are.'

async function withTrigger(
  deps: Deps,
  { by, value, responder }: BlockAction,
  act: (trigger: ListedTrigger) => Promise<unknown>,
): Promise<void> {
  const found = (await triggersFor(deps, by)).find(({ id }) => id === value)
  await (found === undefined ? responder.replyError(GONE) : act(found))
}

/** Shows the list with what is so now. */
async function finish(deps: Deps, { by, message, responder, ack, view }: BlockAction, note: string): Promise<void> {
  await ack()
  deps.refreshHome(by)
  if (message === undefined && view?.callbackId !== 'reading')
    return responder.replace({ text: note, blocks: [sectionBlock(note)] }, 'Schedules')
  await responder.replace(await listFor(deps, by, { note }), 'Schedules')
}

async function runNow(deps: Deps, press: BlockAction, trigger: ListedTrigger): Promise<void> {
  const outcome = await deps.triggers.runNow(press.by, trigger.id)
  switch (outcome) {
    case 'fired':
    case 'again':
      return finish(
        deps,
        press,
        `${triggerLabel(trigger)} begins now. The answer comes ${placeTextOf(trigger.definition)}.`,
      )
    case 'running':
      return finish(
        deps,
        press,
        `${triggerLabel(trigger)} is still at work from its last time, or waits for somebody. _Last runs_ shows where.`,
      )
    case 'off':
      return press.responder.replyError(GONE)
    default:
      return outcome satisfies never
  }
}

const MOST_RUNS = 10

async function linkedOccurrencesOf(deps: Deps, { workspace, id }: ListedTrigger): Promise<LinkedOccurrence[]> {
  const occurrences = await deps.triggers.occurrences(workspace, id, MOST_RUNS)
  return Promise.all(
    occurrences.map(async (occurrence) => {
      const state = occurrence.run && (await deps.runs.state(occurrence.run, workspace))
      return { occurrence, link: state ? await permalinkTextFor(deps, state.origin) : undefined }
    }),
  )
}
