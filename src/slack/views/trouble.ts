import type { Button, ModalView } from '@slack/types'
import { type ErrorCode, isAppError, sayError } from '../../errors.ts'
import { actions, commandButton, context, modal, type Saying, section } from './blocks.ts'
import { literal } from './text.ts'

/** What failed and what to do, with buttons that do it. */
export function sayTrouble(words: string, help: Button[] = []): Saying {
  return { text: words, blocks: [section(`:warning: ${words}`), ...(help.length === 0 ? [] : [actions(help)])] }
}

/** The same in place of a modal. */
export const troubleModal = (words: string, help: Button[] = []): ModalView =>
  modal({
    id: 'trouble',
    title: 'That did not work',
    blocks: [...sayTrouble(words, help).blocks, context('Nothing was changed.')],
  })

/** What to say of anything that was caught: an error of ours in its own words, which may quote others, anything else plainly. */
export const troubleWords = (error: unknown): string => literal(sayError(error))

/** Trouble with a connection is mended in the list of connections: Sign in, Reconnect and Disconnect stand there. */
export const troubleHelp = (error: unknown): Button[] =>
  isAppError(error, ...OF_CONNECTIONS) ? [commandButton('My connections', 'list')] : []

const OF_CONNECTIONS: ErrorCode[] = [
  'not_found',
  'limit_reached',
  'card_unknown',
  'credential_missing',
  'sign_in_needed',
  'server_unreachable',
  'server_refused',
  'server_start_failed',
]
