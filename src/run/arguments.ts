import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { JsonObject } from './events.ts'

export type ArgumentProblem = { field: string; message: string }

/** Checks arguments against a tool's input schema; problems name the top-level argument. A schema that does not compile checks nothing. */
export function argumentProblems(schema: JsonObject, args: JsonObject): ArgumentProblem[] {
  const check = compile(schema)
  if (!check || check(args)) return []
  return (check.errors ?? []).map(problemOf)
}

/** A schema may refer only to itself: nothing is ever fetched. Its server checks the arguments once more anyway. */
function compile(schema: JsonObject): ValidateFunction | undefined {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false, allErrors: true })
  const { $schema: _dialect, ...rest } = schema
  try {
    return ajv.compile(rest)
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

function problemOf(error: ErrorObject): ArgumentProblem {
  const [, top = ''] = error.instancePath.split('/')
  const missing: unknown = error.params.missingProperty
  const extra: unknown = error.params.additionalProperty
  if (typeof missing === 'string') return { field: top || missing, message: `"${missing}" is missing` }
  if (typeof extra === 'string') return { field: top || extra, message: `"${extra}" is not an argument of this tool` }
  return { field: top, message: error.message ?? 'does not fit' }
}
