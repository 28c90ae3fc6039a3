import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { parseJson } from '../../json.ts'
import { refusalOf } from './api-error.ts'
import type { ProjectClient } from './project-client.ts'

/** A column of a table, as the project's own description of its API has it. */
type ApiColumn = {
  name: string
  type: string
  /** Must be given when a row is inserted. */
  required: boolean
  key: boolean
  references: string | undefined
  default: string | undefined
  description: string | undefined
}
export type ApiTable = { name: string; kind: 'table' | 'view'; description: string | undefined; columns: ApiColumn[] }
type ApiFunction = { name: string; arguments: { name: string; type: string; required: boolean }[] }

/** What the REST API of a project offers. */
export type ApiDocument = { tables: ApiTable[]; functions: ApiFunction[] }

/** What cannot be read of it is as if it were not there. */
const text = z.string().optional().catch(undefined)

const Property = z.looseObject({
  type: text,
  format: text,
  description: text,
  default: z.unknown().optional(),
})
type Property = z.infer<typeof Property>
const Definition = z.looseObject({
  description: text,
  required: z.array(z.string()).default([]),
  properties: z.record(z.string(), Property).default({}),
})
const Parameter = z.looseObject({ name: z.string().optional(), schema: Definition.optional().catch(undefined) })
const Operation = z.looseObject({ parameters: z.array(Parameter).default([]) })
const Description = z.looseObject({
  swagger: z.string(),
  definitions: z.record(z.string(), Definition).default({}),
  paths: z.record(z.string(), z.looseObject({ post: Operation.optional().catch(undefined) })).default({}),
})

/** Asks the project what it offers: the OpenAPI document at the root of its API, which takes the service key. */
export async function fetchApiDocument(client: ProjectClient, signal: AbortSignal): Promise<ApiDocument> {
  const response = await client.get('/rest/v1/', 'application/openapi+json, application/json', signal)
  const text = await response.text()
  const { host } = client.settings
  const refusal = refusalOf(response.status === 403 ? 401 : response.status, {}, client.settings)
  if (refusal !== undefined) throw refusal
  const description = response.ok ? readApiDocument(parseJson(text)) : undefined
  if (description !== undefined) return description
  throw new AppError('server_refused', `There is no Supabase project at ${host}. Check the Project URL.`, {
    field: 'url',
  })
}

/** PostgREST's OpenAPI 2.0; undefined for another document. https://postgrest.org/en/stable/references/api/openapi.html */
function readApiDocument(document: unknown): ApiDocument | undefined {
  const read = Description.safeParse(document)
  if (!read.success) return undefined
  const { definitions, paths } = read.data
  const tables = Object.entries(definitions).map(([name, { description, properties, required }]): ApiTable => {
    const kind = paths[`/${name}`]?.post === undefined ? 'view' : 'table'
    const columns = Object.entries(properties).map(([column, property]) => columnOf(column, property, required))
    return { name, kind, description, columns }
  })
  const functions = Object.entries(paths).flatMap(([path, { post }]): ApiFunction[] => {
    const name = /^\/rpc\/(.+)$/.exec(path)?.[1]
    if (name === undefined) return []
    const taken = post?.parameters.find((one) => one.name === 'args')?.schema
    const given = Object.entries(taken?.properties ?? {}).map(([argument, property]) => ({
      name: argument,
      type: typeOf(property),
      required: taken?.required.includes(argument) ?? false,
    }))
    return [{ name, arguments: given }]
  })
  return { tables, functions }
}

/** PostgREST writes keys into the description, behind a note for people. */
function columnOf(name: string, property: Property, required: string[]): ApiColumn {
  const { description = '', default: given } = property
  const [, table, column] = /<fk table='([^']+)' column='([^']+)'\/>/.exec(description) ?? []
  const words = description.replace(/\s*Note:\n[\s\S]*$/, '').trim()
  return {
    name,
    type: typeOf(property),
    required: required.includes(name) && given === undefined,
    key: description.includes('<pk/>'),
    references: table === undefined ? undefined : `${table}.${column}`,
    default: given === undefined ? undefined : String(given),
    description: words === '' ? undefined : words,
  }
}

const typeOf = ({ format, type }: Property): string => format ?? type ?? 'unknown'
