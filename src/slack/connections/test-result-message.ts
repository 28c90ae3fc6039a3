import type { KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { actionsBlock, contextBlock, createCommandButton, type MessageContent, sectionBlock } from '../blocks/blocks.ts'
import { escapeMrkdwn, pluralize, truncate } from '../blocks/text.ts'
import { type CircuitOf, circuitText } from './circuit-note.ts'

export type TestedConnection = {
  name: string
  outcome:
    | { ok: true; ms: number; protocolVersion: string; tools: number }
    | { ok: false; message: string; signIn?: boolean }
  /** Tools the model cannot be offered. */
  leftOut: { tool: string; why: string }[]
  /** Whether its server is left alone, where it did not work. */
  circuit?: ReturnType<CircuitOf>
}

/** How each connection answered. */
export function testResultMessage(results: TestedConnection[]): MessageContent {
  return {
    text: truncate(results.map((result) => `${result.name}: ${short(result)}`).join('\n'), LIMITS.message.text),
    // Two blocks each at most, of a message's fifty.
    blocks: results.slice(0, 20).flatMap(testedBlocks),
  }
}

function resting(circuit: ReturnType<CircuitOf>): string {
  const words = circuitText(circuit)
  return words === '' ? '' : `\n${words}`
}

function short({ outcome }: TestedConnection): string {
  if (!outcome.ok) return `failed. ${outcome.message}`
  return `works. ${facts(outcome)}.`
}

const facts = ({ ms, tools }: { ms: number; tools: number }): string =>
  `${pluralize(tools, 'tool')}, answered in ${Math.round(ms)} ms`

function testedBlocks(result: TestedConnection): KnownBlock[] {
  const { name, outcome, leftOut, circuit = { kind: 'closed' } } = result
  if (!outcome.ok) {
    return [
      sectionBlock(
        `:red_circle: *${escapeMrkdwn(name)}* does not work. ${escapeMrkdwn(truncate(outcome.message, 1_000))}${resting(circuit)}`,
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
  const without = leftOut
    .slice(0, 10)
    .map(({ tool, why }) => `• \`${escapeMrkdwn(tool)}\`: ${escapeMrkdwn(truncate(why, 150))}`)
  const more = leftOut.length > 10 ? [`• and ${leftOut.length - 10} more`] : []
  const missing =
    leftOut.length === 0
      ? ''
      : `\nI cannot use ${pluralize(leftOut.length, 'tool')}:\n${[...without, ...more].join('\n')}`
  return [
    sectionBlock(`:large_green_circle: *${escapeMrkdwn(name)}* works: ${facts(outcome)}.${missing}`),
    // For whoever is asked for help with it.
    ...(outcome.protocolVersion === '' ? [] : [contextBlock(`MCP version ${escapeMrkdwn(outcome.protocolVersion)}`)]),
  ]
}
