import type { Button, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  createModal,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/blocks.ts'
import { escapeMrkdwn, formatDate, truncate } from '../blocks/text.ts'

/** A sign-in that waits for the person. `host` is where the button leads, as it must be seen before it is pressed. */
export type SignInPrompt = {
  title: string
  name: string
  host: string
  url: string
  until: Date
  /** They sign in with their organization, not with the service. */
  organization?: boolean
}

/** Opens in the person's browser; nothing happens here until they come back. */
const signInButton = ({ title, url, organization }: SignInPrompt): Button => ({
  type: 'button',
  text: plainTextObject(organization ? 'Sign in with your organization' : `Sign in to ${title}`, LIMITS.button.text),
  action_id: 'sign_in_open',
  url,
  style: 'primary',
})

/** Asks the person to sign in with their browser; `why` says what for, where it is not a first connect. */
export function signInMessage(ask: SignInPrompt, why?: string): MessageContent {
  const [title, name, host] = [truncate(ask.title, 80), truncate(ask.name, 80), truncate(ask.host, 255)]
  const { until, organization } = ask
  const wants = organization ? 'takes your organization’s sign-in' : 'wants you to sign in'
  const there = organization
    ? `Sign in there as you do at work, and come back here. Once is enough for all services that your organization manages, *${escapeMrkdwn(name)}* among them.`
    : `Sign in there, allow what you want *${escapeMrkdwn(name)}* to do, and come back here.`
  return {
    text: `${title} ${wants}.`,
    blocks: [
      sectionBlock(
        why === undefined ? `:key: *${escapeMrkdwn(title)}* ${wants}.` : `:key: ${escapeMrkdwn(truncate(why, 1_000))}`,
      ),
      sectionBlock(`The button opens *${escapeMrkdwn(host)}* in your browser. ${there}`),
      actionsBlock([signInButton(ask)], 'sign in'),
      contextBlock(
        `Only for you: please do not share the link. It works until ${formatDate(until)}. I never see your password; what I get is stored encrypted.`,
      ),
    ],
  }
}

/** It stays open while the person is in their browser. */
export const signInModal = (ask: SignInPrompt, why?: string): ModalView =>
  createModal({
    id: 'sign_in',
    title: 'Sign in',
    close: 'Close',
    blocks: [
      ...signInMessage(ask, why).blocks,
      contextBlock('When you are done there, this window says so by itself.'),
    ],
  })

/** A connection that was there before works again, or may do more. */
export function signedInMessage(title: string, name: string): MessageContent {
  const text = `✅ Signed in to ${title}: ${name} works again.`
  return {
    text,
    blocks: [
      sectionBlock(
        `✅ *Signed in to ${escapeMrkdwn(title)}.* *${escapeMrkdwn(name)}* works again, and what was waiting for it continues.`,
      ),
      actionsBlock([
        createCommandButton('Show its tools', `tools ${name}`),
        createCommandButton('My connections', 'list'),
      ]),
    ],
  }
}

/** It needs no sign-in after all. */
export function noSignInNeededMessage(name: string): MessageContent {
  const text = `${name} works as it is: no sign-in is needed.`
  return {
    text,
    blocks: [sectionBlock(`:large_green_circle: *${escapeMrkdwn(name)}* works as it is: no sign-in is needed.`)],
  }
}

const TRY_AGAIN = { text: 'Try again', style: 'primary' } as const

/** Asks again for what a waiting question needs. */
export const createAnswerAgainButton = (input: string): Button =>
  createButton({ ...TRY_AGAIN, action: 'input_sign_in', value: input })

/** Begins the sign-in of a connection again, where it is pressed. */
export const createSignInAgainButton = (name: string): Button =>
  createButton({ ...TRY_AGAIN, action: 'sign_in_again', value: name })

export const createConnectAgainButton = (card: string): Button =>
  createCommandButton(TRY_AGAIN.text, `connect ${card}`, TRY_AGAIN.style)

export function signInFailedMessage(name: string, message: string, again: Button): MessageContent {
  return {
    text: `Not signed in for ${name}: ${message}`,
    blocks: [
      sectionBlock(`:warning: *Not signed in* for *${escapeMrkdwn(name)}*. ${escapeMrkdwn(truncate(message, 1_000))}`),
      actionsBlock([again]),
    ],
  }
}

export const signInOverModal = (saying: MessageContent, worked: boolean): ModalView =>
  createModal({
    id: 'sign_in_over',
    title: worked ? 'Signed in' : 'Not signed in',
    close: 'Done',
    blocks: saying.blocks,
  })
