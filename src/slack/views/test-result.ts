import type { KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { actions, commandButton, context, type Saying, section } from './blocks.ts'
import { type CircuitOf, sayCircuit } from './circuit.ts'
import { clip, literal, plural } from './text.ts'

export type Tested = {
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
export function sayTested(results: Tested[]): Saying {
  return {
    text: clip(results.map((result) => `${result.name}: ${short(result)}`).join('\n'), LIMITS.message.text),
    // Two blocks each at most, of a message's fifty.
    blocks: results.slice(0, 20).flatMap(testedBlocks),
  }
}

function resting(circuit: ReturnType<CircuitOf>): string {
  const words = sayCircuit(circuit)
  return words === '' ? '' : `\n${words}`
}

function short({ outcome }: Tested): string {
  if (!outcome.ok) return `failed. ${outcome.message}`
  return `works. ${facts(outcome)}.`
}

const facts = ({ ms, tools }: { ms: number; tools: number }): string =>
  `${plural(tools, 'tool')}, answered in ${Math.round(ms)} ms`

function testedBlocks(result: Tested): KnownBlock[] {
  const { name, outcome, leftOut, circuit = { kind: 'closed' } } = result
  if (!outcome.ok) {
    return [
      section(
        `:red_circle: *${literal(name)}* does not work. ${literal(clip(outcome.message, 1_000))}${resting(circuit)}`,
      ),
      actions([
        outcome.signIn
          ? commandButton(`Sign in for ${name}`, `sign-in ${name}`, 'primary')
          : commandButton(`Reconnect ${name}`, `reconnect ${name}`, 'primary'),
        commandButton('Test again', `test ${name}`),
        commandButton('Disconnect', `disconnect ${name}`),
      ]),
    ]
  }
  const without = leftOut.slice(0, 10).map(({ tool, why }) => `• \`${literal(tool)}\`: ${literal(clip(why, 150))}`)
  const more = leftOut.length > 10 ? [`• and ${leftOut.length - 10} more`] : []
  const missing =
    leftOut.length === 0 ? '' : `\nI cannot use ${plural(leftOut.length, 'tool')}:\n${[...without, ...more].join('\n')}`
  return [
    section(`:large_green_circle: *${literal(name)}* works: ${facts(outcome)}.${missing}`),
    // For whoever is asked for help with it.
    ...(outcome.protocolVersion === '' ? [] : [context(`MCP version ${literal(outcome.protocolVersion)}`)]),
  ]
}
