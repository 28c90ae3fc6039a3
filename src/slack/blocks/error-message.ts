import type { Button, ModalView } from '@slack/types'
import { type ErrorCode, errorMessageOf, isAppError } from '../../errors.ts'
import {
  actionsBlock,
  contextBlock,
  createCommandButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from './build-blocks.ts'
import { escapeMrkdwn } from './text.ts'

/** An error with what to do, and buttons that do it. */
export function errorMessage(words: string, help: Button[] = []): MessageContent {
  return {
    text: words,
    blocks: [sectionBlock(`:warning: ${words}`), ...(help.length === 0 ? [] : [actionsBlock(help)])],
  }
}

/** The same as a modal. */
export const errorModal = (words: string, help: Button[] = []): ModalView =>
  createModal({
    id: 'trouble',
    title: 'That did not work',
    blocks: [...errorMessage(words, help).blocks, contextBlock('Nothing was changed.')],
  })

/** The message of an error for a person, as mrkdwn; it is escaped, as it may quote others. */
export const errorText = (error: unknown): string => escapeMrkdwn(errorMessageOf(error))

/**
 * Buttons that help with an error: one that runs the command `words` again if the error may pass, and one that lists the connections
 * if it is about a connection, as Test, Sign in, Reconnect and Disconnect are there.
 */
export const errorHelpButtonsFor = (error: unknown, words = ''): Button[] => [
  ...(words !== '' && isAppError(error, ...RETRYABLE_CODES)
    ? [createCommandButton('Try again', words, 'primary')]
    : []),
  ...(isAppError(error, ...CONNECTION_CODES) ? [createCommandButton('My connections', 'list')] : []),
]

/** Errors that may pass: a command is safe to repeat, unlike a tool call. */
const RETRYABLE_CODES: ErrorCode[] = [
  'tool_timeout',
  'server_unreachable',
  'database_unavailable',
  'database_failed',
  'slack_failed',
]

const CONNECTION_CODES: ErrorCode[] = [
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
