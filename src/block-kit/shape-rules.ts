import { createProblem, isRecord, type Problem } from './problem.ts'
import type { ShapeRule } from './shape.ts'

/** Holds an object against what no single field can say. */
export function checkRule(rule: ShapeRule, value: Record<string, unknown>, at: string): Problem[] {
  switch (rule.rule) {
    case 'any_of':
    case 'one_of':
      return checkPresence(rule, value, at)
    case 'unique':
      return checkUnique(
        listOf(value[rule.list]).map((item) => item[rule.key]),
        `${at}/${rule.list}`,
        rule.key,
      )
    case 'initial_among':
      return checkInitial(rule.initial, value, at)
    default:
      return rule satisfies never
  }
}

function checkPresence(
  { rule, fields }: Extract<ShapeRule, { fields: readonly string[] }>,
  value: Record<string, unknown>,
  at: string,
): Problem[] {
  const given = fields.filter((field) => value[field] !== undefined && value[field] !== null)
  if (given.length === 1 || (rule === 'any_of' && given.length > 0)) return []
  const word = rule === 'any_of' ? 'at least one' : 'exactly one'
  return [
    createProblem('missing_field', at, `needs ${word} of ${fields.join(', ')}`, {
      type: rule,
      expected: fields,
      got: given,
    }),
  ]
}

/** One problem per value that appears again; values left out do not count. */
export function checkUnique(values: readonly unknown[], at: string, key: string): Problem[] {
  const seen = new Set<unknown>()
  const again = values.filter((value) => {
    if (value === undefined || !seen.has(value)) {
      seen.add(value)
      return false
    }
    return true
  })
  return again.map((value) =>
    createProblem('duplicate', at, `${key} "${String(value)}" appears more than once`, {
      type: 'unique',
      expected: key,
      got: value,
    }),
  )
}

/** What is chosen at first must be one of the choices. */
function checkInitial(initial: string, value: Record<string, unknown>, at: string): Problem[] {
  const given = value[initial]
  if (given === undefined || given === null) return []
  const groups = listOf(value.option_groups).flatMap((group) => listOf(group.options))
  const offered = new Set([...listOf(value.options), ...groups].map((option) => option.value))
  const wrong = listOf(Array.isArray(given) ? given : [given]).filter((option) => !offered.has(option.value))
  return wrong.map((option) =>
    createProblem('failed_constraint', `${at}/${initial}`, 'must be one of the options', {
      type: 'enum',
      expected: [...offered],
      got: option.value,
    }),
  )
}

/** The objects of a list; anything else was reported by its shape. */
export function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}
