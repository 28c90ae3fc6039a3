import { snapshotOf } from '../../agents/agent-address.ts'
import type { WorkspaceId } from '../../ids.ts'
import type { Origin } from '../../run/state/events.ts'
import { describeSchedule } from '../../triggers/schedule/schedule-text.ts'
import type { Trigger } from '../../triggers/trigger.ts'
import { describeDelay, describeTriggerNews } from '../../triggers/trigger-text.ts'
import type { TriggerDeps, TriggerRequest, TriggerResponse } from '../../triggers/triggers.ts'
import {
  actionsBlock,
  contextBlock,
  createCommandButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, mentionOf } from '../blocks/text.ts'
import type { AgentDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { outsiderRefusalFor } from '../interactions/outsiders.ts'
import { anchorThread, postDirectly, postInThread, type ThreadAnchor } from '../interactions/post-in-thread.ts'
import { AnyResponse, isPlaceClosed } from '../web-api/web-api.ts'
import { leftRefusalFor } from './answer-place.ts'
import { startNoteOf } from './schedule-texts.ts'

type Deps = WebApiDeps & RunsDeps & Pick<AgentDeps, 'agents'> & Pick<PolicyDeps, 'settings'>

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
  if (starts.kind === 'workflow') return refused('It starts a workflow, and there are none here yet.')
  const by = { workspace, user: owner }
  const why = (await outsiderRefusalFor(deps, owner, 'run')) ?? (await leftRefusalFor(deps, by, definition))
  if (why !== undefined) return refused(why)
  const agent = starts.agent === undefined ? undefined : await deps.agents.find(by, starts.agent)
  if (starts.agent !== undefined && agent === undefined)
    return refused('Its agent is gone, or is not shared with you any more. Edit it and choose another one.')
  const anchor = await openThread(deps, request)
  if (anchor === undefined) return refused('I cannot post any more where it should answer.')
  const origin = await originAt(deps, request.trigger, anchor)
  const text = `${starts.text}\n${startNoteOf(request)}`
  const chosen = agent && { agent: snapshotOf(agent, 'name') }
  const started = await deps.runs.start({ origin, text, dedupeKey: request.dedupeKey, ...chosen })
  // Another instance began it and did not come to say so: its thread is the one.
  if (!started.fresh)
    await deps.webApi.call('chat.delete', { channel: anchor.channel, ts: anchor.messageTs }, AnyResponse)
  return { kind: 'started', run: started.run }
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
