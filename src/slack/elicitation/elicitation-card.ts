import type { Button, KnownBlock } from '@slack/types'
import type { PendingInput } from '../../run/runs.ts'
import type { FormField, FormValue } from '../../run/state/form-field.ts'
import type { InputState } from '../../run/state/state.ts'
import { describeAction } from '../answer/describe-call.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/blocks.ts'
import { linkHostOf, linkPreviewBlock, linkWarningsFor } from '../blocks/link-preview.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, mentionOf, revealInvisible, truncate } from '../blocks/text.ts'

/** A countdown moves in steps, so that Slack is not asked to change a message each second. */
export const COUNTDOWN_STEP_MS = 15_000

/** The message that puts a server's question to a person, or says what became of it. Pure. */
export function elicitationMessage(asked: PendingInput, now: Date): MessageContent {
  const { call, input } = asked
  const name = truncate(call.connectionName, 80)
  const says = truncate(revealInvisible(input.request.message).trim(), 1_500)
  const line = `*${escapeInlineMrkdwn(name)} ${input.request.kind === 'sign_in' ? 'needs you to sign in' : 'asks'}:* ${escapeMrkdwn(says)}`
  const text = escapeMrkdwn(truncate(`${name} asks: ${says}`, 300))
  if (input.given)
    return { text, blocks: [sectionBlock(line), contextBlock(givenAnswerMessage(input.given, input.request.kind))] }
  return {
    text,
    blocks: [
      sectionBlock(`:speech_balloon: ${line}`),
      ...bodyOf(asked),
      contextBlock(about(asked), sayUntil(input, now)),
      buttonsOf(asked),
    ],
  }
}

/** Said below a question before it expires. Pure. */
export function elicitationReminderMessage({ state, call, input }: PendingInput): MessageContent {
  // In direct messages the message alone tells them.
  const who = state.origin.place === 'dm' ? '' : `${mentionOf(input.person)}: `
  const what = input.request.kind === 'sign_in' ? 'needs you to sign in' : 'is still waiting for your answer'
  const name = escapeInlineMrkdwn(truncate(call.connectionName, 80))
  const text = `${who}*${name}* ${what}, see above. It waits until ${formatDate(input.expiresAt)}; after that I go on without it.`
  return { text, blocks: [sectionBlock(`:bell: ${text}`)] }
}

/** In a channel others read along: the page is for one person, so its address is shown to them alone. */
const isPrivate = ({ state }: PendingInput): boolean => state.origin.place === 'dm'

function bodyOf(asked: PendingInput): KnownBlock[] {
  const { request } = asked.input
  if (request.kind === 'sign_in') {
    const scopes = request.scopes.join(', ')
    return request.message.includes(scopes) ? [] : [contextBlock(escapeMrkdwn(`It asks for: ${truncate(scopes, 500)}`))]
  }
  if (request.kind === 'form') return []
  return isPrivate(asked)
    ? pageBlocks(request.url)
    : [contextBlock(`It wants you to open a page of *${escapeInlineMrkdwn(linkHostOf(request.url))}*.`)]
}

function pageBlocks(url: string): KnownBlock[] {
  const warnings = linkWarningsFor(url)
  return [
    linkPreviewBlock(url),
    ...(warnings.length > 0 ? [contextBlock(`:warning: ${escapeMrkdwn(warnings.join(' '))}`)] : []),
  ]
}

function about({ call, input }: PendingInput): string {
  const act = describeAction(call, 'wish')
  const why = `It needs this to _${escapeInlineMrkdwn(truncate(act.charAt(0).toLowerCase() + act.slice(1), 200))}_.`
  const care = input.request.kind === 'form' ? ' Do not enter passwords or keys.' : ''
  const what = input.request.kind === 'sign_in' ? 'sign in' : 'answer'
  return `${why} Only ${mentionOf(input.person)} can ${what}.${care}`
}

/** A server that waits on the wire gets a countdown, anything else a day. */
function sayUntil({ resume, expiresAt }: InputState, now: Date): string {
  if (resume.how !== 'live') return `It waits until ${formatDate(expiresAt)}.`
  const steps = Math.max(0, Math.ceil((expiresAt.getTime() - now.getTime()) / COUNTDOWN_STEP_MS))
  const seconds = (steps * COUNTDOWN_STEP_MS) / 1_000
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left, until ${formatDate(expiresAt)}.`
}

function buttonsOf(asked: PendingInput): KnownBlock {
  const { input } = asked
  const value = input.id
  const decline = createButton({ text: 'Decline', action: 'input_decline', value })
  const elements: Record<InputState['request']['kind'], () => Button[]> = {
    form: () => [createButton({ text: 'Answer', action: 'input_answer', value, style: 'primary' }), decline],
    url: () =>
      isPrivate(asked)
        ? pageButtons(input)
        : [createButton({ text: 'See the page', action: 'input_see', value }), decline],
    sign_in: () => [createButton({ text: 'Sign in', action: 'input_sign_in', value, style: 'primary' }), decline],
  }
  return actionsBlock(elements[input.request.kind](), `input ${input.id}`)
}

function pageButtons(input: InputState): Button[] {
  const url = input.request.kind === 'url' ? input.request.url : ''
  const open = createButton({ text: `Open ${linkHostOf(url)}`, action: 'input_open', value: input.id })
  return [
    { ...open, url },
    doneButton(input),
    createButton({ text: 'Decline', action: 'input_decline', value: input.id }),
  ]
}

const doneButton = (input: InputState): Button =>
  createButton({ text: 'I’m done', action: 'input_done', value: input.id })

/** The page a server wants opened, for the one person it is for. Pure. */
export const urlElicitationModal = (asked: PendingInput) => {
  const { call, input } = asked
  const url = input.request.kind === 'url' ? input.request.url : ''
  return createModal({
    id: 'input_page',
    title: 'A page to open',
    blocks: [
      sectionBlock(
        `*${escapeInlineMrkdwn(truncate(call.connectionName, 80))} asks:* ${escapeMrkdwn(truncate(revealInvisible(input.request.message), 1_500))}`,
      ),
      ...pageBlocks(url),
      contextBlock('It opens in your browser. Come back and press _I’m done_ when you are.'),
      actionsBlock(pageButtons(input), `input ${input.id}`),
    ],
  })
}

/** What somebody filled in too late, so that it is not lost. */
export function answeredFormBlocks(fields: FormField[], content: Record<string, FormValue>): KnownBlock[] {
  const lines = fields.flatMap(({ name, title }) => {
    const value = content[name]
    return value === undefined
      ? []
      : [`${escapeInlineMrkdwn(truncate(title, 100))}: ${escapeMrkdwn(truncate(revealInvisible(String(value)), 500))}`]
  })
  return lines.length === 0 ? [] : [sectionBlock(`You had filled in:\n${lines.join('\n')}`)]
}

type Given = Omit<NonNullable<InputState['given']>, 'content'>

const ACCEPTED: Record<InputState['request']['kind'], string> = { form: 'Answered', url: 'Done', sign_in: 'Signed in' }

/** What became of a question, in one line. */
export function givenAnswerMessage({ action, by, at }: Given, kind: InputState['request']['kind'] = 'form'): string {
  const who = by === undefined ? '' : ` by ${mentionOf(by)}`
  switch (action) {
    case 'accept':
      return `:white_check_mark: ${ACCEPTED[kind]}${who} ${formatDate(at)}.`
    case 'decline':
      return `:no_entry_sign: Declined${who} ${formatDate(at)}.`
    case 'cancel':
      return `:heavy_multiplication_x: Closed without an answer${who} ${formatDate(at)}.`
    case 'expired':
      return `:hourglass: Nobody answered in time (${formatDate(at)}). Ask again if you still want it.`
    case 'over':
      return `:octagonal_sign: Not needed any more (${formatDate(at)}).`
    default:
      return action satisfies never
  }
}
