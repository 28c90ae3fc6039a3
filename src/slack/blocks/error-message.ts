import type { Button, ModalView } from '@slack/types'
import { type ErrorCode, errorMessageOf, isAppError } from '../../errors.ts'
import {
  actionsBlock,
  contextBlock,
  createCommandButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from './blocks.ts'
import { escapeMrkdwn } from './text.ts'

/** What failed and what to do, with buttons that do it. */
export function errorMessage(words: string, help: Button[] = []): MessageContent {
  return {
    text: words,
    blocks: [sectionBlock(`:warning: ${words}`), ...(help.length === 0 ? [] : [actionsBlock(help)])],
  }
}

/** The same in place of a modal. */
export const errorModal = (words: string, help: Button[] = []): ModalView =>
  createModal({
    id: 'trouble',
    title: 'That did not work',
    blocks: [...errorMessage(words, help).blocks, contextBlock('Nothing was changed.')],
  })

/** What to say of anything that was caught: an error of ours in its own words, which may quote others, anything else plainly. */
export const errorText = (error: unknown): string => escapeMrkdwn(errorMessageOf(error))

/**
 * Trouble that may pass is tried again by the same words, where there are any; trouble with a connection is mended in the list of
 * connections: Test, Sign in, Reconnect and Disconnect stand there.
 */
export const errorHelpButtonsFor = (error: unknown, words = ''): Button[] => [
  ...(words !== '' && isAppError(error, ...PASSING) ? [createCommandButton('Try again', words, 'primary')] : []),
  ...(isAppError(error, ...OF_CONNECTIONS) ? [createCommandButton('My connections', 'list')] : []),
]

/** A command only looks, or sets what it sets once more: unlike a call of a tool it can be given again. */
const PASSING: ErrorCode[] = [
  'tool_timeout',
  'server_unreachable',
  'database_unavailable',
  'database_failed',
  'slack_failed',
]

const OF_CONNECTIONS: ErrorCode[] = [
  'not_found',
  'limit_reached',
  'card_unknown',
  'credential_missing',
  'sign_in_needed',
  'server_unreachable',
  'server_refused',
  'server_start_failed',
  'tool_timeout',
]
