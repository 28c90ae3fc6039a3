import type { KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import { actions, button, commandButton, type Saying, section } from './blocks.ts'
import { detailsButton } from './details-button.ts'
import { feedbackButtons } from './feedback.ts'
import { budgetButton } from './home-settings.ts'
import { afterCard, nextStretch, type Page, pagesOf, stepsOn } from './pages-of.ts'
import { saySteps, stepsBlock } from './plan.ts'
import { sayMissed, sayUnknown } from './task.ts'
import { clip, literal, mention } from './text.ts'
import { sayAct } from './tool-words.ts'

/** One message as it should stand in the thread. */
export type Painted = { key: string } & Saying

/** What a run shows in its thread, apart from approval cards and files. Pure. */
export function paintAnswer(state: RunState, words = ''): Painted[] {
  const pages = pagesOf(state, words)
  const end = endOf(state)
  if (end && (pages.length === 0 || afterCard(state))) pages.push({ key: `answer:${nextStretch(state)}:0`, pieces: [] })
  return pages.map((page, index) => paintPage(page, index === pages.length - 1 ? lastFoot(state, end) : undefined))
}

/** The steps of a message stand together where the first of them was taken, as in a stream. */
function paintPage(page: Page, foot: Saying | undefined): Painted {
  const words = page.pieces.flatMap((piece) => (piece.kind === 'words' ? [piece.text] : []))
  const calls = stepsOn(page)
  const first = page.pieces.findIndex((piece) => piece.kind === 'tasks')
  const blocks = page.pieces.flatMap((piece, index): KnownBlock[] => {
    if (piece.kind === 'words') return [{ type: 'markdown', text: piece.text }]
    return index === first ? [stepsBlock(calls)] : []
  })
  const said = words.length > 0 || calls.length === 0 ? words : [saySteps(calls)]
  return {
    key: page.key,
    text: clip([...said, ...(foot?.text ? [foot.text] : [])].join('\n\n'), LIMITS.message.textMax / 2),
    blocks: [...blocks, ...(foot?.blocks ?? [])],
  }
}

/** While it works, the way to stop it; then how it ended. */
function lastFoot(state: RunState, end: Saying | undefined): Saying | undefined {
  return state.status === 'working' ? { text: '', blocks: [stopButtons(state)] } : end
}

/** The block that offers to stop a run; its id also tells which run a stream of ours belongs to. */
export const stopButtons = (state: Pick<RunState, 'id'>, key = ''): KnownBlock =>
  actions(
    [
      button({ text: 'Stop', action: 'run_stop', value: state.id, says: 'Stop working on this' }),
      detailsButton(state.id),
    ],
    stopBlockId(state.id, key),
  )

export const stopBlockId = (run: string, key: string): string => `stop ${run} ${key}`

function endOf(state: RunState): Saying | undefined {
  const parts = [...unknownCalls(state), ...missedCalls(state), ...reconnects(state), ...closing(state)]
  if (parts.length === 0) return undefined
  return {
    text: parts
      .map((part) => part.text)
      .filter(Boolean)
      .join('\n'),
    blocks: parts.flatMap((part) => part.blocks),
  }
}

function unknownCalls(state: RunState): Saying[] {
  if (state.status === 'working') return []
  const unknown = state.calls.filter((call) => call.stage === 'unknown' && call.retryable).slice(0, 3)
  return unknown.map((call) => {
    const text = sayUnknown(call)
    return { text, blocks: [section(`:grey_question: ${text}`), actions([againButton(state, call)])] }
  })
}

/** What a server did not answer, and nothing after it did. A run that failed as a whole is tried again as a whole. */
function missedCalls(state: RunState): Saying[] {
  if (state.status !== 'finished') return []
  const missed = state.calls.filter(
    (call, at) => call.stage === 'failed' && call.retryable && !state.calls.slice(at + 1).some(stoodInFor(call)),
  )
  return missed.slice(-3).map((call) => {
    const text = sayMissed(call)
    return { text, blocks: [section(`:hourglass: ${text}`), actions([againButton(state, call)])] }
  })
}

/** A later call of the same tool tells how it went in the end. */
const stoodInFor =
  (call: CallState) =>
  ({ connectionName, tool }: CallState): boolean =>
    connectionName === call.connectionName && tool === call.tool

const againButton = (state: RunState, call: CallState) =>
  button({
    text: 'Try again',
    action: `call_again:${call.id}`,
    value: `${state.id} ${call.id}`,
    says: `Try again: ${sayAct(call, 'wish')}`,
  })

/** A cause that speaks of a sign-in, or says to connect again, gets the button that does it; only the connection's owner can press it. */
function reconnects(state: RunState): Saying[] {
  if (state.status === 'working') return []
  const broken = state.calls.filter(
    (call) => call.stage === 'failed' && /reconnect|connect again|sign[- ]in/i.test(call.cause ?? ''),
  )
  const names = [...new Set(broken.map((call) => call.connectionName))].filter(Boolean).slice(0, 3)
  if (names.length === 0) return []
  return [{ text: '', blocks: [actions(names.map((name) => commandButton(`Reconnect ${name}`, `reconnect ${name}`)))] }]
}

function closing(state: RunState): Saying[] {
  switch (state.status) {
    case 'working':
      return []
    case 'stopped':
      return [said(stoppedWords(state)), ...details(state)]
    case 'failed':
      return [failed(state)]
    case 'finished':
      return finished(state)
    default:
      return state.status satisfies never
  }
}

function stoppedWords(state: RunState): string {
  const other = state.stoppedBy !== undefined && state.stoppedBy !== state.origin.user
  return other ? `Okay, I stopped, as ${mention(state.stoppedBy ?? '')} asked.` : 'Okay, I stopped.'
}

function failed(state: RunState): Saying {
  const text = literal(state.failure?.message ?? 'Something went wrong on our side. Please try again.')
  const again = button({ text: 'Try again', action: 'run_again', value: state.id })
  const raise = state.failure?.code === 'limit_reached' ? [budgetButton({ budgetUsd: 0 })] : []
  return {
    text,
    blocks: [
      section(`:warning: ${text}`),
      actions([again, ...raise, ...(state.calls.length > 0 ? [detailsButton(state.id)] : [])]),
    ],
  }
}

const NOTES = {
  turn_limit: 'I stopped here because one request can only take so many steps. Say _go on_ and I will continue.',
  budget: 'I stopped here because this used up what one request may cost. Say _go on_ and I will continue.',
}

function finished(state: RunState): Saying[] {
  const feedback: Saying[] = [
    ...suggested(state.answer),
    { text: '', blocks: [feedbackButtons(state.id)] },
    ...details(state),
  ]
  if (state.note !== undefined) return [said(NOTES[state.note]), ...feedback]
  if (state.answer.trim() !== '') return feedback
  return state.calls.length > 0
    ? [said('Done.'), ...feedback]
    : [said('I have no answer to that. Could you put it another way?')]
}

/** Questions that an answer offers in a list of their own become buttons that ask them; a button has to show all that it asks. */
function suggested(answer: string): Saying[] {
  const list = /^You could ask me:\n((?:- .+(?:\n|$))+)/m.exec(answer)?.[1] ?? ''
  const questions = list.split('\n').map((line) => line.replace(/^- /, '').trim())
  const whole = questions.filter((question) => question !== '' && question.length <= LIMITS.button.text)
  if (whole.length === 0) return []
  const buttons = whole
    .slice(0, SUGGESTED_MAX)
    .map((question, at) => button({ text: question, action: `starter_ask:${at}`, value: question }))
  return [{ text: '', blocks: [actions(buttons, 'suggested')] }]
}

/** As many as Slack shows of suggested prompts. */
const SUGGESTED_MAX = 4

/** An answer that took no steps has nothing more to tell. */
const details = ({ id, calls }: RunState): Saying[] =>
  calls.length === 0 ? [] : [{ text: '', blocks: [actions([detailsButton(id)])] }]

const said = (text: string): Saying => ({ text, blocks: [section(text)] })
