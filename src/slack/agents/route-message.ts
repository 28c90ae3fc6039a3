import { type AgentRouting, routeRequest } from '../../agents/agent-address.ts'
import { addressKeyOf } from '../../agents/agent-names.ts'
import type { AgentPlace } from '../../agents/agent-rows.ts'
import type { Principal } from '../../ids.ts'
import { escapeInlineMrkdwn, joinWords } from '../blocks/text.ts'
import type { AgentDeps, WebApiDeps } from '../deps.ts'

/** Who does a request of a person, and its words without the name; what has to be said of the choice stands in `notice`. */
export async function routeMessage(
  { agents }: AgentDeps,
  by: Principal,
  place: AgentPlace,
  said: Parameters<typeof routeRequest>[0],
): Promise<Pick<AgentRouting, 'agent' | 'text'> & { notice: string | undefined }> {
  const [usable, choices] = await Promise.all([agents.usable(by), agents.choices(by, place)])
  const { agent, text, doubt } = routeRequest(said, usable, choices)
  return { agent, text, notice: doubt && doubtText(doubt, agent?.name) }
}

function doubtText(doubt: NonNullable<AgentRouting['doubt']>, answers: string | undefined): string {
  const who = answers === undefined ? 'I answer' : `*${escapeInlineMrkdwn(answers)}* answers`
  switch (doubt.kind) {
    case 'ambiguous':
      return doubt.names.length === 1
        ? `There is more than one agent called *${boldless(doubt.names)}*, so ${who}. Give one of them another name with \`/mcp agents\`.`
        : `You named ${joinWords(doubt.names.map((name) => `*${escapeInlineMrkdwn(name)}*`))}, and I ask one at a time, so ${who}. Name one of them first.`
    case 'gone':
      return `You cannot use *${escapeInlineMrkdwn(doubt.name)}*, who answered here before: it was archived, or is not shared with you. So ${who}.`
    default:
      return doubt satisfies never
  }
}

const boldless = (names: string[]): string => names.map(escapeInlineMrkdwn).join('')

const GROUP = /^\s*<!subteam\^([A-Z0-9]+)(?:\|[^<>]*)?>/

/** Whether a text begins with a user group whose handle is the name of an agent of this person: Slack completes such a handle, and tells the app of no mention. */
export async function isForAgentGroup(
  { agents, names }: AgentDeps & Pick<WebApiDeps, 'names'>,
  by: Principal,
  text: string,
): Promise<boolean> {
  const [, id] = GROUP.exec(text) ?? []
  const handle = id === undefined ? undefined : await names.group(id)
  if (handle === undefined) return false
  return (await agents.usable(by)).some(({ name }) => addressKeyOf(name) === addressKeyOf(handle))
}
