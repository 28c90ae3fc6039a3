import { AppError } from '../../errors.ts'
import { MOST_TEMPLATE_CHARS } from '../workflow-limits.ts'
import { explainTemplateError } from './explain-template-error.ts'
import { isTemplate, typedExpressionOf } from './render-template.ts'
import { isWholeExpression, parseTemplate, templateNamesIn } from './template-engine.ts'

const RAW = /\{% raw %\}[\s\S]*?\{% endraw %\}/g

/** A name that a template takes from outside, with what follows it: `['steps', 'list', 'output']`. */
export type TemplateReference = string[]

/** What a text refers to. Throws `input_invalid` for a template that cannot be read. */
export function referencesIn(text: string): TemplateReference[] {
  const expression = typedExpressionOf(text)
  if (expression !== undefined) return findExpressionReferences(expression)
  if (!isTemplate(text)) return []
  if (text.replaceAll(RAW, '').includes('${{'))
    throw new AppError(
      'input_invalid',
      `"${text.slice(0, 60)}" holds \${{ }} beside other words: write {{ }} inside a text.`,
    )
  return referencesOf(text, text)
}

export const findExpressionReferences = (expression: string): TemplateReference[] =>
  referencesOf(`{{ ${expression} }}`, expression)

function referencesOf(template: string, written: string): TemplateReference[] {
  if (template.length > MOST_TEMPLATE_CHARS + 6)
    throw new AppError('input_invalid', `A template is longer than ${MOST_TEMPLATE_CHARS} characters. Make it shorter.`)
  try {
    const outer = templateNamesIn(parseTemplate(template)).map(textsOf)
    checkExpressions(template)
    return [...outer, ...quotedExpressionsIn(template).flatMap(referencesInQuotes)]
  } catch (error) {
    if (error instanceof AppError) throw error
    throw explainTemplateError(written, error)
  }
}

function checkExpressions(template: string): void {
  for (const [, expression = ''] of template
    .replaceAll(RAW, '')
    .matchAll(/\{\{-?((?:[^{}"']|"[^"]*"|'[^']*')*?)-?\}\}/g))
    if (!isWholeExpression(expression))
      throw new AppError(
        'input_invalid',
        `In "{{${expression.slice(0, 80)}}}": an operator such as == or and is missing, or something beside one.`,
      )
}

/** Parts of a path in brackets are worked out, so what follows them is not known. */
const textsOf = (segments: readonly unknown[]): string[] => {
  const texts: string[] = []
  for (const segment of segments) {
    if (typeof segment !== 'string' && typeof segment !== 'number') break
    texts.push(String(segment))
  }
  return texts
}

type Quoted = { name: string; expression: string }

/** `where_exp: 'issue', 'issue.age > 30'`: LiquidJS does not look into these. */
const quotedExpressionsIn = (template: string): Quoted[] =>
  [...template.matchAll(/_exp\s*:\s*(['"])(\w{1,40})\1\s*,\s*(?:'([^']*)'|"([^"]*)")/g)].map(
    ([, , name = '', single, double]) => ({ name, expression: single ?? double ?? '' }),
  )

const referencesInQuotes = ({ name, expression }: Quoted): TemplateReference[] =>
  templateNamesIn(parseTemplate(`{{ ${expression} }}`))
    .map(textsOf)
    .filter(([first]) => first !== name)
