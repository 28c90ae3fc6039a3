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

export type TestedConnection = {
  name: string
  outcome:
    | { ok: true; ms: number; protocolVersion: string; tools: number }
    | { ok: false; message: string; signIn?: boolean }
  /** Tools that the model cannot be offered. */
  leftOut: { tool: string; why: string }[]
  /** The circuit breaker of a connection that failed. */
  circuit?: ReturnType<CircuitOf>
}

/** The test results of connections. */
export function testResultMessage(results: TestedConnection[]): MessageContent {
  return {
    text: truncate(results.map((result) => `${result.name}: ${resultText(result)}`).join('\n'), LIMITS.message.text),
    // Each takes at most two of a message's 50 blocks.
    blocks: results.slice(0, 20).flatMap(testedBlocks),
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

function testedBlocks(result: TestedConnection): KnownBlock[] {
  const { name, outcome, leftOut, circuit = { kind: 'closed' } } = result
  if (!outcome.ok) {
    return [
      sectionBlock(
        `:red_circle: *${escapeMrkdwn(name)}* does not work. ${escapeMrkdwn(truncate(outcome.message, 1_000))}${circuitLine(circuit)}`,
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
  const unusable = leftOut
    .slice(0, 10)
    .map(({ tool, why }) => `• \`${escapeMrkdwn(tool)}\`: ${escapeMrkdwn(truncate(why, 150))}`)
  const more = leftOut.length > 10 ? [`• and ${leftOut.length - 10} more`] : []
  const missing =
    leftOut.length === 0
      ? ''
      : `\nI cannot use ${pluralize(leftOut.length, 'tool')}:\n${[...unusable, ...more].join('\n')}`
  return [
    sectionBlock(`:large_green_circle: *${escapeMrkdwn(name)}* works: ${factsText(outcome)}.${missing}`),
    // Helps whoever supports the person.
    ...(outcome.protocolVersion === '' ? [] : [contextBlock(`MCP version ${escapeMrkdwn(outcome.protocolVersion)}`)]),
  ]
}
