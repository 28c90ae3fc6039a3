import type { KnownBlock, ModalView } from '@slack/types'
import type { RunId } from '../../ids.ts'
import type { CallState, InputState, RunState } from '../../run/state/state.ts'
import type { CallVisibility } from '../../run/state/visible-calls.ts'
import { sayDecided } from './approval-card.ts'
import { actions, button, context, divider, modal, section } from './blocks.ts'
import { amount, drawing, money, span } from './figures.ts'
import { sayGiven } from './input-card.ts'
import { taskOf } from './task.ts'
import { clip, inline, literal, mention, moment, plural, visible } from './text.ts'

const STEPS_PER_PAGE = 10
const REQUEST_CHARS = 1_500
/** Of each question a server asked on the way. */
const ASKED_CHARS = 200
const MOST_ASKED = 3

/** Text that is not ours on one line. */
const flat = (text: string): string => visible(text.replace(/\s+/g, ' ').trim())

type Looked = { state: RunState; sight: CallVisibility; page: number }

/** A run step by step, as far as this person may see it. Pure. */
export function runDetails({ state, sight, page: wanted }: Looked): ModalView {
  const pages = Math.max(1, Math.ceil(sight.calls.length / STEPS_PER_PAGE))
  const page = Math.min(Math.max(0, wanted), pages - 1)
  const from = page * STEPS_PER_PAGE
  const shown = sight.calls.slice(from, from + STEPS_PER_PAGE)
  return modal({
    id: 'run_details',
    title: 'Details',
    blocks: [
      ...(sight.whole ? requestBlocks(state) : othersBlocks(state)),
      divider,
      ...(sight.calls.length === 0 ? [context('No steps so far.')] : []),
      ...shown.map((call) => stepBlock(state, call, { whole: sight.whole, number: state.calls.indexOf(call) + 1 })),
      ...turnBlocks('run_details', state.id, { page, pages, fresh: state.status === 'working' }),
    ],
  })
}

function requestBlocks(state: RunState): KnownBlock[] {
  const { origin, text, startedAt } = state
  const asked = clip(visible(text).trim(), REQUEST_CHARS)
  const where = origin.place === 'dm' ? 'in direct messages' : `in <#${origin.channel}>`
  return [
    section(asked === '' ? '_No words, only what was sent along._' : literal(asked)),
    context(
      `Asked by ${mention(origin.user)} ${where}, ${moment(startedAt)} · ${sayStatus(state)}${sayFailure(state)}`,
      figures(state),
    ),
  ]
}

/** For who decided on something: what else was asked and came of it is the requester's own. */
function othersBlocks(state: RunState): KnownBlock[] {
  const who = `${mention(state.origin.user)} asked for this ${moment(state.startedAt)} · ${sayStatus(state)}`
  return [
    section(who),
    context(`You see the steps you were asked to decide; the rest is ${mention(state.origin.user)}’s own.`),
  ]
}

function sayStatus({ status, startedAt, changedAt }: RunState): string {
  const took = span(changedAt.getTime() - startedAt.getTime())
  if (status === 'working') return 'not done yet'
  if (status === 'stopped') return `stopped after ${took}`
  return `${status === 'finished' ? 'done' : 'failed'} after ${took}`
}

const sayFailure = ({ failure }: RunState): string =>
  failure === undefined ? '' : `: ${literal(clip(flat(failure.message), 300))}`

function figures({ usage, model, calls }: RunState): string {
  const read = usage.input + usage.cacheRead + usage.cacheWrite
  const tokens = `${amount(read)} tokens read, ${amount(usage.output)} written`
  return [
    plural(calls.length, 'step'),
    ...(model === undefined ? [] : [literal(clip(model, 60)), tokens, money(usage.costUsd)]),
  ].join(' · ')
}

function stepBlock(
  state: RunState,
  call: CallState,
  { whole, number }: { whole: boolean; number: number },
): KnownBlock {
  const lines = call.result?.log?.length ?? 0
  const log = button({ text: `Server log (${lines})`, action: `run_log:${number}`, value: `${state.id} ${call.id}` })
  const text = [
    `*${number}. ${inline(clip(flat(taskOf(call).title), 200))}*`,
    sayTool(call, whole),
    ...sayVerdict(call),
    ...(whole ? call.inputs.slice(0, MOST_ASKED).map(sayAsked) : []),
  ]
  return section(text.join('\n'), whole && lines > 0 ? log : undefined)
}

function sayTool(call: CallState, whole: boolean): string {
  const { connectionName, tool, result } = call
  const name = `\`${literal(clip(flat(tool), 100).replaceAll('`', "'"))}\``
  const where = connectionName === '' ? name : `${name} of ${inline(clip(flat(connectionName), 60))}`
  const took = result === undefined || result.ms === 0 ? '' : ` · ${span(result.ms)}`
  const words = whole ? flat(outcomeOf(call)) : ''
  return `${where}${took}${words !== '' ? ` · ${literal(clip(words, 300))}` : ''}`
}

/** Why a person denied it stands with who did. */
function outcomeOf({ stage, result, cause = '', approval }: CallState): string {
  if (stage === 'done') return result?.summary ?? ''
  return stage === 'denied' && approval ? '' : cause
}

function sayVerdict({ approval, why, stage }: CallState): string[] {
  if (approval?.decided) return [sayDecided(approval.decided)]
  if (approval) return [`:hourglass_flowing_sand: Nobody has decided yet; until ${moment(approval.expiresAt)}.`]
  if (stage === 'denied' || why.length === 0) return []
  return [`:arrow_right: Nobody had to approve it: ${literal(clip(why.join(' '), 300))}`]
}

function sayAsked({ request, given }: InputState): string {
  const what = `:speech_balloon: It asked: “${literal(clip(flat(request.message), ASKED_CHARS))}”`
  return given === undefined ? `${what} Not answered yet.` : `${what} ${sayGiven(given)}`
}

const LINES_PER_PAGE = 12

/** What a server wrote down during one step; all of it is only text. Pure. */
export function runLog({ run, call, page: wanted }: { run: RunId; call: CallState; page: number }): ModalView {
  const lines = call.result?.log ?? []
  const pages = Math.max(1, Math.ceil(lines.length / LINES_PER_PAGE))
  const page = Math.min(Math.max(0, wanted), pages - 1)
  const shown = lines.slice(page * LINES_PER_PAGE, (page + 1) * LINES_PER_PAGE).map(sayLine)
  const where = pages > 1 ? ` Page ${page + 1} of ${pages}.` : ''
  return modal({
    id: 'run_log',
    title: 'Server log',
    blocks: [
      section(
        `What *${inline(clip(flat(call.connectionName), 80))}* wrote down during this step. Nobody checks what servers write.${where}`,
      ),
      shown.length === 0 ? context('Nothing.') : drawing(shown),
      ...turnBlocks('run_log', `${run} ${call.id}`, { page, pages, fresh: false }),
    ],
  })
}

function sayLine({ level, logger, text }: { level: string; logger?: string | undefined; text: string }): string {
  const from = logger === undefined ? '' : ` ${clip(flat(logger), 60)}:`
  return `${clip(visible(level), 10)}${from} ${clip(visible(text), 500).replaceAll('\n', '\n    ')}`
}

type Turn = { page: number; pages: number; fresh: boolean }

function turnBlocks(action: string, what: string, { page, pages, fresh }: Turn): KnownBlock[] {
  const turn = (text: string, to: number) => button({ text, action: `${action}:${text}`, value: `${what} ${to}` })
  const turns = [
    ...(page > 0 ? [turn('Previous', page - 1)] : []),
    ...(page < pages - 1 ? [turn('Next', page + 1)] : []),
    ...(fresh ? [turn('Look again', page)] : []),
  ]
  return turns.length === 0 ? [] : [actions(turns)]
}
