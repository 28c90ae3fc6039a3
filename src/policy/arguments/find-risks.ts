import type { JsonObject } from '../../json.ts'
import type { Risk } from '../risk.ts'
import { type ArgumentValue, argumentValuesIn, isProse } from './argument-values.ts'
import { findAddressRisks } from './find-address-risks.ts'
import { findPathRisks } from './find-path-risks.ts'

/** What an argument shows that makes a call graver than its tool is, in plain words. */
export type ArgumentFinding = { risk: Risk; why: string }

type ArgumentScope = {
  /** The tool changes something, or nobody knows. */
  isChange: boolean
  /** The argument that holds SQL, which is read as that. */
  sql?: string | undefined
}

/** More arguments than these are data. */
const MAX_VALUES = 5_000

/** Paths that lead elsewhere, addresses of inner networks, commands of several parts, and what is done to many at once. Pure. */
export function findArgumentRisks(args: JsonObject, { isChange, sql }: ArgumentScope): ArgumentFinding[] {
  const values = argumentValuesIn(args)
    .slice(0, MAX_VALUES)
    .filter(({ name }) => name !== sql && !isProse(name))
  const found = values.flatMap(({ name, value }) => [
    ...(typeof value === 'string' ? textRisksOf(name, value, isChange) : []),
    ...(isChange ? massRisksOf({ name, value }) : []),
  ])
  return [...new Map(found.map((one) => [one.why, one])).values()]
}

const textRisksOf = (name: string, text: string, isChange: boolean): ArgumentFinding[] => [
  ...findPathRisks(name, text, isChange),
  ...findAddressRisks(name, text),
  ...commandRisksOf(name, text),
]

const COMMAND_NAME = /^(?:command|cmd|script|shell|bash|exec|args?|argv|command_?line)s?$/i
const SHELL = /[;|`\n]|&&|\$\(|[<>]\(|>{1,2}\s*\S/
const GRAVE_COMMAND = /\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b|\brm\s+-\w*[rf]|\bmkfs\b|\bdd\s+if=|>\s*\/dev\//i

function commandRisksOf(name: string, text: string): ArgumentFinding[] {
  if (!COMMAND_NAME.test(name) || !SHELL.test(text)) return []
  const risk = GRAVE_COMMAND.test(text) ? 'destructive' : 'write'
  return [{ risk, why: 'It runs a command of several parts: each of them runs.' }]
}

/** So many things at once nobody checks one by one. */
const MANY = 20
const MANY_ROWS = 1_000
const THINGS =
  /(?:ids?|keys|names|paths|files|urls|emails|users|members|recipients|channels|items|targets|labels|tickets|issues)$/i
const ALL_NAME = /^(?:all|delete_?all|remove_?all|select_?all|apply_?to_?all|everyone|everything|cascade)$/i
const LIMIT_NAME = /^(?:limit|max|max_?results|max_?items|count|top|page_?size|batch_?size)$/i
const PATTERN_NAME = /(?:path|pattern|glob|file|key|id|name|target|filter|index|topic|queue)s?$/i

function massRisksOf({ name, value }: ArgumentValue): ArgumentFinding[] {
  const why = massReasonOf(name, value)
  return why === undefined ? [] : [{ risk: 'destructive', why }]
}

function massReasonOf(name: string, value: unknown): string | undefined {
  if (Array.isArray(value)) return listReasonOf(name, value)
  if (typeof value === 'number') return limitReasonOf(name, value)
  if (typeof value === 'string')
    return isWildcard(name, value.trim()) ? `It reaches all that fits "${value.trim()}".` : undefined
  return value === true && ALL_NAME.test(name) ? `It reaches all there is ("${name}").` : undefined
}

function listReasonOf(name: string, list: unknown[]): string | undefined {
  const isMany = THINGS.test(name) && list.length >= MANY && list.every((one) => typeof one !== 'object')
  return isMany ? `It is done to ${list.length.toLocaleString('en')} at once.` : undefined
}

const limitReasonOf = (name: string, limit: number): string | undefined =>
  LIMIT_NAME.test(name) && limit >= MANY_ROWS ? `It reaches up to ${limit.toLocaleString('en')} at once.` : undefined

const isWildcard = (name: string, text: string): boolean =>
  /^(?:\*{1,2}|%|\.\*|_all)$/.test(text) ||
  (PATTERN_NAME.test(name) && text.length <= 200 && /[*%]/.test(text) && !/\s/.test(text))
