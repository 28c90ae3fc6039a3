import type { JsonObject } from '../../json.ts'
import type { ArgumentFinding } from '../../policy/arguments/find-risks.ts'
import { hostsIn } from '../../policy/decide.ts'
import { findCarried } from '../../policy/flow/find-carried.ts'
import type { Flow } from '../../policy/flow/flow.ts'
import { plainTextIn, type ReadIndex } from '../../policy/flow/read-index.ts'
import type { ResolvedTool, RunDeps, Source } from '../deps.ts'
import type { RunState } from '../state/state.ts'
import { wasMentioned } from '../tools/list-text.ts'
import { personWordsOf } from './read-indexes.ts'

type Question = { found: ResolvedTool<Source>; args: JsonObject; reads: ReadIndex }

/** Where a call would send what its run has read; undefined where it stays with those who have it. */
export function flowOfCall(
  deps: Pick<RunDeps, 'destinationOf'>,
  state: RunState,
  { found, args, reads }: Question,
): Flow | undefined {
  const { source, tool } = found
  // What is listed is looked through here: words and pages are not sent.
  if (tool.builtin === 'list_resources' || tool.builtin === 'list_skills') return undefined
  const { host, vouched } = deps.destinationOf(source)
  if (vouched || isChosen(state, args, found)) return undefined
  const others = new Set(reads.texts.flatMap(({ connection, name }) => (isOther(connection, source) ? [name] : [])))
  if (others.size === 0 && !reads.isFull) return undefined
  return {
    to: host ?? source.name,
    carried: findCarried(reads, args, source.id),
    isUncertain: reads.isFull,
    madeAfter: tool.builtin === 'read_resource' && isMade(state, { source, args }) ? [...others] : [],
  }
}

const isOther = (connection: ReadIndex['texts'][number]['connection'], source: Source): boolean =>
  connection !== undefined && connection !== source.id

/** The person began the run with this very call. */
const isChosen = (
  { first, turns }: RunState,
  args: JsonObject,
  { source, tool: { builtin } }: ResolvedTool<Source>,
): boolean =>
  first !== undefined &&
  turns.length === 1 &&
  first.connection === source.id &&
  first.does === builtin &&
  JSON.stringify(first.input) === JSON.stringify(args)

/** Neither the person nor the server named the address: it can say anything. */
function isMade(state: RunState, { source, args }: { source: Source; args: JsonObject }): boolean {
  const uri = String(args.uri)
  const said = [personWordsOf(state), ...state.corrections.map(({ text }) => text), source.instructions ?? '']
  return !wasMentioned(state, source.id, uri) && !said.some((text) => text.split(/\s+/).includes(uri))
}

/**
 * Whether a connection reads with somebody's own access: a key, or a sign-in. With a workspace connection everybody reads the same,
 * as far as they may use it.
 */
export const isPrivate = ({
  credential,
  signsIn,
  shared,
}: Pick<Source, 'credential' | 'signsIn' | 'shared'>): boolean =>
  shared === undefined ? credential !== undefined || signsIn === true : shared.audience !== 'everybody'

/** Addresses for a read to go to, which neither the person nor the connection has named: a page elsewhere may be told anything in one. */
export function findStrangeHosts({ texts }: ReadIndex, source: Source, args: JsonObject): ArgumentFinding[] {
  const known = texts.filter(({ connection }) => connection === undefined || connection === source.id)
  const own = Object.values(source.inputs).map(plainTextIn)
  const strange = hostsIn(args).filter((host) => {
    const plain = plainTextIn(host)
    return !known.some((text) => text.plain.includes(plain)) && !own.some((input) => input.includes(plain))
  })
  return strange.map((host) => ({ risk: 'write', why: `It names ${host}, which nobody but me has named before.` }))
}
