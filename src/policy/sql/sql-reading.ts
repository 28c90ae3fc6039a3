import { revealInvisible, truncate } from '../../text.ts'
import { type Risk, strictestOf } from '../risk.ts'

export type SqlDialect = 'postgres' | 'sqlite' | 'mysql'

/** One thing that SQL does to one table. `kind` is a word of SQL ("insert", "create table"); `table` is '' where none is named. */
export type SqlEffect = { kind: string; table: string }

/** What one SQL text does. */
export type SqlReading = {
  risk: Risk
  /** In sentences, a statement each: "This SQL deletes rows of employee." */
  why: string
  /** To go on a headline: "delete rows of employee". Undefined: it cannot be told. */
  action?: string | undefined
  /** All it does, each once. Undefined: it cannot be told, so nothing may be allowed in advance. */
  effects?: SqlEffect[] | undefined
}

/** One thing found in a statement. `unknown` says why it cannot be told what it does. */
export type SqlFinding = {
  risk: Risk
  /** Begins with its verb: "delete rows of employee"; undefined for what only reads. */
  does?: string | undefined
  unknown?: string | undefined
  effects: SqlEffect[]
}

/** What one statement does, in the order it is written. */
export type StatementFindings = SqlFinding[]

export const readOf = (table: string): SqlFinding => ({ risk: 'read', effects: [{ kind: 'select', table }] })

export const unknownFor = (unknown: string): SqlFinding => ({ risk: 'destructive', unknown, effects: [] })

/** Something done to tables, or to nothing that has a name. */
export function deedOf(risk: Risk, kind: string, does: string, tables: string[] = []): SqlFinding {
  return { risk, does, effects: (tables.length === 0 ? [''] : tables).map((table) => ({ kind, table })) }
}

const NAME_CHARS = 60
const NAMES_SHOWN = 3

/** A name inside a sentence; one that could pass for a part of the sentence is quoted. */
export function nameInText(name: string): string {
  if (name === '') return 'something'
  return /^[\p{L}\p{N}_.$@-]{1,60}$/u.test(name) ? name : `"${truncate(revealInvisible(name), NAME_CHARS)}"`
}

/** "a, b and c"; of many names the first. */
export function listOfNames(names: string[]): string {
  const all = [...new Set(names)].map(nameInText)
  const more = all.length - NAMES_SHOWN
  return listText(more > 0 ? [...all.slice(0, NAMES_SHOWN), `${more} more`] : all) || 'something'
}

const listText = (parts: string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`

/** Statements that a reader is told of one by one. */
const STATEMENTS_TOLD = 5
const DEEDS_TOLD = 4

/** All statements of one text together: told in order, the strictest decides. */
export function readingOf(statements: StatementFindings[]): SqlReading {
  const all = statements.flat()
  const { risk } = all.reduce<{ risk: Risk }>(strictestOf, { risk: 'read' })
  const effects = all.some(({ unknown }) => unknown !== undefined) ? undefined : distinctEffects(all)
  return { risk, why: whyText(statements, risk), action: effects && actionText(all, effects), effects }
}

function distinctEffects(findings: SqlFinding[]): SqlEffect[] {
  const found = new Map(findings.flatMap(({ effects }) => effects).map((one) => [`${one.kind} ${one.table}`, one]))
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, effect]) => effect)
}

function whyText(statements: StatementFindings[], risk: Risk): string {
  if (risk === 'read') return 'This SQL only reads.'
  const sentences = statements.map((findings, at) => sentenceOf(findings, at === 0))
  const more = sentences.length - STATEMENTS_TOLD
  const rest = restText(statements.slice(STATEMENTS_TOLD))
  return [
    ...sentences.slice(0, STATEMENTS_TOLD),
    ...(more > 0
      ? [`Then ${more === 1 ? 'one more statement follows' : `${more} more statements follow`}${rest}.`]
      : []),
  ].join(' ')
}

/** What stands further down is named when it is the worst of it. */
function restText(statements: StatementFindings[]): string {
  const [first, ...others] = statements.flat().filter(({ risk }) => risk !== 'read')
  if (first === undefined) return ''
  const { does } = others.reduce(strictestOf, first)
  return does === undefined ? ', and I cannot tell what they do' : `; one of them ${thirdPerson(does)}`
}

function sentenceOf(findings: SqlFinding[], isFirst: boolean): string {
  const unknown = findings.find((finding) => finding.unknown !== undefined)?.unknown
  const subject = isFirst ? 'This SQL' : 'Then it'
  if (unknown !== undefined)
    return `I cannot tell what ${isFirst ? 'this SQL' : 'the next statement'} does: ${unknown}.`
  const deeds = deedsOf(findings).map(thirdPerson)
  if (deeds.length === 0) return `${subject} reads.`
  return `${subject} ${listText(deeds)}.`
}

/** The worst first where there are more than can be told. */
function deedsOf(findings: SqlFinding[]): string[] {
  const deeds = findings.filter(({ does }) => does !== undefined)
  const graves = deeds.filter(({ risk }) => risk === 'destructive')
  const told = deeds.length > DEEDS_TOLD ? [...graves, ...deeds] : deeds
  return [...new Set(told.map(({ does }) => does ?? ''))].slice(0, DEEDS_TOLD)
}

function actionText(findings: SqlFinding[], effects: SqlEffect[]): string {
  const deeds = deedsOf(findings)
  if (deeds.length > 0) return listText(deeds)
  const tables = effects.filter(({ table }) => table !== '').map(({ table }) => table)
  return tables.length === 0 ? 'read' : `read ${listOfNames(tables)}`
}

/** "delete rows" → "deletes rows". */
function thirdPerson(does: string): string {
  return does.replace(/^[a-z]+/, (verb) => {
    if (/(?:s|x|z|ch|sh)$/.test(verb)) return `${verb}es`
    return /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ies` : `${verb}s`
  })
}
