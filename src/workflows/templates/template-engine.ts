import { Context, defaultOperators, Liquid, TypeGuards, toValue, Value } from 'liquidjs'
import type { JsonValue } from '../../json.ts'
import { MOST_RENDERED_PARTS, MOST_TEMPLATE_CHARS, MOST_TEMPLATE_WORK } from '../workflow-limits.ts'
import { createTemplateFilters } from './template-filters.ts'

/** What a template may name. `now` is an ISO time in UTC. */
export type TemplateScope = { [name: string]: JsonValue } & { now: string; timezone: string }

/** Tags that neither read files nor keep anything; `capture` is not one: it doubles texts without their being counted. */
const TAGS = ['if', 'unless', 'case', 'for', 'break', 'continue', 'assign', 'comment', 'raw', '#']
export const FILTERS = createTemplateFilters()
/** Operators compare lists whole. */
const OPERATOR_WORK = 4
const COMPARED_ITEM_WORK = 4

type Template = ReturnType<Liquid['parse']>[number]
type SegmentArray = ReturnType<Liquid['globalVariableSegmentsSync']>[number]
type Operator = (typeof defaultOperators)[string]

const engine = createEngine()

function createEngine(): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    // So that `| default:` has a use: what is missing is an error everywhere else.
    lenientIf: true,
    // An empty map: LiquidJS looks for templates of other names in the file system otherwise.
    templates: {},
    globals: {},
    locale: 'en-US',
    timezoneOffset: 'UTC',
    operators: Object.fromEntries(Object.entries(defaultOperators).map(countOperator)),
    outputEscape: textOf,
    parseLimit: MOST_TEMPLATE_CHARS,
    memoryLimit: MOST_TEMPLATE_WORK,
  })
  for (const name of Object.keys(liquid.tags)) if (!TAGS.includes(name)) delete liquid.tags[name]
  for (const name of Object.keys(liquid.filters)) liquid.unregisterFilter(name)
  for (const [name, filter] of Object.entries(FILTERS)) liquid.registerFilter(name, filter)
  return liquid
}

/** LiquidJS compares lists for nothing. */
function countOperator([name, operator]: [string, Operator]): [string, Operator] {
  if (name === 'not') return [name, operator]
  return [
    name,
    (left: unknown, right: unknown, context: Context) => {
      context.memoryLimit.use(OPERATOR_WORK + sizeOf(left) + sizeOf(right))
      return operator(left, right, context)
    },
  ]
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  return Array.isArray(value) ? value.reduce((sum: number, one: unknown) => sum + sizeOf(one), 1) : COMPARED_ITEM_WORK
}

/** Lists and objects stand in a text as JSON, and what is nothing as nothing. */
function textOf(this: { context?: Context }, value: unknown): string {
  const plain: unknown = toValue(value)
  if (plain === undefined || plain === null) return ''
  const text = typeof plain === 'object' ? JSON.stringify(plain) : String(plain)
  this.context?.memoryLimit.use(text.length)
  return text
}

/** Throws what LiquidJS says is wrong with it. */
export const parseTemplate = (text: string): Template[] => engine.parse(text)

export const renderParsed = (template: Template[], scope: TemplateScope): unknown =>
  engine.renderSync(template, contextOf(scope))

/** The value of an expression, of whatever type it is. */
export const computeExpression = (expression: string, scope: TemplateScope): unknown =>
  toValue(engine.evalValueSync(expression, contextOf(scope)))

/** Whether operators and values alternate; LiquidJS takes the last value where they do not. */
export function isWholeExpression(expression: string): boolean {
  let values = 0
  for (const token of new Value(expression, engine).initial.postfix) {
    if (!TypeGuards.isOperatorToken(token)) values += 1
    else if (token.operator === 'not' ? values < 1 : values < 2) return false
    else if (token.operator !== 'not') values -= 1
  }
  return values === 1
}

/** The names that a template takes from outside, each with its path. */
export const templateNamesIn = (template: Template[]): SegmentArray[] =>
  engine.globalVariableSegmentsSync(template, { partials: false })

function contextOf(scope: TemplateScope): Context {
  const context = new Context(scope, engine.options, { sync: true }, { liquid: engine })
  let rendered = 0
  // LiquidJS asks for each part whether time is up. Parts are counted instead: time would end a good template on a slow machine.
  context.renderLimit.check = () => {
    rendered += 1
    if (rendered > MOST_RENDERED_PARTS) throw new RangeError('template render limit exceeded')
  }
  return context
}
