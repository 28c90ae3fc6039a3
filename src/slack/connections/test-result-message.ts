import type { KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createCommandButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn, pluralize } from '../blocks/text.ts'
import { type CircuitOf, circuitText } from './connections-message.ts'
import { sqlFunctionBlocks } from './sql-function-command.ts'

export type TestedConnection = {
  name: string
  outcome:
    | { ok: true; ms: number; protocolVersion: string; tools: number; sandbox?: string | undefined }
    | { ok: false; message: string; signIn?: boolean }
  /** Tools that the model cannot be offered. */
  leftOut: { tool: string; why: string }[]
  /** One of them needs a function in the database. */
  lacksSql?: boolean
  /** What its server changed. */
  changes?: MessageContent | undefined
  /** The circuit breaker of a connection that failed. */
  circuit?: ReturnType<CircuitOf>
}

/** What a message holds of results in all, beside their names and buttons. */
const MESSAGE_CHARS = 6_000
/** What one tool that cannot be used takes. */
const UNUSABLE_CHARS = 220

/** The test results of connections. */
export function testResultMessage(results: TestedConnection[]): MessageContent {
  const shown = results.slice(0, 20)
  return {
    text: truncate(
      escapeMrkdwn(results.map((result) => `${result.name}: ${resultText(result)}`).join('\n')),
      LIMITS.message.text,
    ),
    // Each takes two of a message's 50 blocks, and rarely a third.
    blocks: shown.flatMap((result) => testedBlocks(result, Math.min(1_000, Math.floor(MESSAGE_CHARS / shown.length)))),
  }
}

function circuitLine(circuit: ReturnType<CircuitOf>): string {
  const words = circuitText(circuit)
  return words === '' ? '' : `\n${words}`
}

function resultText({ outcome }: TestedConnection): string {
  if (!outcome.ok) return `failed. ${outcome.message}`
  return `works. ${factsText(outcome)}.`
}

const factsText = ({ ms, tools }: { ms: number; tools: number }): string =>
  `${pluralize(tools, 'tool')}, answered in ${Math.round(ms)} ms`

function testedBlocks(result: TestedConnection, maxChars: number): KnownBlock[] {
  const { name, outcome, lacksSql = false, circuit = { kind: 'closed' } } = result
  if (!outcome.ok) {
    return [
      sectionBlock(
        `:red_circle: *${escapeMrkdwn(name)}* does not work. ${escapeMrkdwn(truncate(outcome.message, maxChars))}${circuitLine(circuit)}`,
      ),
      actionsBlock([
        outcome.signIn
          ? createCommandButton(`Sign in for ${name}`, `sign-in ${name}`, 'primary')
          : createCommandButton(`Reconnect ${name}`, `reconnect ${name}`, 'primary'),
        createCommandButton('Test again', `test ${name}`),
        createCommandButton('Disconnect', `disconnect ${name}`),
      ]),
    ]
  }
  const leftOut = lacksSql ? [] : result.leftOut
  const most = Math.max(1, Math.min(10, Math.floor(maxChars / UNUSABLE_CHARS)))
  const unusable = leftOut
    .slice(0, most)
    .map(({ tool, why }) => `• \`${escapeMrkdwn(truncate(tool, 60))}\`: ${escapeMrkdwn(truncate(why, 150))}`)
  const more = leftOut.length > most ? [`• and ${leftOut.length - most} more`] : []
  const missing =
    leftOut.length === 0
      ? ''
      : `\nI cannot use ${pluralize(leftOut.length, 'tool')}:\n${[...unusable, ...more].join('\n')}`
  return [
    sectionBlock(`:large_green_circle: *${escapeMrkdwn(name)}* works: ${factsText(outcome)}.${missing}`),
    ...(lacksSql ? sqlFunctionBlocks({ name }) : []),
    ...(result.changes?.blocks ?? []),
    // Helps whoever supports the person.
    ...(outcome.protocolVersion === '' ? [] : [contextBlock(escapeMrkdwn(supportText(outcome)))]),
  ]
}

const supportText = ({ protocolVersion, sandbox }: { protocolVersion: string; sandbox?: string | undefined }): string =>
  `MCP version ${protocolVersion}${sandbox === undefined ? '' : `. Runs on Patchbay's machine ${sandbox}`}`
