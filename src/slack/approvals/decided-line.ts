import type { UserId } from '../../ids.ts'
import type { ApprovalState, CallState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { type CallTense, withCapital } from '../answer/describe-calls.ts'
import { isSql } from '../blocks/format-sql.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, joinWords, mentionFor, pluralize } from '../blocks/text.ts'
import type { ApprovalContent } from './approval-groups.ts'
import { askedCallOf, editedText } from './edited-call.ts'
import { headlineTextOf } from './headline.ts'

type Decided = NonNullable<ApprovalState['decided']>

const CALL_CHARS = 200

/** The call in one line: its SQL as code, any other in words. */
export function callTextOf(call: CallState, tense: CallTense): string {
  const sql = sqlOf(call)
  if (sql !== undefined) return `\`${escapeMrkdwn(truncate(singleLine(sql), CALL_CHARS)).replaceAll('`', "'")}\``
  return headlineTextOf(call, tense, 300)
}

const singleLine = (text: string): string => revealInvisible(text).replace(/\s+/g, ' ').trim()

/** The statement of a call that runs SQL. */
export function sqlOf({ arguments: given }: Pick<CallState, 'arguments'>): string | undefined {
  const [, value] = Object.entries(given).find(([name, text]) => typeof text === 'string' && isSql(name, text)) ?? []
  return typeof value === 'string' ? value : undefined
}

/** What was decided on a call and what came of it, in one line and the past tense. `reader` is the only one who reads it there. */
export function decidedLineOf(content: ApprovalContent, reader?: UserId): string {
  const { state, call, approval } = content
  const { decided } = approval
  if (decided === undefined) return `:hourglass_flowing_sand: ${callTextOf(call, 'wish')}`
  const when = formatDate(decided.at)
  const wish = callTextOf(askedCallOf(call), 'wish')
  const edited = editedText(content, reader)
  if (edited !== undefined && decided.decision !== 'withdrawn') return editedLineOf(content, edited, decided)
  switch (decided.decision) {
    case 'approved':
      return approvedLineOf({
        call,
        decided,
        when,
        who: deciderOf(decided, reader),
        isOther: decided.by !== state.origin.user,
      })
    case 'denied':
      return `:no_entry_sign: ${deciderOf(decided, reader)} denied: ${wish} · ${when}${denialWordsOf(decided)}`
    case 'expired':
      return `:hourglass: Nobody decided in time: ${wish} · ${when}. It was not done.${againTextFor(state, reader)}`
    case 'stopped':
      return stoppedLineOf(decided, wish, reader)
    case 'withdrawn':
      return `:leftwards_arrow_with_hook: ${wish} · ${withdrawnText(decided, reader)}`
    default:
      return decided.decision satisfies never
  }
}

/** What was written with a denial, as a quote below it. */
const denialWordsOf = ({ reason }: Decided): string =>
  reason ? `\n> ${escapeMrkdwn(truncate(reason, 500)).replaceAll('\n', '\n> ')}` : ''

/** Who only decides cannot ask again. */
const againTextFor = ({ origin }: ApprovalContent['state'], reader: UserId | undefined): string =>
  reader === undefined || reader === origin.user ? ' Ask again if you still want it.' : ''

const WITHDRAWING_CHARS = 300

/** Who withdrew a call before anybody decided, and with which words. */
export function withdrawnText(decided: Decided, reader?: UserId): string {
  const who = decided.by === undefined ? '' : ` by ${mentionFor(decided.by, reader)}`
  const words = (decided.words ?? '').replace(/\s+/g, ' ').trim()
  return `Withdrawn${who}${words === '' ? '' : `: ${escapeInlineMrkdwn(truncate(words, WITHDRAWING_CHARS))}`}`
}

/** "You" for the reader. */
export const deciderOf = (decided: Decided, reader: UserId | undefined): string =>
  decided.by === undefined ? 'Somebody' : withCapital(decidersText(decided, reader))

/** Whoever decided it, in the middle of a sentence: several where several had to approve. */
export const decidersText = ({ by, approvedBy }: Decided, reader: UserId | undefined): string =>
  joinWords((approvedBy ?? (by === undefined ? [] : [by])).map((user) => mentionFor(user, reader)))

/** The same for a call that somebody changed: who asked for what, and what became of it. */
function editedLineOf({ state, call, approval }: ApprovalContent, edited: string, decided: Decided): string {
  const isOther = approval.proposal !== undefined || decided.by !== state.origin.user
  const end = decided.decision === 'approved' ? endingOf(call, isOther) : undefined
  const facts = [edited, formatDate(decided.at), ...(end?.text ? [end.text] : [])]
  return `${markOf(end)} ${facts.join(' · ')}${denialWordsOf(decided)}`
}

const markOf = (end: { isTrouble?: boolean } | undefined): string => {
  if (end === undefined) return ':no_entry_sign:'
  return end.isTrouble ? ':warning:' : ':white_check_mark:'
}

/** The decisions on the calls of one card, each on its line; words that are about several of them stand once, with the last. */
export function decidedLinesOf(contents: ApprovalContent[], reader?: UserId): string[] {
  return contents.map((content, at) => {
    const { decided } = content.approval
    const isSaidBelow = contents.slice(at + 1).some(({ approval }) => hasSameWords(decided, approval.decided))
    if (decided === undefined || !isSaidBelow) return decidedLineOf(content, reader)
    const wordless = { ...decided, reason: undefined, words: undefined }
    return decidedLineOf({ ...content, approval: { ...content.approval, decided: wordless } }, reader)
  })
}

const WORDY = new Set<Decided['decision'] | undefined>(['denied', 'withdrawn'])

const hasSameWords = (one: Decided | undefined, other: Decided | undefined): boolean =>
  WORDY.has(one?.decision) &&
  one?.decision === other?.decision &&
  one?.by === other?.by &&
  one?.reason === other?.reason &&
  one?.words === other?.words

const WIDTHS = { once: '', thread: ', and the like in this thread', always: ', and always from now on' }

type ApprovedParts = { call: CallState; decided: Decided; when: string; who: string; isOther: boolean }

function approvedLineOf({ call, decided, when, who, isOther }: ApprovedParts): string {
  const how = decided.byRule ? ' with a new rule' : WIDTHS[decided.width ?? 'once']
  const end = endingOf(call, isOther)
  const tense = call.stage === 'done' ? 'done' : 'wish'
  return `${markOf(end)} ${who} approved${how}: ${callTextOf(call, tense)} · ${when}${end.text === '' ? '' : ` · ${end.text}`}`
}

/** How the call ended, without what it gave back: who approved it may not see that. */
function endingOf(call: CallState, isOther: boolean): { text: string; isTrouble?: boolean } {
  switch (call.stage) {
    case 'done':
      return { text: doneTextOf(call, isOther) }
    case 'failed':
    case 'denied':
      return { text: 'It failed.', isTrouble: true }
    case 'unknown':
      return { text: 'It may or may not have happened.', isTrouble: true }
    case 'cancelled':
      return { text: 'It was stopped.', isTrouble: true }
    default:
      return { text: '' }
  }
}

const CHANGES: [RegExp, string][] = [
  [/^\s*delete\b/i, 'deleted'],
  [/^\s*update\b/i, 'changed'],
  [/^\s*insert\b/i, 'added'],
]
const COUNT = /"(?:count|row_?count|rows_?affected|affected_?rows|changes)"\s*:\s*(\d+)/i

/** "Done: 1 row deleted" where a database says so; words that say what was done need no "Done" for the person's own. */
function doneTextOf(call: CallState, isOther: boolean): string {
  const sql = sqlOf(call) ?? ''
  const [, change] = CHANGES.find(([statement]) => statement.test(sql)) ?? []
  const [, count] = COUNT.exec(call.result?.text ?? '') ?? []
  if (change !== undefined && count !== undefined) return `Done: ${pluralize(Number(count), 'row')} ${change}`
  return isOther || sql !== '' ? 'Done' : ''
}

function stoppedLineOf(decided: Decided, wish: string, reader: UserId | undefined): string {
  const when = formatDate(decided.at)
  if (decided.reason !== undefined)
    return `:wastebasket: Withdrawn, as ${escapeMrkdwn(decided.reason)}: ${wish} · ${when}. It was not done.`
  const who = decided.by === undefined ? 'Stopped' : `${deciderOf(decided, reader)} stopped this`
  return `:octagonal_sign: ${who}: ${wish} · ${when}. It was not done.`
}
