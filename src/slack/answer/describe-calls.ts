import type { JsonObject, JsonValue } from '../../json.ts'
import type { CallState } from '../../run/state/state.ts'
import { revealInvisible, truncateMiddle } from '../../text.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import { filterTextOf } from './filter-text.ts'

export type CallTense = 'wish' | 'doing' | 'done'

/** What the sentence about a call needs. */
export type DescribedCall = {
  title: string
  tool: string
  connectionName: string
  arguments: JsonObject
  /** It belongs to no connection. */
  own?: true
}

/** Irregular verbs of tool names, or with a doubled letter: present participle, past. Any other verb below is regular. */
const IRREGULAR: Record<string, [string, string]> = {
  write: ['writing', 'wrote'],
  read: ['reading', 'read'],
  get: ['getting', 'got'],
  find: ['finding', 'found'],
  send: ['sending', 'sent'],
  run: ['running', 'ran'],
  set: ['setting', 'set'],
  put: ['putting', 'put'],
  make: ['making', 'made'],
  give: ['giving', 'gave'],
  show: ['showing', 'showed'],
  submit: ['submitting', 'submitted'],
  stop: ['stopping', 'stopped'],
  drop: ['dropping', 'dropped'],
  copy: ['copying', 'copied'],
  query: ['querying', 'queried'],
  apply: ['applying', 'applied'],
  modify: ['modifying', 'modified'],
  reply: ['replying', 'replied'],
  undo: ['undoing', 'undid'],
  begin: ['beginning', 'began'],
}

const REGULAR = new Set(
  `add append archive ask assign book browse build calculate call cancel check clear close comment complete compute connect
   convert count create crawl delete deploy describe download draft echo edit enable disable execute explain export extract fetch
   follow fork generate import index insert install invite list load look lock mark merge move open parse pay ping post print
   publish pull push refund remove rename render replace request resolve restore resize retrieve return review save schedule search
   select share sort start subscribe summarize sum sync tag toggle transform translate trigger unlock update upload validate watch`
    .split(/\s+/)
    .filter((verb) => verb !== ''),
)

/** Arguments that say what a call is about, best first. */
const SUBJECTS = [
  'path',
  'file_path',
  'filename',
  'file',
  'url',
  'title',
  'name',
  'repo',
  'channel',
  'table',
  'function',
]

/** Nouns that are left out where an argument names the thing. */
const VAGUE = /^(?:an? |text |media |multiple )?(?:file|files|directory|folder|page|url|issue|table|document|function)$/

/**
 * What a call does, in plain words: "Write hello.txt with filesystem", "Writing …", "Wrote …".
 * A tool whose first word is no verb known here is "used".
 */
export function describeCall(call: DescribedCall, tense: CallTense): string {
  const action = describeAction(call, tense)
  return call.own ? action : `${action} with ${revealInvisible(call.connectionName) || 'no connection'}`
}

/** The same; the connection is named only where the calls beside it use another one. */
export function describeCallAmong(call: DescribedCall, tense: CallTense, calls: DescribedCall[]): string {
  const isAlone = calls.every(({ connectionName, own }) => own || connectionName === call.connectionName)
  return isAlone ? describeAction(call, tense) : describeCall(call, tense)
}

/** The same without the connection. */
export const describeAction = (call: DescribedCall, tense: CallTense): string =>
  revealInvisible(actionWords(call, tense))

function actionWords(call: DescribedCall, tense: CallTense): string {
  const [first = '', ...others] = plainWords(withoutAside(call) || call.tool)
  const verb = first.toLowerCase()
  if (!isVerb(verb)) return withCapital(`${conjugate('use', tense)} ${[first, ...others].join(' ')}`)
  return withCapital(
    [conjugate(verb, tense), objectOf(verb, others.join(' '), call.arguments)].filter(Boolean).join(' '),
  )
}

/** A title without what stands behind it in brackets ("(sqlite)"), unless the tool's own name has it to tell tools apart. */
function withoutAside({ title, tool }: DescribedCall): string {
  const [aside = '', words = ''] = /\s*\(([^()]*)\)\s*$/.exec(title) ?? []
  return tool.toLowerCase().includes(words.toLowerCase()) ? title : title.slice(0, title.length - aside.length)
}

const isVerb = (word: string): boolean => REGULAR.has(word) || Object.hasOwn(IRREGULAR, word)

function conjugate(verb: string, tense: CallTense): string {
  if (tense === 'wish') return verb
  const irregular = IRREGULAR[verb]
  if (irregular) return tense === 'doing' ? irregular[0] : irregular[1]
  const stem = verb.endsWith('e') ? verb.slice(0, -1) : verb
  return `${stem}${tense === 'doing' ? 'ing' : 'ed'}`
}

/** `readMediaFile`, `read_media_file` and "Read Media File" are the same three words; short capitals stay ("SQL"), a "tool" at the end says nothing. */
function plainWords(title: string): string[] {
  const spaced = title.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_\-./\s]+/g, ' ')
  const words = spaced
    .trim()
    .replace(/ tool$/i, '')
    .split(' ')
  return words.map((word, index) => (index > 0 && !/^[A-Z0-9]{2,5}$/.test(word) ? word.toLowerCase() : word))
}

/** What both ends of a move are called. */
const MOVE_ENDS = [
  ['source', 'destination'],
  ['from', 'to'],
  ['src', 'dst'],
  ['src', 'dest'],
  ['old_path', 'new_path'],
  ['source_path', 'destination_path'],
  ['old_name', 'new_name'],
] as const
const MOVES = new Set(['move', 'rename', 'copy'])

/** A longer subject is cut in its middle: where it begins and where it ends both matter. */
const SUBJECT_CHARS = 80

function objectOf(verb: string, noun: string, args: JsonObject): string {
  const subject = MOVES.has(verb) ? moveOf(args) : subjectOf(SUBJECTS.map((key) => args[key]))
  if (subject === undefined || subject === '.') return noun
  if (noun === '' || VAGUE.test(noun)) return subject
  return /\b(?:rows|schema)$/.test(noun) && subject === args.table
    ? partOfTable(verb, noun, args)
    : `${noun} ${subject}`
}

/** What stands between rows and their table. */
const BEFORE_TABLE: Record<string, string> = { insert: 'into', add: 'into', update: 'in' }

/** "rows from users where id = 5": which rows matters most. */
function partOfTable(verb: string, noun: string, { table, filters }: JsonObject): string {
  const usual = noun.endsWith('rows') ? 'from' : 'of'
  const between = Object.hasOwn(BEFORE_TABLE, verb) ? BEFORE_TABLE[verb] : usual
  return subjectOf([[noun, between, table, filterTextOf(filters)].filter(Boolean).join(' ')]) ?? noun
}

function moveOf(args: JsonObject): string | undefined {
  const given = new Map(
    Object.entries(args).map(([name, value]) => [name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase(), value]),
  )
  const ends = MOVE_ENDS.map(([from, to]) => [subjectOf([given.get(from)]), subjectOf([given.get(to)])] as const)
  const found = ends.find(([from, to]) => from !== undefined && to !== undefined)
  return found === undefined ? subjectOf(SUBJECTS.map((key) => args[key])) : found.join(' to ')
}

function subjectOf(values: (JsonValue | undefined)[]): string | undefined {
  const text = values.find((value) => typeof value === 'string' && value !== '')
  if (typeof text !== 'string') return undefined
  return truncateMiddle(text.replace(/\s+/g, ' ').replace(/(?<=.)\/+$/, ''), SUBJECT_CHARS)
}

/** Raises the first letter, for the start of a sentence. */
export const withCapital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Lowers the first letter, for use inside a sentence. */
export const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** Says that a call's outcome is not known. */
export const unknownOutcomeText = (call: CallState): string =>
  `I can't tell whether this happened: *${escapeInlineMrkdwn(lowerFirst(describeAction(call, 'wish')))}* with *${escapeInlineMrkdwn(call.connectionName)}*. Please check there first; I won't repeat it on my own.`

/** Says that a server did not answer a call that may be repeated safely. */
export const missedCallText = (call: CallState): string =>
  `*${escapeInlineMrkdwn(call.connectionName)}* did not answer this time: *${escapeInlineMrkdwn(lowerFirst(describeAction(call, 'wish')))}*.`
