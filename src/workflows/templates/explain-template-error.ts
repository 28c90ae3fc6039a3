import { closest, distance } from 'fastest-levenshtein'
import { AppError } from '../../errors.ts'
import { FILTERS } from './template-engine.ts'

/** An error for people: which template, what is wrong with it and what to write. */
export const explainTemplateError = (template: string, error: unknown): AppError =>
  new AppError('input_invalid', `In "${shorten(template)}": ${reasonOf(error)}`, { cause: error })

type Explanation = [pattern: RegExp, explain: (found: string, text: string) => string]

const EXPLANATIONS: Explanation[] = [
  [
    /undefined variable: (\S+)/,
    (name) => `there is no ${name}. Correct the name, or write ${name} | default: "…" where it may be missing.`,
  ],
  [/undefined filter: (\S*)/, (name) => `there is no filter "${name}".${suggestFilter(name)}`],
  [
    /tag "([^"]*)" not found/,
    (name) => `there is no {% ${name} %} here. Use if, unless, case, for, assign, comment or raw.`,
  ],
  [
    /limit exceeded|call stack|Invalid (?:string|array) length/,
    () => 'it does too much at once. Make the list or the text smaller first.',
  ],
  [/not closed/, () => 'it is not closed: each {{ needs its }}, and each {% its %} and its end tag.'],
  [/invalid value expression: ""/, () => 'it holds no name. Write one, such as {{ inputs.label }}.'],
  [
    /expected "\|" before filter/,
    () =>
      'something follows that is no filter. Filters begin with |, and sums are filters too: {{ item.count | plus: 1 }}.',
  ],
]

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  for (const [pattern, explain] of EXPLANATIONS) {
    const match = pattern.exec(message)
    if (match !== null) return explain((match[1] ?? '').replace(/,$/, ''), message)
  }
  return `${shorten(message.split('\n', 1)[0] ?? '').replace(/, line:\d+, col:\d+$/, '')}.`
}

function suggestFilter(name: string): string {
  const near = closest(name, Object.keys(FILTERS))
  return distance(name, near) <= 3 ? ` Did you mean ${near}?` : ' Filters are such as default, join, where or date.'
}

const shorten = (text: string): string => (text.length > 100 ? `${text.slice(0, 99)}…` : text)
