import type { KnownBlock, ModalView } from '@slack/types'
import type { RunId, UserId } from '../../ids.ts'
import type { ApprovalState, CallState, InputState, RunState } from '../../run/state/state.ts'
import type { CallVisibility } from '../../run/state/visibility.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { taskLineOf } from '../answer/task-blocks.ts'
import { decidedApprovalText } from '../approvals/approval-card.ts'
import { editedText, editProposedText } from '../approvals/edited-call.ts'
import { votesText } from '../approvals/who-decides.ts'
import {
  actionsBlock,
  contextBlock,
  createAnotherButtons,
  createButton,
  createModal,
  createScheduleButton,
  DIVIDER_BLOCK,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { codeBlockFor, formatAmount, formatDuration, formatMoney } from '../blocks/figures.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, mentionOf, pluralize } from '../blocks/text.ts'
import { givenAnswerMessage } from '../elicitation/elicitation-card.ts'
import { stepContentBlocks } from './step-content.ts'

const STEPS_PER_PAGE = 10
const REQUEST_CHARS = 1_500
/** Of each elicitation's message. */
const INPUT_CHARS = 200
const MAX_INPUTS = 3

/** Untrusted text on one line. */
const singleLine = (text: string): string => revealInvisible(text).replace(/\s+/g, ' ').trim()

type DetailsContent = { state: RunState; visibility: CallVisibility; page: number; reader: UserId }

/** The calls of a run, as far as the person may see them. Pure. */
export function runDetailsModal({ state, visibility, page: wanted, reader }: DetailsContent): ModalView {
  const pages = Math.max(1, Math.ceil(visibility.calls.length / STEPS_PER_PAGE))
  const page = Math.min(Math.max(0, wanted), pages - 1)
  const from = page * STEPS_PER_PAGE
  const shown = visibility.calls.slice(from, from + STEPS_PER_PAGE)
  return createModal({
    id: 'run_details',
    title: 'Details',
    blocks: [
      ...(visibility.whole ? requestBlocks(state) : othersBlocks(state)),
      DIVIDER_BLOCK,
      ...(visibility.calls.length === 0 ? [contextBlock('No steps so far.')] : []),
      ...shown.flatMap((call) => [
        stepBlock(state, call, { whole: visibility.whole, reader, number: state.calls.indexOf(call) + 1 }),
        ...stepContentBlocks(call, visibility.whole),
      ]),
      ...(visibility.whole && state.status !== 'working'
        ? [actionsBlock([...createAnotherButtons(state.id), createScheduleButton(state.id)])]
        : []),
      ...pageButtonBlocks('run_details', state.id, { page, pages, refreshable: state.status === 'working' }),
    ],
  })
}

/** The top of the modal for who asked. */
function requestBlocks(state: RunState): KnownBlock[] {
  const { origin, text, startedAt } = state
  const asked = truncate(revealInvisible(text).trim(), REQUEST_CHARS)
  const where = origin.place === 'dm' ? 'in direct messages' : `in <#${origin.channel}>`
  return [
    sectionBlock(asked === '' ? '_No text, only files._' : escapeMrkdwn(asked)),
    contextBlock(
      `You asked ${where}, ${formatDate(startedAt)} · ${statusText(state)}${failureText(state)}`,
      usageText(state),
    ),
  ]
}

/** The top of the modal for approvers, who may not see the request and its answer. */
function othersBlocks(state: RunState): KnownBlock[] {
  const who = `${mentionOf(state.origin.user)} asked for this ${formatDate(state.startedAt)} · ${statusText(state)}`
  return [
    sectionBlock(who),
    contextBlock(`You see the steps you were asked to decide; the rest is ${mentionOf(state.origin.user)}’s own.`),
  ]
}

function statusText({ status, startedAt, changedAt }: RunState): string {
  const took = formatDuration(changedAt.getTime() - startedAt.getTime())
  if (status === 'working') return 'not done yet'
  if (status === 'stopped') return `stopped after ${took}`
  return `${status === 'finished' ? 'done' : 'failed'} after ${took}`
}

const failureText = ({ failure }: RunState): string =>
  failure === undefined ? '' : `: ${escapeMrkdwn(truncate(singleLine(failure.message), 300))}`

function usageText({ usage, model, calls }: RunState): string {
  const read = usage.input + usage.cacheRead + usage.cacheWrite
  const tokens = `${formatAmount(read)} tokens read, ${formatAmount(usage.output)} written`
  return [
    pluralize(calls.length, 'step'),
    ...(model === undefined ? [] : [escapeMrkdwn(truncate(model, 60)), tokens, formatMoney(usage.costUsd)]),
  ].join(' · ')
}

function stepBlock(
  state: RunState,
  call: CallState,
  { whole, reader, number }: { whole: boolean; reader: UserId; number: number },
): KnownBlock {
  const lines = call.result?.log?.length ?? 0
  const log = createButton({
    text: `Server log (${lines})`,
    action: `run_log:${number}`,
    value: `${state.id} ${call.id}`,
  })
  const text = [
    `*${number}. ${escapeInlineMrkdwn(truncate(singleLine(taskLineOf(call).title), 200))}*`,
    toolText(call, whole),
    ...verdictLines(state, call, reader),
    ...(whole ? call.inputs.slice(0, MAX_INPUTS).map((input) => inputText(input, reader)) : []),
  ]
  return sectionBlock(text.join('\n'), whole && lines > 0 ? log : undefined)
}

function toolText(call: CallState, whole: boolean): string {
  const { connectionName, tool, result } = call
  const name = `\`${escapeMrkdwn(truncate(singleLine(tool), 100).replaceAll('`', "'"))}\``
  const where =
    connectionName === '' ? name : `${name} of ${escapeInlineMrkdwn(truncate(singleLine(connectionName), 60))}`
  const took = result === undefined || result.ms < 0.5 ? '' : ` · ${formatDuration(result.ms)}`
  const words = whole ? singleLine(outcomeTextOf(call)) : ''
  return `${where}${took}${words !== '' ? ` · ${escapeMrkdwn(truncate(words, 300))}` : ''}`
}

/** The reason of a denial is shown with its approver instead. */
function outcomeTextOf({ stage, result, cause = '', approval }: CallState): string {
  if (stage === 'done') return result?.summary ?? ''
  return stage === 'denied' && approval ? '' : cause
}

function verdictLines(state: RunState, call: CallState, reader: UserId): string[] {
  const { approval, why, stage } = call
  const edited = approval && editedText({ state, call, approval }, reader)
  // Who changed it stands in the line before.
  if (approval?.decided && edited) return [edited, decidedApprovalText({ ...approval.decided, edited: false }, reader)]
  if (approval?.decided) return [decidedApprovalText(approval.decided, reader)]
  if (approval)
    return [...(edited ? [edited] : []), `:hourglass_flowing_sand: ${waitingText({ state, approval }, reader)}`]
  if (stage === 'denied' || why.length === 0) return []
  return [`:arrow_right: No approval was needed. ${escapeMrkdwn(truncate(why.join(' '), 300))}`]
}

function waitingText({ state, approval }: { state: RunState; approval: ApprovalState }, reader: UserId): string {
  if (approval.proposal) return editProposedText({ state, approval }, reader)
  return `${votesText(approval, reader) || 'Nobody has decided yet'}; until ${formatDate(approval.expiresAt)}.`
}

function inputText({ request, given }: InputState, reader: UserId): string {
  const what = `:speech_balloon: It asked: “${escapeMrkdwn(truncate(singleLine(request.message), INPUT_CHARS))}”`
  return given === undefined ? `${what} Not answered yet.` : `${what} ${givenAnswerMessage(given, { reader })}`
}

const LINES_PER_PAGE = 12

/** The log messages that a server sent during one call, as plain text. Pure. */
export function runLogModal({ run, call, page: wanted }: { run: RunId; call: CallState; page: number }): ModalView {
  const lines = call.result?.log ?? []
  const pages = Math.max(1, Math.ceil(lines.length / LINES_PER_PAGE))
  const page = Math.min(Math.max(0, wanted), pages - 1)
  const shown = lines.slice(page * LINES_PER_PAGE, (page + 1) * LINES_PER_PAGE).map(logLine)
  const where = pages > 1 ? ` Page ${page + 1} of ${pages}.` : ''
  return createModal({
    id: 'run_log',
    title: 'Server log',
    blocks: [
      sectionBlock(
        `What *${escapeInlineMrkdwn(truncate(singleLine(call.connectionName), 80))}* wrote down during this step. Nobody checks what servers write.${where}`,
      ),
      shown.length === 0 ? contextBlock('Nothing.') : codeBlockFor(shown),
      ...pageButtonBlocks('run_log', `${run} ${call.id}`, { page, pages, refreshable: false }),
    ],
  })
}

function logLine({ level, logger, text }: { level: string; logger?: string | undefined; text: string }): string {
  const from = logger === undefined ? '' : ` ${truncate(singleLine(logger), 60)}:`
  return `${truncate(revealInvisible(level), 10)}${from} ${truncate(revealInvisible(text), 500).replaceAll('\n', '\n    ')}`
}

type Paging = { page: number; pages: number; refreshable: boolean }

function pageButtonBlocks(action: string, what: string, { page, pages, refreshable }: Paging): KnownBlock[] {
  const pageButton = (text: string, to: number) =>
    createButton({ text, action: `${action}:${text}`, value: `${what} ${to}` })
  const buttons = [
    ...(page > 0 ? [pageButton('Previous', page - 1)] : []),
    ...(page < pages - 1 ? [pageButton('Next', page + 1)] : []),
    ...(refreshable ? [pageButton('Look again', page)] : []),
  ]
  return buttons.length === 0 ? [] : [actionsBlock(buttons)]
}
