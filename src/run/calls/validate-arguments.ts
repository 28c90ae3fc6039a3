import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { JsonObject } from '../../json.ts'
import type { ArgumentCheck, ArgumentProblem } from '../deps.ts'

/** Compiling a schema takes milliseconds; this many are kept, which is more than the tools in use at a time. */
const KEPT_SCHEMAS = 500

/** A check that remembers compiled schemas. A schema that does not compile checks nothing: its server checks once more anyway. */
export function createArgumentCheck(): ArgumentCheck {
  const compiled = new Map<string, ValidateFunction | undefined>()
  return (schema, args) => {
    const key = JSON.stringify(schema)
    if (!compiled.has(key)) {
      if (compiled.size >= KEPT_SCHEMAS) compiled.clear()
      compiled.set(key, compile(schema))
    }
    const check = compiled.get(key)
    return !check || check(args) ? [] : (check.errors ?? []).map(problemOf)
  }
}

/** An instance per schema, so that two schemas with one $id do not meet. References outside a schema are never fetched. */
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
