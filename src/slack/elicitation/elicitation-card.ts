import type { Button, KnownBlock } from '@slack/types'
import type { UserId } from '../../ids.ts'
import type { FormField, FormValue } from '../../run/decisions/give-input.ts'
import type { PendingInput } from '../../run/runs.ts'
import type { InputState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { describeAction } from '../answer/describe-calls.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { linkHostOf, linkPreviewBlock, linkWarningsFor } from '../blocks/link-preview.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, mentionFor, mentionOf } from '../blocks/text.ts'

/** The countdown moves in steps, so that the message is not updated each second. */
export const COUNTDOWN_STEP_MS = 15_000

/** The key of the card. */
export const elicitationKeyOf = (input: string): string => `input:${input}`

/** The card of an elicitation or sign-in, or how it was answered. Pure. */
export function elicitationMessage(pending: PendingInput, now: Date): MessageContent {
  const { call, input } = pending
  const name = truncate(call.connectionName, 80)
  const question = truncate(revealInvisible(input.request.message).trim(), 1_500)
  const line = `*${escapeInlineMrkdwn(name)} ${input.request.kind === 'sign_in' ? 'needs you to sign in' : 'asks'}:* ${escapeMrkdwn(question)}`
  const text = escapeMrkdwn(truncate(`${name} asks: ${question}`, 300))
  if (input.given)
    return { text, blocks: [sectionBlock(line), contextBlock(givenAnswerMessage(input.given, input.request))] }
  return {
    text,
    blocks: [
      sectionBlock(`:speech_balloon: ${line}`),
      ...bodyBlocks(pending),
      contextBlock(purposeText(pending), deadlineText(input, now)),
      buttonsOf(pending),
    ],
  }
}

/** The reminder below an elicitation before it expires. Pure. */
export function elicitationReminderMessage({ state, call, input }: PendingInput): MessageContent {
  // In direct messages no mention is needed.
  const who = state.origin.place === 'dm' ? '' : `${mentionOf(input.person)}: `
  const what = input.request.kind === 'sign_in' ? 'needs you to sign in' : 'is still waiting for your answer'
  const name = escapeInlineMrkdwn(truncate(call.connectionName, 80))
  const text = `${who}*${name}* ${what}, see above. It waits until ${formatDate(input.expiresAt)}; after that I go on without it.`
  return { text, blocks: [sectionBlock(`:bell: ${text}`)] }
}

/** Whether only the person can read the card: elsewhere the URL of a page is not shown, as it is for them alone. */
const isPrivate = ({ state }: PendingInput): boolean => state.origin.place === 'dm'

function bodyBlocks(pending: PendingInput): KnownBlock[] {
  const { request } = pending.input
  if (request.kind === 'sign_in') {
    const scopes = request.scopes.join(', ')
    return request.message.includes(scopes) ? [] : [contextBlock(escapeMrkdwn(`It asks for: ${truncate(scopes, 500)}`))]
  }
  if (request.kind === 'form') return []
  return isPrivate(pending)
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

function purposeText(pending: PendingInput): string {
  const { call, input } = pending
  const action = describeAction(call, 'wish')
  const why = `It needs this to _${escapeInlineMrkdwn(truncate(action.charAt(0).toLowerCase() + action.slice(1), 200))}_.`
  const warning = input.request.kind === 'form' ? ' Do not enter passwords or keys.' : ''
  const what = input.request.kind === 'sign_in' ? 'sign in' : 'answer'
  const who = isPrivate(pending) ? 'you' : mentionOf(input.person)
  return `${why} Only ${who} can ${what}.${warning}`
}

/** A countdown for a server that holds its request open, else the date of expiry. */
function deadlineText({ resume, expiresAt }: InputState, now: Date): string {
  if (resume.how !== 'live') return `It waits until ${formatDate(expiresAt)}.`
  const steps = Math.max(0, Math.ceil((expiresAt.getTime() - now.getTime()) / COUNTDOWN_STEP_MS))
  const seconds = (steps * COUNTDOWN_STEP_MS) / 1_000
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left, until ${formatDate(expiresAt)}.`
}

function buttonsOf(pending: PendingInput): KnownBlock {
  const { input } = pending
  const value = input.id
  const decline = createButton({ text: 'Decline', action: 'input_decline', value })
  const elements: Record<InputState['request']['kind'], () => Button[]> = {
    form: () => [createButton({ text: 'Answer', action: 'input_answer', value, style: 'primary' }), decline],
    url: () =>
      isPrivate(pending)
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

/** The URL of an elicitation, in a modal that only its person sees. Pure. */
export const urlElicitationModal = (pending: PendingInput) => {
  const { call, input } = pending
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

/** The values of a form that was submitted too late, so that they are not lost. */
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

/** How an elicitation was answered, in one line. `reader` is "you". */
export function givenAnswerMessage(
  { action, by, at }: Given,
  { kind = 'form', reader }: { kind?: InputState['request']['kind']; reader?: UserId } = {},
): string {
  const who = by === undefined ? '' : ` by ${mentionFor(by, reader)}`
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
