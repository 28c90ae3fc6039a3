import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { JsonValue } from '../../json.ts'
import { MOST_ARGUMENT_BYTES, MOST_TEMPLATE_CHARS } from '../workflow-limits.ts'
import { explainTemplateError } from './explain-template-error.ts'
import { computeExpression, parseTemplate, renderParsed, type TemplateScope } from './template-engine.ts'

const Json = z.custom<JsonValue>((value) => value !== undefined)

/** The expression of a value that is wholly `${{ … }}`; undefined for any other text. */
export function typedExpressionOf(text: string): string | undefined {
  const trimmed = text.trim()
  if (!trimmed.startsWith('${{') || !trimmed.endsWith('}}')) return undefined
  const inner = trimmed.slice(3, -2)
  return inner.includes('}}') ? undefined : inner.trim()
}

/** Whether rendering it could give anything but the text itself. */
export const isTemplate = (text: string): boolean => text.includes('{{') || text.includes('{%')

/**
 * A value with all texts in it rendered, once: what comes out is never rendered again. `{{ }}` gives a text; a text that is wholly
 * `${{ }}` gives a value of its own type. Throws `input_invalid` saying which template and what to write.
 */
export function renderTemplates(value: JsonValue, scope: TemplateScope): JsonValue {
  if (typeof value === 'string') return renderText(value, scope)
  if (Array.isArray(value)) return value.map((one) => renderTemplates(one, scope))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, renderTemplates(inner, scope)]))
}

function renderText(text: string, scope: TemplateScope): JsonValue {
  const expression = typedExpressionOf(text)
  if (expression !== undefined) return computeJson(expression, scope)
  if (!isTemplate(text)) return text
  return limitSize(
    text,
    explained(text, () => String(renderParsed(parseTemplate(limitLength(text)), scope))),
  )
}

/** The value of an expression as JSON; nothing is null. */
function computeJson(expression: string, scope: TemplateScope): JsonValue {
  const written = `\${{ ${expression} }}`
  return explained(written, () => {
    const value = computeExpression(limitLength(expression), scope)
    const text = limitSize(written, JSON.stringify(value ?? null))
    // Data of its own: what is kept never changes with what it came from.
    return Json.parse(JSON.parse(text))
  })
}

/** Whether a condition holds; it may stand bare or in `{{ }}` or `${{ }}`. Nothing counts as false. */
export function computeCondition(condition: string, scope: TemplateScope): boolean {
  const expression = conditionExpressionOf(condition)
  const value = computeJson(expression, scope)
  if (typeof value === 'boolean') return value
  if (value === null) return false
  throw new AppError(
    'input_invalid',
    `"${expression}" gives ${JSON.stringify(value).slice(0, 80)}, and a condition must be true or false. Compare it, for example ${expression} == "…".`,
  )
}

export function conditionExpressionOf(condition: string): string {
  const trimmed = condition.trim()
  const bare = /^\$?\{\{([^{}]*)\}\}$/.exec(trimmed)?.[1] ?? trimmed
  return bare.trim()
}

function limitLength(text: string): string {
  if (text.length <= MOST_TEMPLATE_CHARS) return text
  throw new AppError('input_invalid', `A template is longer than ${MOST_TEMPLATE_CHARS} characters. Make it shorter.`)
}

function limitSize(template: string, text: string): string {
  if (text.length <= MOST_ARGUMENT_BYTES) return text
  throw explainTemplateError(template, new RangeError('memory alloc limit exceeded'))
}

/** LiquidJS throws errors of many kinds, and a hostile template can exhaust the stack. */
function explained<T>(template: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof AppError) throw error
    throw explainTemplateError(template, error)
  }
}
