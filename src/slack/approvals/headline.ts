import type { CallState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { type CallTense, describeAction, lowerFirst, withCapital } from '../answer/describe-calls.ts'
import { escapeInlineMrkdwn, mentionOf } from '../blocks/text.ts'

type NamedCall = Pick<CallState, 'title' | 'tool' | 'connectionName' | 'arguments'> &
  Partial<Pick<CallState, 'approval' | 'asked'>>

/**
 * What a call does in our words: what its SQL does, where that was read, else the tool's name. A server's title may say anything, and
 * counts only where it spells the name.
 */
export function headlineOf(call: NamedCall, tense: CallTense): string {
  const does = tense === 'wish' ? sqlDeedOf(call) : undefined
  if (does !== undefined) return withCapital(revealInvisible(does))
  return describeAction(isNameSpelledOut(call) ? call : { ...call, title: call.tool }, tense)
}

/** Other arguments do something else. */
const sqlDeedOf = ({ approval, asked }: NamedCall): string | undefined =>
  asked === undefined && approval?.proposal === undefined ? approval?.does : undefined

/** The same as a part of a sentence in mrkdwn. */
export const headlineTextOf = (call: NamedCall, tense: CallTense, most: number): string =>
  escapeInlineMrkdwn(truncate(lowerFirst(headlineOf(call, tense)), most))

const TITLE_CHARS = 80

/** The title that the headline does not use, as its server's word. */
export const serverTitleText = (call: NamedCall): string =>
  isNameSpelledOut(call) ? '' : `, which its server calls “${escapeInlineMrkdwn(truncate(call.title, TITLE_CHARS))}”,`

const lettersOf = (text: string): string => text.toLowerCase().replace(/[\s_./-]|\btool\b/g, '')

/** "Execute SQL (sqlite)" spells `execute_sql`. */
const isNameSpelledOut = ({ title, tool }: NamedCall): boolean => {
  const name = lettersOf(tool.replace(/([a-z0-9])([A-Z])/g, '$1 $2'))
  return [title, title.replace(/\s*\([^()]*\)\s*$/, '')].some((one) => lettersOf(one) === name)
}

/** Whose connection a call goes to: the requester's own goes without saying. */
export function sourceTextOf({ connectionName, sharedBy }: Pick<CallState, 'connectionName' | 'sharedBy'>): string {
  const name = `*${escapeInlineMrkdwn(connectionName || 'no connection')}*`
  return sharedBy === undefined ? name : `the workspace connection ${name}, shared by ${mentionOf(sharedBy)}`
}
