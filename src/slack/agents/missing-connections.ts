import { errorChainOf } from '../../errors.ts'
import type { RunState } from '../../run/state/state.ts'
import { actionsBlock, contextBlock, createCommandButton, type MessageContent } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords } from '../blocks/text.ts'
import type { ConnectionDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { postToOnePerson } from '../interactions/post-in-thread.ts'
import { agentLabel } from './agent-texts.ts'

type Service = { name: string; title: string }

/**
 * Offers to connect what an agent works with and the person who asked has not, under its answer and once in a thread. True where that was
 * offered or had been. Never throws: the answer stands without it.
 */
export async function postMissingConnections(
  deps: WebApiDeps & RunsDeps & ConnectionDeps,
  { id, status, origin, withdrawn, agent }: RunState,
): Promise<boolean> {
  if (status !== 'finished' || withdrawn || agent?.connections === undefined) return false
  const { workspace, user, channel, threadTs: thread } = origin
  try {
    const missing = await missingServices(deps, { workspace, user }, agent.connections)
    if (missing.length === 0) return false
    if (await deps.runs.seen(`agent-connections:${workspace}:${user}:${channel}:${thread}:${agent.id}`)) return true
    await postToOnePerson(deps, { channel, thread, user }, missingMessage(agent, missing))
    return true
  } catch (error) {
    deps.log.warn({ run: id, why: errorChainOf(error) }, 'connections of an agent not offered')
    return false
  }
}

/** Names of connections that are somebody else's are no service that could be connected. */
async function missingServices(
  { connect }: ConnectionDeps,
  by: Parameters<ConnectionDeps['connect']['usable']>[0],
  names: string[],
): Promise<Service[]> {
  const usable = await connect.usable(by)
  return names.flatMap((name) => {
    const card = usable.some((one) => one.name === name || one.card === name) ? undefined : connect.card(name)
    return card === undefined ? [] : [{ name: card.name, title: card.title }]
  })
}

/** As many as stand in a row. */
const MOST_OFFERED = 4

function missingMessage(agent: NonNullable<RunState['agent']>, missing: Service[]): MessageContent {
  const shown = missing.slice(0, MOST_OFFERED)
  const titles = joinWords(shown.map(({ title }) => escapeMrkdwn(title)))
  const text = `${agentLabel(agent)} works with ${titles}, which you have not connected.`
  const buttons = shown.map(({ name, title }) => createCommandButton(`Connect ${title}`, `connect ${name}`))
  return { text, blocks: [contextBlock(text), actionsBlock(buttons)] }
}
