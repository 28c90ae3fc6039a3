import { newApprovalId } from '../ids.ts'
import { type Asked, decide, type Verdict } from '../policy/decide.ts'
import { hostsIn } from '../policy/reveal.ts'
import { argumentProblems } from './arguments.ts'
import type { CardWord, RunDeps, Source } from './deps.ts'
import type { EventOf, JsonObject, RunEvent } from './events.ts'
import { callHash, definitionHash } from './fingerprint.ts'
import { type Held, record } from './held.ts'
import type { CallState, RunState } from './state.ts'
import { fillToolbox } from './toolbox.ts'

/** How long a person has to decide. */
const APPROVAL_TTL_MS = 24 * 3_600_000

type Found = { source: Source; tool: Source['tools'][number] }

/** Judges what the model wished for: each call goes ahead, waits for a person, or is refused. */
export async function judge(deps: RunDeps, held: Held, calls: CallState[]): Promise<void> {
  const { origin } = held.state
  const [sources, rules, approvers] = await Promise.all([
    deps.mcp.connectionsOf(origin),
    deps.rules.rulesFor(origin),
    deps.rules.approversOf(origin.workspace),
  ])
  const box = fillToolbox(sources)
  const events = calls.map((call): RunEvent => {
    const found = box.find(call.offeredAs)
    if (!found) return refused(deps, call, `There is no tool called ${call.offeredAs}.`)
    const problems = argumentProblems(found.tool.inputSchema, call.arguments)
    if (problems.length > 0) {
      return refused(
        deps,
        call,
        `The arguments do not fit: ${problems.map((p) => `${p.field}: ${p.message}`).join('; ')}.`,
      )
    }
    const asked = askedOf(deps, held.state, { found, args: call.arguments, approvers })
    return judgedEvent(deps, call, { found, asked, verdict: decide(asked, rules) })
  })
  await record(deps, held, events, 'decision')
}

/** Everything policy/ wants to know of a call with these arguments. */
export function askedOf(
  deps: RunDeps,
  state: RunState,
  o: { found: Found; args: JsonObject; approvers: Asked['approvers'] },
): Asked {
  const { source, tool } = o.found
  const word = deps.word(source.card, tool.name)
  return {
    requester: state.origin.user,
    connection: source.id,
    card: source.card,
    tool: tool.name,
    definition: definitionHash(tool),
    word,
    annotations: tool.annotations,
    sql: sqlReading(deps, word, o.args),
    hosts: hostsIn(o.args),
    shownIn: state.origin.place === 'channel' ? `<#${state.origin.channel}>` : undefined,
    approvers: o.approvers,
  }
}

function sqlReading(deps: RunDeps, word: CardWord, args: JsonObject): Asked['sql'] {
  const sql = word.sql === undefined ? undefined : args[word.sql]
  return typeof sql === 'string' ? deps.readSql(sql) : undefined
}

type Judgement = { found: Found; asked: Asked; verdict: Verdict }

function judgedEvent(deps: RunDeps, call: CallState, { found, asked, verdict }: Judgement): EventOf<'judged'> {
  const { source, tool } = found
  const target = {
    connection: source.id,
    connectionName: source.name,
    card: source.card,
    cardTitle: deps.cardTitle(source.card),
    tool: tool.name,
    title: tool.title ?? plainWords(tool.name),
    schema: tool.inputSchema,
  }
  return {
    type: 'judged',
    call: call.id,
    target,
    verdict: verdict.kind,
    why: verdict.why,
    risk: verdict.risk,
    hash: callHash(source.id, asked.definition, call.arguments),
    definition: asked.definition,
    repeatable: repeatable(deps, found, verdict),
    at: deps.now().toISOString(),
    ...(verdict.kind === 'ask' && { approval: approvalOf(deps, verdict) }),
  }
}

function approvalOf(deps: RunDeps, verdict: Extract<Verdict, { kind: 'ask' }>): EventOf<'judged'>['approval'] {
  const expiresAt = new Date(deps.now().getTime() + APPROVAL_TTL_MS).toISOString()
  return {
    id: newApprovalId(),
    approvers: verdict.approvers,
    fourEyes: verdict.fourEyes,
    mayAlways: verdict.mayAlways,
    expiresAt,
  }
}

/** After a crash only what the card calls idempotent, or what is known to read, may be done again by itself. */
function repeatable(deps: RunDeps, { source, tool }: Found, verdict: Verdict): boolean {
  return verdict.risk === 'read' || deps.word(source.card, tool.name).idempotent
}

/** A call that cannot be made: the model reads why and can do better. */
export const refused = (deps: RunDeps, call: CallState, text: string): EventOf<'returned'> => ({
  type: 'returned',
  call: call.id,
  outcome: 'refused',
  text,
  summary: text,
  images: [],
  files: [],
  ms: 0,
  at: deps.now().toISOString(),
})

/** `list_allowed_directories` reads as "list allowed directories". */
const plainWords = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase()
