import { z } from 'zod'
import type { JsonObject, JsonValue } from '../json.ts'

/** One thing a statement does to one table. */
const SqlEffect = z.object({ kind: z.string(), table: z.string() })
type SqlEffect = z.infer<typeof SqlEffect>

/** An argument with the value a rule holds for; of a path with `inFolder`, the folder alone. */
const KeyArgument = z.object({ name: z.string(), value: z.string(), inFolder: z.literal(true).optional() })
type KeyArgument = z.infer<typeof KeyArgument>

/** What a person's rule holds for beside connection, tool and definition: as much as the card showed that it was made on. */
export const RuleReach = z.object({
  /** `dm`: the requester's direct messages; else a channel's id. */
  place: z.string(),
  effects: z.array(SqlEffect).optional(),
  arguments: z.array(KeyArgument),
  /** It lets in no calls of its own, but what the connection reads may be shown in that place. */
  shows: z.literal(true).optional(),
})
export type RuleReach = z.infer<typeof RuleReach>

/** A person has to be able to read what a rule holds for, on a button that takes 300 characters. */
const MOST_CHARS = 100
const MOST_LEAVES = 100

/** Last words of names whose values are what is written, not where. Everything else is held to. */
const FREE_TEXT = new Set(
  'text content contents body message description comment note notes title subject summary caption str'.split(' '),
)
/** They choose a page of what is listed. */
const PAGING = new Set(['limit', 'offset', 'cursor', 'page', 'per_page', 'page_size'])
const PATHS = new Set(['path', 'paths', 'file', 'files', 'filename', 'filepath'])

type Call = {
  place: string
  arguments: JsonObject
  /** The argument that holds SQL, and what that does; no effects: nobody can tell. */
  sql?: { argument: string; effects?: SqlEffect[] | undefined } | undefined
}

/** What a rule made on this call would hold for; undefined where none may be made: its SQL cannot be read, or it is too much to read. */
export function reachOf({ place, arguments: given, sql }: Call): RuleReach | undefined {
  if (sql && (sql.effects ?? []).length === 0) return undefined
  const others = Object.fromEntries(Object.entries(given).filter(([name]) => name !== sql?.argument))
  const held = keyArgumentsOf(others)
  if (held === undefined) return undefined
  const effects = sql?.effects?.map(({ kind, table }) => ({ kind, table }))
  const chars = [...held.map(({ name, value }) => name + value), ...(effects ?? []).map((one) => one.kind + one.table)]
  if (chars.reduce((sum, one) => sum + one.length + 4, 0) > MOST_CHARS) return undefined
  return { place, arguments: held, ...(effects && { effects }) }
}

/** Whether a rule made on one call holds for another. */
export const isWithinReach = (rule: RuleReach, call: RuleReach): boolean =>
  rule.place === call.place &&
  rule.shows === call.shows &&
  JSON.stringify(rule.arguments.map(textOf)) === JSON.stringify(call.arguments.map(textOf)) &&
  areWithin(call.effects, rule.effects)

const textOf = ({ name, value, inFolder }: KeyArgument): string => JSON.stringify([name, value, inFolder === true])

const areWithin = (these: SqlEffect[] | undefined, those: SqlEffect[] | undefined): boolean => {
  if (these === undefined || those === undefined) return these === those
  return these.every(({ kind, table }) => those.some((one) => one.kind === kind && one.table === table))
}

/** The arguments that say where and what, at any depth, sorted; undefined where they are too many. */
function keyArgumentsOf(given: JsonObject): KeyArgument[] | undefined {
  const queue: Leaf[] = [['', given]]
  for (const leaf of queue) {
    if (queue.length > MOST_LEAVES) return undefined
    queue.push(...leavesIn(leaf))
  }
  return queue.flatMap(keyArgumentIn).sort((a, b) => (a.name < b.name ? -1 : 1))
}

type Leaf = [path: string, value: JsonValue]

const leavesIn = ([path, value]: Leaf): Leaf[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).map(([name, inner]) => [path === '' ? name : `${path}.${name}`, inner])
    : []

function keyArgumentIn([path, value]: Leaf): KeyArgument[] {
  if (typeof value === 'object' && value !== null) return emptyIn(path, value)
  // The elements of a list are numbered, and are named as the list is.
  const name = path.replace(/(?:\.\d+)+$/, '')
  const words = name
    .slice(name.lastIndexOf('.') + 1)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
  const last = words.split(/[^a-z0-9]+/).at(-1) ?? ''
  if (PAGING.has(words) || (typeof value === 'string' && FREE_TEXT.has(last))) return []
  if (typeof value !== 'string') return [{ name: path, value: String(value) }]
  const folder = PATHS.has(last) ? folderOf(value) : undefined
  return [folder === undefined ? { name: path, value } : { name: path, value: folder, inFolder: true }]
}

/** An empty list may stand for everything. */
const emptyIn = (path: string, value: object): KeyArgument[] =>
  path !== '' && Object.keys(value).length === 0 ? [{ name: path, value: JSON.stringify(value) }] : []

/** The folder of a path, up to its last slash; undefined where a path is written so that it could lead elsewhere. */
function folderOf(path: string): string | undefined {
  if (/(?:^|\/)\.{1,2}(?:\/|$)|[\\~%]|:\/\//.test(path)) return undefined
  return path.slice(0, path.lastIndexOf('/') + 1)
}
