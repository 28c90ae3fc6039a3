import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { AppError } from '../errors.ts'
import { AgentDefinition } from './agent.ts'
import { findNameProblem, nameKeyOf } from './agent-names.ts'
import type { Agent } from './agent-rows.ts'

/** The agents in the YAML files of a folder, by name; none where there is no folder. Throws `config_invalid` naming file, line and what to write. */
export function readAgentFiles(folder: string): Agent[] {
  if (!existsSync(folder)) return []
  const agents = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => readAgentFile(join(folder, file), readFileSync(join(folder, file), 'utf8')))
  for (const [at, { name, id }] of agents.entries())
    if (agents.slice(0, at).some((one) => nameKeyOf(one.name) === nameKeyOf(name)))
      throw invalidFileError(`${idFile(id)}.yaml`, undefined, `another file names its agent "${name}" too: rename one`)
  return agents.toSorted((a, b) => a.name.localeCompare(b.name))
}

/** What a form may begin with: files of the same kind. */
export const readTemplates = (folder: string): AgentDefinition[] =>
  readAgentFiles(folder).map(
    ({ id: _id, version: _version, owner: _owner, shared: _shared, ...definition }) => definition,
  )

const ID = 'file:'
const idFile = (id: string): string => id.slice(ID.length)

/** One agent from its file's text. */
export function readAgentFile(path: string, text: string): Agent {
  const file = basename(path)
  const lines = new LineCounter()
  // Its warnings would go to the process's output, with words of the file.
  const document = parseDocument(text, { logLevel: 'error', lineCounter: lines })
  const [broken] = document.errors
  if (broken !== undefined) throw invalidFileError(file, broken.linePos?.[0].line, firstLine(broken.message))
  const parsed = AgentDefinition.safeParse(contentOf(document, file))
  if (!parsed.success) throw issueError(file, document, lines, parsed.error)
  const problem = findNameProblem(parsed.data.name, { people: [], app: 'Patchbay' })
  if (problem !== undefined) throw invalidFileError(file, lineOf(document, lines, ['name']), `name: ${problem}`)
  return { ...parsed.data, id: `${ID}${basename(file, '.yaml')}`, version: 1, owner: undefined, shared: true }
}

/** Throws `config_invalid` where an alias refers to nothing, or to too much. */
function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw invalidFileError(file, undefined, firstLine(error.message))
  }
}

/** What to write in a field that is missing or wrong. */
const ADVICE: Record<string, string> = {
  name: 'write how people address it, such as `name: Reviewer`, at most 40 characters',
  face: 'write an emoji such as `face: ":mag:"`, or an https address of a picture',
  purpose: 'write in one line what it is for, at most 200 characters',
  instructions: 'write what it should do as text behind `instructions: |`, at most 8,000 characters',
  model: 'write the name of a model, or leave it out for the app’s own',
  connections: 'write a list of names of connections or run cards, or leave it out for all',
  tools: 'write a list of names of tools, or leave it out for all',
  asks: 'write a list of names of agents, or leave it out',
  limits: 'write `turns: 8` (1 to 15) and `costUsd: 0.5`, or leave it out',
}

function issueError(file: string, document: Document, lines: LineCounter, { issues }: z.ZodError): AppError {
  const [issue] = issues
  if (issue === undefined) return invalidFileError(file, undefined, 'is no agent')
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    const known = Object.keys(ADVICE).join(', ')
    return invalidFileError(
      file,
      lineOf(document, lines, [...issue.path, key]),
      `${key}: there is no such field; write one of ${known}`,
    )
  }
  const field = issue.path.map(String).join('.')
  const advice = ADVICE[String(issue.path[0])] ?? `write the fields of an agent: ${Object.keys(ADVICE).join(', ')}`
  return invalidFileError(file, lineOf(document, lines, issue.path), `${field || 'the file'}: ${advice}`)
}

/** The line of a value, or of the nearest thing around it that stands in the file. */
function lineOf(document: Document, lines: LineCounter, path: PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const found = document.getIn(path.slice(0, length), true)
    if (isNode(found) && found.range) return lines.linePos(found.range[0]).line
  }
  return 1
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

const invalidFileError = (file: string, line: number | undefined, reason: string): AppError =>
  new AppError('config_invalid', `agents/${file}${line === undefined ? '' : `, line ${line}`}: ${reason}`)
