import { isObject } from '../protocol/loose-json.ts'

/** The schema as was meant: null is absent, and an empty list is what PHP writes for an empty object. The nesting must be limited. */
export function repairInputSchema(schema: unknown): unknown {
  if (schema === undefined || schema === null || schema === true || isEmptyList(schema)) return { type: 'object' }
  return repairParts(schema)
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

/** Where null is a value like any other. */
const VALUES = new Set(['default', 'const'])

function repairParts(schema: unknown): unknown {
  if (!isObject(schema)) return schema
  const present = Object.entries(schema).filter(([key, value]) => value !== null || VALUES.has(key))
  return Object.fromEntries(
    present.map(([key, value]) => [key, key === 'properties' ? repairProperties(value) : value]),
  )
}

function repairProperties(properties: unknown): unknown {
  if (isEmptyList(properties)) return {}
  if (!isObject(properties)) return properties
  const present = Object.entries(properties).filter(([, value]) => value !== null)
  return Object.fromEntries(present.map(([name, value]) => [name, isEmptyList(value) ? {} : repairParts(value)]))
}
