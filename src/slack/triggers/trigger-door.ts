import { snapshotOf } from '../../agents/agent-address.ts'
import type { Principal, WorkspaceId } from '../../ids.ts'
import type { StartRequest } from '../../run/runs.ts'
import type { Origin } from '../../run/state/events.ts'
import { describeSchedule } from '../../triggers/schedule/schedule-text.ts'
import type { Trigger } from '../../triggers/trigger.ts'
import { describeDelay, describeTriggerNews } from '../../triggers/trigger-text.ts'
import type { TriggerDeps, TriggerRequest, TriggerResponse } from '../../triggers/triggers.ts'
import { inputValuesOf } from '../../workflows/definition/input-values.ts'
import {
  actionsBlock,
  contextBlock,
  createCommandButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, mentionOf } from '../blocks/text.ts'
import type { AgentDeps, PolicyDeps, RunsDeps, WebApiDeps, WorkflowDeps } from '../deps.ts'
import { outsiderRefusalFor } from '../interactions/outsiders.ts'
import { anchorThread, postDirectly, postInThread, type ThreadAnchor } from '../interactions/post-in-thread.ts'
import { AnyResponse, isPlaceClosed } from '../web-api/web-api.ts'
import { todayIn } from '../workflows/workflow-inputs.ts'
import { leftRefusalFor } from './answer-place.ts'
import { startNoteOf } from './schedule-texts.ts'

type Deps = WebApiDeps & RunsDeps & Pick<AgentDeps, 'agents'> & WorkflowDeps & Pick<PolicyDeps, 'settings'>

/** Where triggers meet Slack: what they start gets a thread of its own, and what became of them is told to their owners. */
export const createTriggerDoor = (
  depsIn: (trigger: { workspace: WorkspaceId }) => Deps,
): Pick<TriggerDeps, 'start' | 'tell'> => ({
  start: (request) => startTriggered(depsIn(request.trigger), request),
  async tell(news) {
    const text = escapeMrkdwn(describeTriggerNews(news))
    await postDirectly(depsIn(news.trigger), news.trigger.owner, {
      text,
      blocks: [sectionBlock(text), actionsBlock([createCommandButton('My schedules', 'schedules')])],
    })
  },
})

const refused = (why: string): TriggerResponse => ({ kind: 'refused', why })

async function startTriggered(deps: Deps, request: TriggerRequest): Promise<TriggerResponse> {
  const { owner, workspace, definition } = request.trigger
  const { starts } = definition
  const by = { workspace, user: owner }
  const why = (await outsiderRefusalFor(deps, owner, 'run')) ?? (await leftRefusalFor(deps, by, definition))
  if (why !== undefined) return refused(why)
  const work = starts.kind === 'workflow' ? await workflowFor(deps, by, starts) : await requestFor(deps, by, starts)
  if ('kind' in work) return work
  const anchor = await openThread(deps, request)
  if (anchor === undefined) return refused('I cannot post any more where it should answer.')
  const text = 'workflow' in work ? work.text : `${work.text}\n${startNoteOf(request)}`
  const started = await deps.runs.start({
    ...work,
    text,
    origin: await originAt(deps, request.trigger, anchor),
    dedupeKey: request.dedupeKey,
  })
  // Another instance began it and did not come to say so: its thread is the one.
  if (!started.fresh)
    await deps.webApi.call('chat.delete', { channel: anchor.channel, ts: anchor.messageTs }, AnyResponse)
  return { kind: 'started', run: started.run }
}

type Starts<K> = Extract<TriggerRequest['trigger']['definition']['starts'], { kind: K }>
type Work = Pick<StartRequest, 'text' | 'agent' | 'workflow'>

/** What a run is asked, or why it cannot be. */
async function requestFor(
  deps: Deps,
  by: Principal,
  { text, agent: id }: Starts<'request'>,
): Promise<Work | TriggerResponse> {
  if (id === undefined) return { text }
  const agent = await deps.agents.find(by, id)
  return agent === undefined
    ? refused('Its agent is gone, or is not shared with you any more. Edit it and choose another one.')
    : { text, agent: snapshotOf(agent, 'name') }
}

/** The workflow as it is now, with the values that it has without anybody there. */
async function workflowFor(deps: Deps, by: Principal, starts: Starts<'workflow'>): Promise<Work | TriggerResponse> {
  const workflow = await deps.workflows.find(by, starts.workflow)
  if (workflow === undefined)
    return refused('Its workflow is gone: it was archived, or is not shared with you any more.')
  const { id, version, hash, body } = workflow
  const { userZone } = await deps.people.askerOf(by.user)
  const { values, problems } = inputValuesOf(body, starts.inputs, todayIn(userZone, new Date()))
  if (problems.length > 0)
    return refused(
      `Its workflow wants ${problems.map(({ name }) => name).join(', ')}, and nobody is there to fill that in.`,
    )
  const agent = body.agent === undefined ? undefined : await deps.agents.findNamed(by, body.agent)
  if (body.agent !== undefined && agent === undefined)
    return refused('The agent of its workflow is gone, or is not shared with you any more.')
  return {
    text: body.title,
    workflow: { id, version, hash, body, inputs: values },
    ...(agent && { agent: snapshotOf(agent, 'name') }),
  }
}

/** Posts what begins; undefined where the place takes nothing any more. */
async function openThread(deps: Deps, request: TriggerRequest): Promise<ThreadAnchor | undefined> {
  const { owner: user, workspace, definition } = request.trigger
  const { place } = definition
  if (place.kind === 'dm') return anchorThread(deps, { workspace, user }, {}, () => beginMessage(request))
  try {
    return await postInThread(deps, place.channel, undefined, beginMessage(request, mentionOf(user)))
  } catch (error) {
    if (!isPlaceClosed(error)) throw error
    return undefined
  }
}

function beginMessage(request: TriggerRequest, owner?: string): MessageContent {
  const { definition } = request.trigger
  const when = definition.kind === 'schedule' ? [escapeMrkdwn(describeSchedule(definition.spec))] : []
  const text = `:alarm_clock: *${escapeInlineMrkdwn(definition.title)}*`
  const words = [...when, ...(owner === undefined ? [] : [`for ${owner}`])]
  const delay = describeDelay(request)
  const notes = [
    ...(words.length > 0 ? [words.join(' · ')] : []),
    ...(delay === undefined ? [] : [escapeMrkdwn(delay)]),
  ]
  return { text, blocks: [sectionBlock(text), ...notes.map((note) => contextBlock(note))] }
}

async function originAt(deps: Deps, { owner }: Trigger, anchor: ThreadAnchor): Promise<Origin> {
  const [bot, asker] = await Promise.all([deps.bot(), deps.people.askerOf(owner)])
  const { channel } = anchor
  return {
    door: 'slack',
    workspace: bot.workspace,
    user: owner,
    ...asker,
    ...anchor,
    place: channel.startsWith('D') ? 'dm' : 'channel',
    teamId: bot.team,
  }
}
