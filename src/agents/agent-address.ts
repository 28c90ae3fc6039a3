import type { AgentSnapshot } from './agent.ts'
import { addressKeyOf } from './agent-names.ts'
import type { Agent, AgentChoices } from './agent-rows.ts'

/** A request as it was typed, and how much of it may name an agent. */
export type AddressedText = {
  text: string
  /** `mention`: the app was mentioned, or it is a direct message. `thread`: a reply, which names an agent only with a sign behind it. */
  by: 'mention' | 'thread'
}

/** Whom a text names, and the text without it. */
export type AgentAddress =
  | { kind: 'none' }
  | { kind: 'app'; text: string }
  | { kind: 'agent'; agent: Agent; text: string }
  /** Several agents have that name, or several are named: nobody guesses. */
  | { kind: 'ambiguous'; names: string[]; text: string }

/** How the app itself is named in the text of a request. */
const APP = 'Patchbay'
const APP_MENTION = `@${APP}`

/** No name and what people put into it are longer. */
const MOST_CHARS = 120

const SIGN = /^\s*(?:[:,]|&gt;|>|–|—)\s*/
/** Somebody is told of, not spoken to. */
const TOLD_OF = /^(?:['’]|\s+(?:said|says|told|found|wrote|has|had|was|were|did|does|answered|thinks?)\b)/iu
const JOINT = /^\s*(?:and|und|et|y|&|\+)\s+@?/iu

type Named = { kind: 'app' } | { kind: 'agents'; agents: Agent[] }
/** `isExplicit`: with an @, as Slack writes a user group. */
type Match = { named: Named; rest: string; isExplicit: boolean }

/** Finds the agent that the first words of a text name, behind the app's mention or at the beginning. Longest name first. Pure. */
export function findAddress({ text, by }: AddressedText, agents: Agent[]): AgentAddress {
  for (const start of startsIn(text)) {
    const match = matchName(text.slice(start), agents)
    if (match === undefined || !isAddress(match, by)) continue
    return addressOf(match, agents, text.slice(0, start))
  }
  return { kind: 'none' }
}

function startsIn(text: string): number[] {
  const at = text.indexOf(APP_MENTION)
  const behind =
    at < 0 ? [] : [at + APP_MENTION.length + (/^[\s,:]*/.exec(text.slice(at + APP_MENTION.length))?.[0].length ?? 0)]
  return [0, ...behind]
}

/** The longest name that the text begins with, in any case and spacing. */
function matchName(text: string, agents: Agent[]): Match | undefined {
  const named = new Map<string, Named>([[addressKeyOf(APP), { kind: 'app' }]])
  for (const [key, same] of Map.groupBy(agents, ({ name }) => addressKeyOf(name)))
    named.set(key, { kind: 'agents', agents: same })
  const begin = text.startsWith('@') ? 1 : 0
  let found: Match | undefined
  for (let end = begin + 1; end <= Math.min(text.length, MOST_CHARS); end += 1) {
    if (isInsideWord(text, end) || JOINING.test(text[end - 1] ?? '')) continue
    const one = named.get(addressKeyOf(text.slice(begin, end)))
    if (one !== undefined) found = { named: one, rest: text.slice(end), isExplicit: begin === 1 }
  }
  return found
}

/** What joins words in a name is no end of it. */
const JOINING = /[\s._'’-]/

/** A name does not end within a word: "Data" is none in "Database". */
const isInsideWord = (text: string, end: number): boolean =>
  /[\p{L}\p{M}\p{N}]/u.test(text[end - 1] ?? '') && /^[\p{L}\p{M}\p{N}]/u.test(text.slice(end, end + 2))

function isAddress({ named, rest, isExplicit }: Match, by: AddressedText['by']): boolean {
  if (SIGN.test(rest)) return true
  // "Patchbay is down" tells of the app.
  if (named.kind === 'app' || (by === 'thread' && !isExplicit)) return false
  return (rest.trim() === '' || /^\s/.test(rest)) && !TOLD_OF.test(rest)
}

function addressOf({ named, rest }: Match, agents: Agent[], before: string): AgentAddress {
  const text = textWithout(before, rest)
  if (named.kind === 'app') return { kind: 'app', text }
  const joint = JOINT.exec(rest)
  const other = joint === null ? undefined : matchName(rest.slice(joint[0].length), agents)
  const others = other?.named.kind === 'agents' ? other.named.agents : []
  const all = [...named.agents, ...others]
  const [only] = all
  if (all.length > 1 || only === undefined)
    return {
      kind: 'ambiguous',
      names: [...new Set(all.map(({ name }) => name))],
      text: other === undefined ? text : textWithout(before, other.rest),
    }
  return { kind: 'agent', agent: only, text }
}

const textWithout = (before: string, rest: string): string => {
  const words = rest.replace(SIGN, '').trim()
  const opening = before.replace(APP_MENTION, '').trimEnd().replace(/[,:]$/, '')
  return [opening, words].filter(Boolean).join(' ')
}

/** Who does a request. */
export type AgentRouting = {
  agent: AgentSnapshot | undefined
  /** The request without the words that named somebody. */
  text: string
  /** What has to be said of the choice. */
  doubt?: { kind: 'ambiguous'; names: string[] } | { kind: 'gone'; name: string }
}

/** The agent that was named, else the thread's, the channel's, the person's, else nobody: the app itself. Pure. */
export function routeRequest(said: AddressedText, agents: Agent[], choices: AgentChoices): AgentRouting {
  const address = findAddress(said, agents)
  switch (address.kind) {
    case 'agent':
      return { agent: snapshotOf(address.agent, 'name'), text: address.text || said.text }
    case 'app':
      return { agent: undefined, text: address.text || said.text }
    case 'ambiguous':
      return {
        ...routeUnnamed(address.text || said.text, agents, { ...choices, thread: undefined }),
        doubt: { kind: 'ambiguous', names: address.names },
      }
    case 'none':
      return routeUnnamed(said.text, agents, choices)
    default:
      return address satisfies never
  }
}

/** Who was chosen before; an agent that this person may not use is left out, and the thread's is missed. */
function routeUnnamed(text: string, agents: Agent[], choices: AgentChoices): AgentRouting {
  const usable = (id: string | undefined) => (id === undefined ? undefined : agents.find((one) => one.id === id))
  const thread = usable(choices.thread)
  if (thread !== undefined) return { agent: snapshotOf(thread, 'thread'), text }
  const missed =
    choices.thread === undefined ? {} : { doubt: { kind: 'gone' as const, name: choices.threadName ?? '' } }
  const channel = usable(choices.channel)
  if (channel !== undefined) return { agent: snapshotOf(channel, 'channel'), text, ...missed }
  const person = usable(choices.person)
  return { agent: person && snapshotOf(person, 'person'), text, ...missed }
}

/** The agent as it is now: what is changed later does not touch the run. */
export function snapshotOf(
  { owner: _owner, shared: _shared, ...agent }: Agent,
  chosenBy: AgentSnapshot['chosenBy'],
): AgentSnapshot {
  return { ...agent, chosenBy }
}
