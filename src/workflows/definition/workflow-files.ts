import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { WorkflowDefinition } from '../workflow.ts'
import { parseWorkflow, type WorkflowProblem } from './parse-workflow.ts'

/** Every workflow of the folder, by title. Throws `input_invalid` naming file, line and what to write. */
export function readWorkflows(folder: string): WorkflowDefinition[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  const workflows = files.map((file) => readWorkflow(file, readFileSync(join(folder, file), 'utf8')))
  return workflows.toSorted((a, b) => a.title.localeCompare(b.title))
}

/** One workflow from its file's text; its name is the file's. */
export function readWorkflow(path: string, text: string): WorkflowDefinition {
  const file = basename(path)
  const parsed = parseWorkflow(text)
  if ('problems' in parsed) throw invalidFileError(file, parsed.problems)
  const { definition } = parsed
  if (`${definition.name}.yaml` === file) return definition
  const reason = `the name "${definition.name}" must be the file's: call the file ${definition.name}.yaml`
  throw invalidFileError(file, [{ line: 1, column: 1, reason }])
}

const invalidFileError = (file: string, problems: WorkflowProblem[]): AppError =>
  new AppError('input_invalid', [`workflows/${file} cannot be read:`, ...problems.map(describeProblem)].join('\n'))

/** A problem as one line for people. */
export const describeProblem = ({ line, column, reason }: WorkflowProblem): string =>
  `line ${line}, column ${column}: ${reason}`
