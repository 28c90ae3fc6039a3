import { z } from 'zod'
import { type JsonValue, parseJson } from '../../json.ts'
import { headOf } from '../../text.ts'
import { MOST_OUTPUT_BYTES, MOST_YAML_DEPTH } from '../workflow-limits.ts'

export type StepOutput = { output: JsonValue; cut?: true }

const Json = z.custom<JsonValue>((value) => value !== undefined)

/** What a step leaves of a call's result: its structured content, else its text read as JSON, else `{ text }`. */
export function outputOfResult(result: { structured?: JsonValue; text?: string }): StepOutput {
  return limitOutput(result.structured ?? readText(result.text ?? ''))
}

function readText(text: string): JsonValue {
  const read = /^\s*[[{]/.test(text) ? parseJson(text) : undefined
  return read === undefined ? { text } : Json.parse(read)
}

/** What is too large or too deep becomes a text that is cut: a list that lost its end without a word would be worked through as if it were whole. */
export function limitOutput(value: JsonValue): StepOutput {
  if (depthOf(value) > MOST_YAML_DEPTH) return { output: { text: '' }, cut: true }
  const text = JSON.stringify(value)
  if (Buffer.byteLength(text) <= MOST_OUTPUT_BYTES) return { output: value }
  return { output: { text: headOf(wordsOf(value) ?? text, MOST_OUTPUT_BYTES / 4) }, cut: true }
}

/** The text of what is one. */
function wordsOf(value: JsonValue): string | undefined {
  if (typeof value === 'string') return value
  const text = typeof value === 'object' && value !== null && !Array.isArray(value) ? value.text : undefined
  return typeof text === 'string' ? text : undefined
}

/** Counted level by level, so that no depth exhausts the stack. */
function depthOf(value: JsonValue): number {
  let level: JsonValue[] = [value]
  let depth = 0
  while (level.length > 0 && depth <= MOST_YAML_DEPTH) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []))
    depth += 1
  }
  return depth
}
