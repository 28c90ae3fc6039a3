/** What is wrong with a payload, in the shape of `blocks.validate` (docs.slack.dev/reference/methods/blocks.validate). */
export type Problem = {
  code: 'failed_constraint' | 'missing_field' | 'unknown_field' | 'wrong_type' | 'not_allowed_here' | 'duplicate'
  message: string
  /** The field at fault, e.g. `text`. */
  field: string
  /** JSON pointer, e.g. `/blocks/0/text/text`. */
  pointer: string
  constraint: Constraint | undefined
}

export type Constraint = { type: string; expected: unknown; got: unknown }

/** A problem at `pointer`; its last segment is the field. */
export function createProblem(
  code: Problem['code'],
  pointer: string,
  message: string,
  constraint: Constraint | undefined = undefined,
): Problem {
  return {
    code,
    message: `${message} [${pointer}]`,
    field: pointer.slice(pointer.lastIndexOf('/') + 1),
    pointer,
    constraint,
  }
}

/** The problem of a size outside its limit. */
export function createSizeProblem(pointer: string, type: string, expected: number, got: number): Problem {
  const word = type.startsWith('max') ? 'at most' : 'at least'
  return createProblem('failed_constraint', pointer, `${type.replace('_', ' ')}: ${word} ${expected}, got ${got}`, {
    type,
    expected,
    got,
  })
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
