import type { KnownBlock } from '@slack/types'
import { blockTextLengthOf } from '../../block-kit/block-text.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import {
  actionsBlock,
  createBudgetButton,
  createButton,
  createCommandButton,
  createDetailsButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import { answerButtonsFor } from './answer-buttons.ts'
import { describeAction, missedCallText, unknownOutcomeText } from './describe-calls.ts'
import { leftOutWordsOf, otherModelWordsOf, unreadWordsOf } from './left-out-tools.ts'
import { type AnswerPage, callsOnPage, isAfterApproval, nextSegmentOf, paginateAnswer } from './paginate-answer.ts'
import { stepsBlock, stepsText } from './steps-block.ts'
import { stoppedMessages } from './stopped-messages.ts'
import { suggestedQuestionsIn, withoutSuggestedQuestions } from './suggested-questions.ts'

/** One message of the answer as it should be in the thread. */
export type RenderedMessage = { key: string } & MessageContent

/** What a run shows in its thread, apart from approval cards and files. `progress` is what servers say of calls under way. Pure. */
export function renderAnswer(state: RunState, words = '', progress?: Map<string, string>): RenderedMessage[] {
  const pages = paginateAnswer(state, words)
  const end = endOf(state)
  if (end && isToldApart(state))
    return [...pages.map((page) => renderPage(state, page, undefined, progress)), { key: 'note:end', ...end }]
  if (end && (pages.length === 0 || (state.status !== 'finished' && isAfterApproval(state))))
    pages.push({ key: `answer:${nextSegmentOf(state)}:0`, pieces: [] })
  const footer = footerOf(state, end)
  return pages.map((page, index) => renderPage(state, page, index === pages.length - 1 ? footer : undefined, progress))
}

/** An agent's name stands on its answer, and trouble is told under the app's own. */
const isToldApart = ({ agent, status }: RunState): boolean =>
  agent !== undefined && (status === 'failed' || status === 'stopped')

/** What a message's blocks hold in all, with a margin: Slack refused 11,341 characters once (slackapi/bolt-js#2867). */
const MESSAGE_CHARS = 10_500

/** All steps of a message are one block at the place of the first, as in a stream. */
function renderPage(
  { status }: RunState,
  page: AnswerPage,
  footer: MessageContent | undefined,
  progress: Map<string, string> | undefined,
): RenderedMessage {
  const words = page.pieces.flatMap((piece) => (piece.kind === 'words' ? [piece.text] : []))
  const calls = callsOnPage(page)
  const first = page.pieces.findIndex((piece) => piece.kind === 'tasks')
  const room = MESSAGE_CHARS - blockTextLengthOf(footer?.blocks ?? []) - words.join('').length
  const blocks = page.pieces.flatMap((piece, index): KnownBlock[] => {
    if (piece.kind === 'words') return [{ type: 'markdown', text: piece.text }]
    return index === first ? [stepsBlock(calls, { maxChars: room, isOver: status !== 'working', progress })] : []
  })
  const texts = words.length > 0 || calls.length === 0 ? words : [stepsText(calls, progress)]
  return {
    key: page.key,
    text: [...texts, ...(footer?.text ? [footer.text] : [])].join('\n\n'),
    blocks: [...blocks, ...(footer?.blocks ?? [])],
  }
}

/** The Stop button while the run works, then how it ended. */
function footerOf(state: RunState, end: MessageContent | undefined): MessageContent | undefined {
  return state.status === 'working' ? { text: '', blocks: [stopButtonsFor(state)] } : end
}

/** The block with the Stop button; its id tells which run and page a stream belongs to. */
export const stopButtonsFor = (state: Pick<RunState, 'id'>, key = ''): KnownBlock =>
  actionsBlock(
    [
      createButton({ text: 'Stop', action: 'run_stop', value: state.id, accessibilityLabel: 'Stop working on this' }),
      createDetailsButton(state.id),
    ],
    stopBlockIdOf(state.id, key),
  )

const stopBlockIdOf = (run: string, key: string): string => `stop ${run} ${key}`

function endOf(state: RunState): MessageContent | undefined {
  const leftOut = [...unreadWordsOf(state), ...leftOutWordsOf(state), ...otherModelWordsOf(state)].map(textMessage)
  const troubles = [unknownOutcomeMessages, unansweredMessages, reconnectMessages, changedToolMessages].flatMap((of) =>
    of(state),
  )
  const parts = [...troubles, ...leftOut, ...outcomeOf(state)]
  if (parts.length === 0) return undefined
  return {
    text: parts
      .map((part) => part.text)
      .filter(Boolean)
      .join('\n'),
    blocks: parts.flatMap((part) => part.blocks),
  }
}

function unknownOutcomeMessages(state: RunState): MessageContent[] {
  if (state.status === 'working') return []
  const unknown = state.calls.filter((call) => call.stage === 'unknown' && call.retryable).slice(0, 3)
  return unknown.map((call) => {
    const text = unknownOutcomeText(call)
    return {
      text,
      blocks: [sectionBlock(`:grey_question: ${text}`), actionsBlock([createTryAgainButton(state, call)])],
    }
  })
}

/** Calls that a server did not answer and no later call replaced. A run that failed as a whole is tried again as a whole. */
function unansweredMessages(state: RunState): MessageContent[] {
  if (state.status !== 'finished') return []
  const missed = state.calls.filter(
    (call, at) => call.stage === 'failed' && call.retryable && !state.calls.slice(at + 1).some(isRepeatOf(call)),
  )
  return missed.slice(-3).map((call) => {
    const text = missedCallText(call)
    return { text, blocks: [sectionBlock(`:hourglass: ${text}`), actionsBlock([createTryAgainButton(state, call)])] }
  })
}

/** True for a later call of the same tool, which shows how it went in the end. */
const isRepeatOf =
  (call: CallState) =>
  ({ connectionName, tool }: CallState): boolean =>
    connectionName === call.connectionName && tool === call.tool

const createTryAgainButton = (state: RunState, call: CallState) =>
  createButton({
    text: 'Try again',
    action: `call_again:${call.id}`,
    value: `${state.id} ${call.id}`,
    accessibilityLabel: `Try again: ${describeAction(call, 'wish')}`,
  })

/** Reconnect buttons for calls whose cause names a sign-in or says to connect again; only the connection's owner can press them. */
function reconnectMessages(state: RunState): MessageContent[] {
  if (state.status === 'working') return []
  const broken = state.calls.filter(
    (call) => call.stage === 'failed' && /reconnect|connect again|sign[- ]in/i.test(call.cause ?? ''),
  )
  const names = [...new Set(broken.map((call) => call.connectionName))].filter(Boolean).slice(0, 3)
  if (names.length === 0) return []
  return [
    {
      text: '',
      blocks: [actionsBlock(names.map((name) => createCommandButton(`Reconnect ${name}`, `reconnect ${name}`)))],
    },
  ]
}

/** Buttons for what servers changed; only the connection's owner can look. */
function changedToolMessages({ status, calls }: RunState): MessageContent[] {
  if (status === 'working') return []
  const changed = calls.filter((call) => call.changed)
  const lines = [...new Set(changed.map((call) => escapeMrkdwn(call.cause ?? '')))].slice(0, 3)
  const names = [...new Set(changed.map(({ connectionName }) => connectionName))].slice(0, 3)
  if (names.length === 0) return []
  const text = lines.join('\n')
  const buttons = names.map((name) => createCommandButton(`See what ${name} changed`, `changes ${name}`))
  return [{ text, blocks: [sectionBlock(`:mag: ${text}`), actionsBlock(buttons)] }]
}

function outcomeOf(state: RunState): MessageContent[] {
  switch (state.status) {
    case 'working':
      return []
    case 'stopped':
      return [...stoppedMessages(state), ...detailsMessages(state)]
    case 'failed':
      return [failedMessage(state)]
    case 'finished':
      return finishedMessages(state)
    default:
      return state.status satisfies never
  }
}

function failedMessage(state: RunState): MessageContent {
  const text = escapeMrkdwn(state.failure?.message ?? 'Something went wrong on our side. Please try again.')
  const again = createButton({ text: 'Try again', action: 'run_again', value: state.id })
  const raise = state.failure?.code === 'limit_reached' ? [createBudgetButton({ budgetUsd: 0 })] : []
  return {
    text,
    blocks: [
      sectionBlock(`:warning: ${text}`),
      actionsBlock([again, ...raise, ...(state.calls.length > 0 ? [createDetailsButton(state.id)] : [])]),
    ],
  }
}

const NOTES = {
  turn_limit: 'I stopped here because one request can only take so many steps. Say _go on_ and I will continue.',
  budget: 'I stopped here because this used up what one request may cost. Say _go on_ and I will continue.',
  agent_budget:
    'I stopped here because this used up what one request to this agent may cost. Say _go on_ and I will continue.',
}

function finishedMessages(state: RunState): MessageContent[] {
  const feedback: MessageContent[] = [
    ...suggestedMessages(state.answer),
    { text: '', blocks: [answerButtonsFor(state)] },
  ]
  if (state.note !== undefined) return [textMessage(NOTES[state.note]), ...feedback]
  // No turn of a model has said what came of a workflow.
  if (state.workflow !== undefined) return [textMessage(escapeMrkdwn(state.answer)), ...feedback]
  if (state.answer.trim() !== '') return feedback
  if (state.calls.length > 0) return [textMessage('Done.'), ...feedback]
  return [textMessage('I have no answer to that. Could you put it another way?')]
}

function suggestedMessages(answer: string): MessageContent[] {
  const questions = suggestedQuestionsIn(answer)
  if (questions.length === 0) return []
  const buttons = questions.map((question, at) =>
    createButton({ text: question, action: `starter_ask:${at}`, value: question }),
  )
  const head = withoutSuggestedQuestions(answer) === answer ? [] : [sectionBlock('You could ask me:')]
  return [{ text: '', blocks: [...head, actionsBlock(buttons, 'suggested')] }]
}

/** An answer without calls has no details. */
const detailsMessages = ({ id, calls }: RunState): MessageContent[] =>
  calls.length === 0 ? [] : [{ text: '', blocks: [actionsBlock([createDetailsButton(id)])] }]

const textMessage = (text: string): MessageContent => ({ text, blocks: [sectionBlock(text)] })
