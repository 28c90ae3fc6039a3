import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { AppError, errorMessageOf } from '../../errors.ts'
import { UserId, WorkspaceId } from '../../ids.ts'
import type { SharedFileSource } from '../sharing-types.ts'

const Entry = z.strictObject({
  workspace: WorkspaceId,
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'small letters, digits and dashes, at most 32'),
  card: z.string(),
  inputs: z.record(z.string(), z.coerce.string()).default({}),
  for: z
    .union([z.enum(['everybody', 'approvers']), z.array(UserId)], {
      error: 'everybody, approvers, or a list of user ids',
    })
    .default('everybody'),
  level: z.enum(['reads', 'writes_ask', 'all_ask'], { error: 'reads, writes_ask or all_ask' }).default('reads'),
  by: UserId,
})
const SharedFile = z.strictObject({ connections: z.array(Entry) })

/** A connection of a workspace, as the operator wrote it down. */
export type FileEntry = z.infer<typeof Entry>

/** What the file says, with the values of its variables. Throws `config_invalid` that names everything wrong, and never a value. */
export function readSharedFile({ path, valueFor }: SharedFileSource): FileEntry[] {
  // Its warnings would go to the process's output, with words of the file.
  const document = parseDocument(textOf(path), { logLevel: 'error' })
  const [broken] = document.errors
  if (broken !== undefined)
    throw invalidFileError(path, [`line ${broken.linePos?.[0].line ?? '?'}: ${broken.message.split('\n', 1)[0]}`])
  const parsed = SharedFile.safeParse(withoutAliases(path, document))
  if (!parsed.success)
    throw invalidFileError(
      path,
      parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`),
    )
  const { connections } = parsed.data
  const problems = [
    ...repeatedNames(connections),
    ...emptyAudiences(connections),
    ...connections.flatMap((one) => missingVariables(one, valueFor)),
  ]
  if (problems.length > 0) throw invalidFileError(path, problems)
  return connections.map((one) => ({ ...one, inputs: withValues(one.inputs, valueFor) }))
}

/** An alias could make a short file long. */
function withoutAliases(path: string, document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw invalidFileError(path, ['aliases (*name) cannot be used here'])
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw invalidFileError(path, [`it cannot be read: ${errorMessageOf(error)}`])
  }
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

function missingVariables({ name, inputs }: FileEntry, valueFor: SharedFileSource['valueFor']): string[] {
  return Object.entries(inputs).flatMap(([input, text]) =>
    [...text.matchAll(VARIABLE)].flatMap(([, variable = '']) =>
      valueFor(variable) === undefined ? [`${name}: ${input} needs the variable ${variable}, and that is not set`] : [],
    ),
  )
}

const withValues = (inputs: Record<string, string>, valueFor: SharedFileSource['valueFor']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(inputs).map(([input, text]) => [
      input,
      text.replace(VARIABLE, (_, variable: string) => valueFor(variable) ?? ''),
    ]),
  )

const emptyAudiences = (connections: FileEntry[]): string[] =>
  connections.filter((one) => one.for.length === 0).map(({ name }) => `${name}: for names nobody`)

function repeatedNames(connections: FileEntry[]): string[] {
  const keys = connections.map(({ workspace, name }) => `${workspace} ${name}`)
  return connections
    .filter((_, at) => keys.indexOf(keys[at] ?? '') !== at)
    .map(({ name }) => `${name}: is in the file twice for one workspace`)
}

export const invalidFileError = (path: string, problems: string[]): AppError =>
  new AppError(
    'config_invalid',
    `The file of workspace connections cannot be used (${path}):\n${problems.map((one) => `  - ${one}`).join('\n')}\nCorrect it and start again. Nothing was changed.`,
  )
