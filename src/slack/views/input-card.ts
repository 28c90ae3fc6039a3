import type { Button, KnownBlock } from '@slack/types'
import type { PendingInput } from '../../run/runs.ts'
import type { FormField, FormValue } from '../../run/state/form-field.ts'
import type { InputState } from '../../run/state/state.ts'
import { actions, button, context, modal, type Saying, section } from './blocks.ts'
import { addressBlock, addressWarnings, hostOf } from './page-address.ts'
import { clip, inline, literal, mention, moment, visible } from './text.ts'
import { sayAct } from './tool-words.ts'

/** A countdown moves in steps, so that Slack is not asked to change a message each second. */
export const COUNTDOWN_STEP_MS = 15_000

/** The message that puts a server's question to a person, or says what became of it. Pure. */
export function inputCard(asked: PendingInput, now: Date): Saying {
  const { call, input } = asked
  const name = clip(call.connectionName, 80)
  const says = clip(visible(input.request.message).trim(), 1_500)
  const line = `*${inline(name)} ${input.request.kind === 'sign_in' ? 'needs you to sign in' : 'asks'}:* ${literal(says)}`
  const text = literal(clip(`${name} asks: ${says}`, 300))
  if (input.given) return { text, blocks: [section(line), context(sayGiven(input.given, input.request.kind))] }
  return {
    text,
    blocks: [
      section(`:speech_balloon: ${line}`),
      ...bodyOf(asked),
      context(about(asked), sayUntil(input, now)),
      buttonsOf(asked),
    ],
  }
}

/** Said below a question before it expires. Pure. */
export function inputReminder({ state, call, input }: PendingInput): Saying {
  // In direct messages the message alone tells them.
  const who = state.origin.place === 'dm' ? '' : `${mention(input.person)}: `
  const what = input.request.kind === 'sign_in' ? 'needs you to sign in' : 'is still waiting for your answer'
  const name = inline(clip(call.connectionName, 80))
  const text = `${who}*${name}* ${what}, see above. It waits until ${moment(input.expiresAt)}; after that I go on without it.`
  return { text, blocks: [section(`:bell: ${text}`)] }
}

/** In a channel others read along: the page is for one person, so its address is shown to them alone. */
const isPrivate = ({ state }: PendingInput): boolean => state.origin.place === 'dm'

function bodyOf(asked: PendingInput): KnownBlock[] {
  const { request } = asked.input
  if (request.kind === 'sign_in') {
    const scopes = request.scopes.join(', ')
    return request.message.includes(scopes) ? [] : [context(literal(`It asks for: ${clip(scopes, 500)}`))]
  }
  if (request.kind === 'form') return []
  return isPrivate(asked)
    ? pageBlocks(request.url)
    : [context(`It wants you to open a page of *${inline(hostOf(request.url))}*.`)]
}

function pageBlocks(url: string): KnownBlock[] {
  const warnings = addressWarnings(url)
  return [addressBlock(url), ...(warnings.length > 0 ? [context(`:warning: ${literal(warnings.join(' '))}`)] : [])]
}

function about({ call, input }: PendingInput): string {
  const act = sayAct(call, 'wish')
  const why = `It needs this to _${inline(clip(act.charAt(0).toLowerCase() + act.slice(1), 200))}_.`
  const care = input.request.kind === 'form' ? ' Do not enter passwords or keys.' : ''
  const what = input.request.kind === 'sign_in' ? 'sign in' : 'answer'
  return `${why} Only ${mention(input.person)} can ${what}.${care}`
}

/** A server that waits on the wire gets a countdown, anything else a day. */
function sayUntil({ resume, expiresAt }: InputState, now: Date): string {
  if (resume.how !== 'live') return `It waits until ${moment(expiresAt)}.`
  const steps = Math.max(0, Math.ceil((expiresAt.getTime() - now.getTime()) / COUNTDOWN_STEP_MS))
  const seconds = (steps * COUNTDOWN_STEP_MS) / 1_000
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left, until ${moment(expiresAt)}.`
}

function buttonsOf(asked: PendingInput): KnownBlock {
  const { input } = asked
  const value = input.id
  const decline = button({ text: 'Decline', action: 'input_decline', value })
  const elements: Record<InputState['request']['kind'], () => Button[]> = {
    form: () => [button({ text: 'Answer', action: 'input_answer', value, style: 'primary' }), decline],
    url: () =>
      isPrivate(asked) ? pageButtons(input) : [button({ text: 'See the page', action: 'input_see', value }), decline],
    sign_in: () => [button({ text: 'Sign in', action: 'input_sign_in', value, style: 'primary' }), decline],
  }
  return actions(elements[input.request.kind](), `input ${input.id}`)
}

function pageButtons(input: InputState): Button[] {
  const url = input.request.kind === 'url' ? input.request.url : ''
  const open = button({ text: `Open ${hostOf(url)}`, action: 'input_open', value: input.id })
  return [{ ...open, url }, doneButton(input), button({ text: 'Decline', action: 'input_decline', value: input.id })]
}

const doneButton = (input: InputState): Button => button({ text: 'I’m done', action: 'input_done', value: input.id })

/** The page a server wants opened, for the one person it is for. Pure. */
export const pageModal = (asked: PendingInput) => {
  const { call, input } = asked
  const url = input.request.kind === 'url' ? input.request.url : ''
  return modal({
    id: 'input_page',
    title: 'A page to open',
    blocks: [
      section(
        `*${inline(clip(call.connectionName, 80))} asks:* ${literal(clip(visible(input.request.message), 1_500))}`,
      ),
      ...pageBlocks(url),
      context('It opens in your browser. Come back and press _I’m done_ when you are.'),
      actions(pageButtons(input), `input ${input.id}`),
    ],
  })
}

/** What somebody filled in too late, so that it is not lost. */
export function filledInBlocks(fields: FormField[], content: Record<string, FormValue>): KnownBlock[] {
  const lines = fields.flatMap(({ name, title }) => {
    const value = content[name]
    return value === undefined ? [] : [`${inline(clip(title, 100))}: ${literal(clip(visible(String(value)), 500))}`]
  })
  return lines.length === 0 ? [] : [section(`You had filled in:\n${lines.join('\n')}`)]
}

type Given = Omit<NonNullable<InputState['given']>, 'content'>

const ACCEPTED: Record<InputState['request']['kind'], string> = { form: 'Answered', url: 'Done', sign_in: 'Signed in' }

/** What became of a question, in one line. */
export function sayGiven({ action, by, at }: Given, kind: InputState['request']['kind'] = 'form'): string {
  const who = by === undefined ? '' : ` by ${mention(by)}`
  switch (action) {
    case 'accept':
      return `:white_check_mark: ${ACCEPTED[kind]}${who} ${moment(at)}.`
    case 'decline':
      return `:no_entry_sign: Declined${who} ${moment(at)}.`
    case 'cancel':
      return `:heavy_multiplication_x: Closed without an answer${who} ${moment(at)}.`
    case 'expired':
      return `:hourglass: Nobody answered in time (${moment(at)}). Ask again if you still want it.`
    case 'over':
      return `:octagonal_sign: Not needed any more (${moment(at)}).`
    default:
      return action satisfies never
  }
}
