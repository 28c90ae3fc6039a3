import { BLOCKS } from './blocks.ts'
import { ELEMENTS } from './elements.ts'
import { createProblem, createSizeProblem, isRecord, type Problem } from './problem.ts'
import type { Fields, Shape, ShapeRule, Surface } from './shape.ts'
import { checkRule } from './shape-rules.ts'

type Spec = { fields: Fields; rules: readonly ShapeRule[] }

/** Holds a value against its shape; `at` is the JSON pointer to it. */
export function checkShape(shape: Shape, value: unknown, at: string, surface: Surface): Problem[] {
  switch (shape.kind) {
    case 'anything':
      return []
    case 'string':
      return checkString(shape, value, at)
    case 'one':
      return checkOne(shape.of, value, at)
    case 'boolean':
      return typeof value === 'boolean' ? [] : [wrongType(at, 'boolean', value)]
    case 'number':
      return checkNumber(shape, value, at)
    case 'list':
      return checkList(shape, value, at, surface)
    case 'object':
      return checkObject(shape, value, at, surface)
    case 'element':
    case 'block':
      return checkTyped(shape.types, value, at, surface)
    default:
      return shape satisfies never
  }
}

function wrongType(at: string, expected: string, got: unknown): Problem {
  return createProblem('wrong_type', at, `must be a ${expected}`, { type: 'type', expected, got: typeof got })
}

function checkString(shape: Extract<Shape, { kind: 'string' }>, value: unknown, at: string): Problem[] {
  if (typeof value !== 'string') return [wrongType(at, 'string', value)]
  if (value.length > shape.max) return [createSizeProblem(at, 'max_length', shape.max, value.length)]
  if (value.length < shape.min) return [createSizeProblem(at, 'min_length', shape.min, value.length)]
  if (shape.pattern === undefined || shape.pattern.test(value)) return []
  const expected = shape.pattern.source
  return [createProblem('failed_constraint', at, `must match ${expected}`, { type: 'pattern', expected, got: value })]
}

function checkOne(of: readonly (string | number)[], value: unknown, at: string): Problem[] {
  if (of.some((choice) => choice === value)) return []
  const constraint = { type: 'enum', expected: of, got: value }
  return [createProblem('failed_constraint', at, `must be one of ${of.join(', ')}`, constraint)]
}

function checkNumber(shape: Extract<Shape, { kind: 'number' }>, value: unknown, at: string): Problem[] {
  if (typeof value !== 'number' || (shape.whole && !Number.isInteger(value))) return [wrongType(at, 'number', value)]
  if (value < shape.min) return [createSizeProblem(at, 'min', shape.min, value)]
  return value > shape.max ? [createSizeProblem(at, 'max', shape.max, value)] : []
}

function checkList(shape: Extract<Shape, { kind: 'list' }>, value: unknown, at: string, surface: Surface): Problem[] {
  if (!Array.isArray(value)) return [wrongType(at, 'list', value)]
  if (value.length > shape.max) return [createSizeProblem(at, 'max_items', shape.max, value.length)]
  if (value.length < shape.min) return [createSizeProblem(at, 'min_items', shape.min, value.length)]
  return value.flatMap((item, index) => checkShape(shape.of, item, `${at}/${index}`, surface))
}

/** Elements and blocks are told apart by `type`; a table cell may be either. */
function checkTyped(types: readonly string[], value: unknown, at: string, surface: Surface): Problem[] {
  if (!isRecord(value)) return [wrongType(at, 'object', value)]
  const type = String(value.type)
  const spec: Spec | undefined = types.includes(type) ? specOf(type, surface) : undefined
  if (spec !== undefined) return checkObject(spec, value, at, surface)
  const constraint = { type: 'enum', expected: types, got: value.type }
  const known = BLOCKS[type] !== undefined || ELEMENTS[type] !== undefined
  return [
    createProblem(known ? 'not_allowed_here' : 'wrong_type', `${at}/type`, `"${type}" is not allowed here`, constraint),
  ]
}

/** `image` is both an element and a block: as a child block it may have a title. */
function specOf(type: string, surface: Surface): Spec | undefined {
  const block = BLOCKS[type]
  if (block?.surfaces.includes(surface)) return block
  return ELEMENTS[type]
}

function checkObject(spec: Spec, value: unknown, at: string, surface: Surface): Problem[] {
  if (!isRecord(value)) return [wrongType(at, 'object', value)]
  const found = Object.entries(spec.fields).flatMap(([name, field]) => {
    const given = value[name]
    if (given !== undefined && given !== null) return checkShape(field.shape, given, `${at}/${name}`, surface)
    return field.required ? [createProblem('missing_field', `${at}/${name}`, `missing required field: ${name}`)] : []
  })
  const unknown = Object.keys(value).filter((name) => Object.keys(spec.fields).length > 0 && !(name in spec.fields))
  return [
    ...found,
    ...unknown.map((name) => createProblem('unknown_field', `${at}/${name}`, `invalid additional property: ${name}`)),
    ...spec.rules.flatMap((rule) => checkRule(rule, value, at)),
  ]
}

/** Holds one top-level block against the tables, surface included. */
export function checkBlock(block: unknown, at: string, surface: Surface): Problem[] {
  if (!isRecord(block)) return [wrongType(at, 'object', block)]
  const type = String(block.type)
  const spec = BLOCKS[type]
  if (spec === undefined) {
    const constraint = { type: 'enum', expected: Object.keys(BLOCKS), got: block.type }
    return [createProblem('wrong_type', `${at}/type`, `unsupported type: ${type}`, constraint)]
  }
  if (!spec.surfaces.includes(surface)) {
    return [createProblem('not_allowed_here', `${at}/type`, `a ${type} block is not allowed in a ${surface}`)]
  }
  return checkObject(spec, block, at, surface)
}
