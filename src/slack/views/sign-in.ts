import type { Button, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { actions, button, commandButton, context, modal, plain, type Saying, section } from './blocks.ts'
import { clip, literal, moment } from './text.ts'

/** A sign-in that waits for the person. `host` is where the button leads, as it must be seen before it is pressed. */
export type SignInAsk = {
  title: string
  name: string
  host: string
  url: string
  until: Date
  /** They sign in with their organization, not with the service. */
  organization?: boolean
}

/** Opens in the person's browser; nothing happens here until they come back. */
const signInButton = ({ title, url, organization }: SignInAsk): Button => ({
  type: 'button',
  text: plain(organization ? 'Sign in with your organization' : `Sign in to ${title}`, LIMITS.button.text),
  action_id: 'sign_in_open',
  url,
  style: 'primary',
})

/** Asks the person to sign in with their browser; `why` says what for, where it is not a first connect. */
export function saySignIn(ask: SignInAsk, why?: string): Saying {
  const [title, name, host] = [clip(ask.title, 80), clip(ask.name, 80), clip(ask.host, 255)]
  const { until, organization } = ask
  const wants = organization ? 'takes your organization’s sign-in' : 'wants you to sign in'
  const there = organization
    ? `Sign in there as you do at work, and come back here. Once is enough for all services that your organization manages, *${literal(name)}* among them.`
    : `Sign in there, allow what you want *${literal(name)}* to do, and come back here.`
  return {
    text: `${title} ${wants}.`,
    blocks: [
      section(why === undefined ? `:key: *${literal(title)}* ${wants}.` : `:key: ${literal(clip(why, 1_000))}`),
      section(`The button opens *${literal(host)}* in your browser. ${there}`),
      actions([signInButton(ask)], 'sign in'),
      context(
        `Only for you: please do not share the link. It works until ${moment(until)}. I never see your password; what I get is stored encrypted.`,
      ),
    ],
  }
}

/** It stays open while the person is in their browser. */
export const signInModal = (ask: SignInAsk, why?: string): ModalView =>
  modal({
    id: 'sign_in',
    title: 'Sign in',
    close: 'Close',
    blocks: [...saySignIn(ask, why).blocks, context('When you are done there, this window says so by itself.')],
  })

/** A connection that was there before works again, or may do more. */
export function saySignedIn(title: string, name: string): Saying {
  const text = `✅ Signed in to ${title}: ${name} works again.`
  return {
    text,
    blocks: [
      section(
        `✅ *Signed in to ${literal(title)}.* *${literal(name)}* works again, and what was waiting for it continues.`,
      ),
      actions([commandButton('Show its tools', `tools ${name}`), commandButton('My connections', 'list')]),
    ],
  }
}

/** It needs no sign-in after all. */
export function sayNoSignInNeeded(name: string): Saying {
  const text = `${name} works as it is: no sign-in is needed.`
  return {
    text,
    blocks: [section(`:large_green_circle: *${literal(name)}* works as it is: no sign-in is needed.`)],
  }
}

const TRY_AGAIN = { text: 'Try again', style: 'primary' } as const

/** Asks again for what a waiting question needs. */
export const answerAgain = (input: string): Button => button({ ...TRY_AGAIN, action: 'input_sign_in', value: input })

/** Begins the sign-in of a connection again, where it is pressed. */
export const signInAgain = (name: string): Button => button({ ...TRY_AGAIN, action: 'sign_in_again', value: name })

export const connectAgain = (card: string): Button => commandButton(TRY_AGAIN.text, `connect ${card}`, TRY_AGAIN.style)

export function saySignInFailed(name: string, message: string, again: Button): Saying {
  return {
    text: `Not signed in for ${name}: ${message}`,
    blocks: [
      section(`:warning: *Not signed in* for *${literal(name)}*. ${literal(clip(message, 1_000))}`),
      actions([again]),
    ],
  }
}

export const signInOverModal = (saying: Saying, worked: boolean): ModalView =>
  modal({ id: 'sign_in_over', title: worked ? 'Signed in' : 'Not signed in', close: 'Done', blocks: saying.blocks })
