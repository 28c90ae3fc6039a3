import type { Button, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  createModal,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn, formatDate } from '../blocks/text.ts'

/** A sign-in that waits for the person: they sign in at `host`, and `server` gets the access; they must see both before pressing. */
export type SignInPrompt = {
  title: string
  name: string
  host: string
  server: string
  url: string
  until: Date
  /** They sign in with their organization, not with the service. */
  organization?: boolean
}

/** Opens our page in the person's browser, which leads to the authorization page. */
const signInButton = ({ title, url, organization }: SignInPrompt): Button => ({
  type: 'button',
  text: plainTextObject(organization ? 'Sign in with your organization' : `Sign in to ${title}`, LIMITS.button.text),
  action_id: 'sign_in_open',
  url,
  style: 'primary',
})

/** Asks the person to sign in with their browser; `why` is the reason if it is not a first connect. */
export function signInMessage(prompt: SignInPrompt, why?: string): MessageContent {
  const [title, name] = [truncate(prompt.title, 80), truncate(prompt.name, 80)]
  const [host, server] = [truncate(prompt.host, 255), truncate(prompt.server, 255)]
  const { until, organization } = prompt
  const request = organization ? 'takes your organization’s sign-in' : 'wants you to sign in'
  const instructions = organization
    ? `Sign in there as you do at work. Once is enough for all services that your organization manages, *${escapeMrkdwn(name)}* among them.`
    : `Sign in there, and allow what you want *${escapeMrkdwn(name)}* to do.`
  return {
    text: `${title} ${request}.`,
    blocks: [
      sectionBlock(
        why === undefined
          ? `:key: *${escapeMrkdwn(title)}* ${request}.`
          : `:key: ${escapeMrkdwn(truncate(why, 1_000))}`,
      ),
      sectionBlock(
        `The button leads your browser to *${escapeMrkdwn(host)}*. ${instructions} Then your browser shows a code: enter it here.`,
      ),
      sectionBlock(`The access you give goes to *${escapeMrkdwn(server)}*.`),
      actionsBlock([signInButton(prompt)], 'sign in'),
      contextBlock(
        `Only for you: please do not share the link. It works until ${formatDate(until)}. I never see your password; what I get is stored encrypted.`,
      ),
    ],
  }
}

/** The same as a modal, which stays open while the person is in their browser. */
export const signInModal = (prompt: SignInPrompt, why?: string): ModalView =>
  createModal({
    id: 'sign_in',
    title: 'Sign in',
    close: 'Close',
    blocks: [
      ...signInMessage(prompt, why).blocks,
      contextBlock('When you are done there, this window asks for the code.'),
    ],
  })

/** Says that an existing connection works again. */
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

/** Says that the connection needs no sign-in. */
export function noSignInNeededMessage(name: string): MessageContent {
  const text = `${name} works as it is: no sign-in is needed.`
  return {
    text,
    blocks: [sectionBlock(`:large_green_circle: *${escapeMrkdwn(name)}* works as it is: no sign-in is needed.`)],
  }
}

const TRY_AGAIN = { text: 'Try again', style: 'primary' } as const

/** Starts the sign-in that an elicitation waits for again. */
export const createAnswerAgainButton = (input: string): Button =>
  createButton({ ...TRY_AGAIN, action: 'input_sign_in', value: input })

/** Starts a connection's sign-in again. */
export const createSignInAgainButton = (name: string): Button =>
  createButton({ ...TRY_AGAIN, action: 'sign_in_again', value: name })

export function signInFailedMessage(name: string, message: string, again: Button): MessageContent {
  return {
    text: escapeMrkdwn(`Not signed in for ${name}: ${message}`),
    blocks: [
      sectionBlock(`:warning: *Not signed in* for *${escapeMrkdwn(name)}*. ${escapeMrkdwn(truncate(message, 1_000))}`),
      actionsBlock([again]),
    ],
  }
}

export const signInOverModal = (content: MessageContent, succeeded: boolean): ModalView =>
  createModal({
    id: 'sign_in_over',
    title: succeeded ? 'Signed in' : 'Not signed in',
    close: 'Done',
    blocks: content.blocks,
  })
