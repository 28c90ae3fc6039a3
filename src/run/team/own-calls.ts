import { z } from 'zod'
import { snapshotOf } from '../../agents/agent-address.ts'
import { addressKeyOf } from '../../agents/agent-names.ts'
import type { Agent } from '../../agents/agent-rows.ts'
import { createRunId } from '../../ids.ts'
import { createRefusedEvent } from '../calls/call-tools.ts'
import type { RunDeps } from '../deps.ts'
import type { EventOf, RunEvent } from '../state/events.ts'
import { leftUsdOf } from '../state/next-step.ts'
import { AGENTS_AT_ONCE, AGENTS_IN_ALL, countAgents } from '../state/next-workflow-part.ts'
import type { CallState, RunState } from '../state/state.ts'
import { appendEvents, beginChildren, type LeasedRun, type NewChild } from '../storage/leased-run.ts'
import { findAgentsToAsk } from './asked-agents.ts'
import { addNote, readNotes } from './notes.ts'

/** Model turns of an agent that was asked. */
const CHILD_TURNS = 8
/** Each may cost this share of what the request may still cost. */
const SHARE = 1 / 4

/** Does what the model asked of our own tools: notes at once, while agents are begun as runs of their own. */
export async function doOwnCalls(deps: RunDeps, leased: LeasedRun, calls: CallState[]): Promise<void> {
  const notes = calls.filter(({ tool }) => tool !== 'ask_agent')
  for (const call of notes) await appendEvents(deps, leased, [await noteEventFor(deps, leased, call)], 'fact')
  const asks = calls.filter(({ tool }) => tool === 'ask_agent')
  if (asks.length > 0) await askAgents(deps, leased, asks)
}

const noteEventFor = (deps: RunDeps, leased: LeasedRun, call: CallState): Promise<RunEvent> =>
  call.tool === 'note' ? addNote(deps, leased, call) : readNotes(deps, leased, call)

const Ask = z.object({
  agent: z.string(),
  task: z.string().trim().min(1).max(20_000),
  returns: z.string().max(1_000).optional(),
})

async function askAgents(deps: RunDeps, leased: LeasedRun, calls: CallState[]): Promise<void> {
  const decidedAt = leased.seq
  const { state } = leased
  const agents = await findAgentsToAsk(deps, state)
  const { atWork, inAll } = countAgents(state)
  const room = Math.min(AGENTS_AT_ONCE - atWork, AGENTS_IN_ALL - inAll)
  const usd = leftUsdOf(state) * SHARE
  const children: NewChild[] = []
  const events = calls.map((call): RunEvent => {
    const asked = Ask.safeParse(call.arguments)
    if (!asked.success)
      return createRefusedEvent(deps, call, `Say which agent, and what it is to do. ${namesOf(agents)}`)
    const { task, returns } = asked.data
    const agent = agents.find(({ name }) => addressKeyOf(name) === addressKeyOf(asked.data.agent))
    if (agent === undefined)
      return createRefusedEvent(deps, call, `There is no agent of that name to ask. ${namesOf(agents)}`)
    if (children.length >= room) return createRefusedEvent(deps, call, tooManyText(inAll + children.length))
    const child = createRunId()
    children.push({
      id: child,
      call: call.id,
      events: [startedEvent(deps, state, { call, agent, usd, task, returns })],
    })
    return { type: 'delegated', call: call.id, child, agent: agent.name, task, at: deps.now().toISOString() }
  })
  await beginChildren(deps, leased, { events, children, decidedAt })
}

const namesOf = (agents: Agent[]): string =>
  agents.length === 0 ? 'There is nobody to ask here.' : `There are: ${agents.map(({ name }) => name).join(', ')}.`

const tooManyText = (begun: number): string =>
  begun >= AGENTS_IN_ALL
    ? `One request may ask agents ${AGENTS_IN_ALL} times. Go on with what you have.`
    : `At most ${AGENTS_AT_ONCE} agents work at once. Ask again when one of them has answered.`

type Asked = { call: CallState; agent: Agent; usd: number; task: string; returns?: string | undefined }

function startedEvent(
  deps: RunDeps,
  { id, origin, text, corrections, agent: asker, untrusted }: RunState,
  { call, agent, usd, task, returns }: Asked,
): EventOf<'started'> {
  const turns = Math.min(CHILD_TURNS, agent.limits?.turns ?? CHILD_TURNS)
  return {
    type: 'started',
    origin,
    text: [task, ...(returns === undefined ? [] : [`What to give back: ${returns}`])].join('\n\n'),
    context: [],
    agent: snapshotOf({ ...agent, limits: { ...agent.limits, turns } }, 'agent'),
    parent: {
      run: id,
      call: call.id,
      agent: asker?.name ?? '',
      costUsd: usd,
      words: [text, ...corrections.map((one) => one.text)].join('\n'),
    },
    ...(untrusted.length > 0 && { untrusted }),
    at: deps.now().toISOString(),
  }
}
