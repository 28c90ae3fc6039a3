import { closest, distance } from 'fastest-levenshtein'
import type { z } from 'zod'
import { WorkflowDefinition, WorkflowInput, WorkflowStep } from '../workflow.ts'

/** What is wrong with a definition, and where: `path` leads to it, and with `key` it is that key itself. */
export type DefinitionProblem = { path: (string | number)[]; key?: string; reason: string }

/** The name that was probably meant. */
export function nearestName(name: string, names: string[]): string | undefined {
  if (names.length === 0) return undefined
  const near = closest(name, names)
  return distance(name, near) <= Math.max(1, Math.floor(near.length / 2.5)) ? near : undefined
}

export const describeIssues = (error: z.ZodError): DefinitionProblem[] =>
  error.issues.flatMap((issue) => problemsOf(issue, []))

function problemsOf(issue: z.core.$ZodIssue, around: DefinitionProblem['path']): DefinitionProblem[] {
  const path = [...around, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKeyProblem(path, key))
  if (issue.code === 'invalid_union') return [nearestUnionProblem(issue, path)]
  if (issue.code === 'invalid_key') return [{ path, reason: issue.issues[0]?.message ?? 'has a wrong name' }]
  return [{ path, reason: reasonOf(issue) }]
}

/** Of the ways it could be meant, the one that it fits best says what is wrong. */
function nearestUnionProblem(issue: z.core.$ZodIssueInvalidUnion, path: DefinitionProblem['path']): DefinitionProblem {
  const all = issue.errors.flat()
  const deeper = all.find(({ code }) => code === 'unrecognized_keys') ?? all.find((one) => one.path.length > 0)
  const [nearest] = deeper === undefined ? [] : problemsOf(deeper, path)
  if (nearest !== undefined) return nearest
  const told = all.find((one) => one.code !== 'invalid_type' && one.code !== 'invalid_value')
  return { path, reason: told?.message ?? issue.message }
}

function unknownKeyProblem(path: (string | number)[], key: string): DefinitionProblem {
  const known = knownKeys(path)
  const near = nearestName(key, known)
  const advice = near === undefined ? `Here stand ${known.join(', ')}` : `Did you mean "${near}"?`
  return { path, key, reason: `"${key}" is not known here. ${advice}` }
}

const STEP_LISTS = new Set(['steps', 'else', 'parallel'])

/** By what a definition may hold at a place. */
function knownKeys(path: (string | number)[]): string[] {
  const [last, before] = [path.at(-1), path.at(-2)]
  if (path.length === 0) return Object.keys(WorkflowDefinition.shape)
  if (typeof last === 'number' && typeof before === 'string' && STEP_LISTS.has(before))
    return Object.keys(WorkflowStep.shape)
  if (before === 'inputs' || before === 'form') return Object.keys(WorkflowInput.shape)
  return KEYS[String(last)] ?? KEYS[String(before)] ?? []
}

const KEYS: Record<string, string[]> = {
  on: ['schedule', 'reaction', 'message', 'shortcut', 'webhook', 'resource', 'builder'],
  schedule: ['cron', 'timezone'],
  reaction: ['emoji', 'channels', 'who'],
  message: ['words', 'channels', 'who'],
  resource: ['connection', 'uri'],
  retry: ['times', 'wait'],
  on_error: ['use', 'with'],
  undo: ['tool', 'with'],
  wait: ['until'],
}

function reasonOf(issue: z.core.$ZodIssue): string {
  const { code, message } = issue
  if (code === 'too_big') return message.startsWith('Too big') ? tooBigReason(issue) : message
  return message.replace(/^Invalid input: expected (\w+), received (\w+)$/, 'must be a $1 and is $2')
}

function tooBigReason(issue: z.core.$ZodIssueTooBig): string {
  const units: Record<string, string> = { string: ' characters', array: ' entries' }
  return `must be at most ${issue.maximum}${units[issue.origin] ?? ''}`
}
