import { type Client, UriTemplate, withInputRequired } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { truncate } from '../../text.ts'
import type { Redactor } from '../protocol/redactor.ts'
import type { ContentPart } from '../requests/outcome.ts'
import { contentNameOf } from '../requests/read-tool-result.ts'
import { type Reply, type RequestRound, sendRequest } from '../requests/send-request.ts'
import type { Session } from '../transport/session.ts'
import { listPages } from './list-pages.ts'

/** A resource of a server. All of it is written by the server. */
export type Resource = {
  uri: string
  name: string
  description: string
  mimeType: string | undefined
  /** Bytes, as the server says. */
  size: number | undefined
}

/** An address with `{variables}` to fill in. */
export type ResourceTemplate = {
  uriTemplate: string
  name: string
  description: string
  mimeType: string | undefined
  variables: string[]
}

/** `more`: the server has others than these. */
export type ResourceList = { resources: Resource[]; templates: ResourceTemplate[]; more: boolean }

export type ResourceContent = Extract<ContentPart, { type: 'resource' }>

const MAX_RESOURCES = 1_000
const MAX_TEMPLATES = 100
const MAX_VARIABLES = 10
// A longer address fits into no button of Slack, and into no sensible link either.
const MAX_URI_CHARS = 1_500
const MAX_NAME_CHARS = 200
const MAX_DESCRIPTION_CHARS = 1_000
// As much as the files of one tool call may be: some 6 MB.
export const MAX_CONTENT_CHARS = 8_000_000
const MAX_CONTENTS = 20

const text = z.string().optional().catch(undefined)
/** Measured as JSON, as which it travels. */
export const isShortUri = (uri: string): boolean => JSON.stringify(uri).length <= MAX_URI_CHARS
const Address = z.string().min(1).refine(isShortUri)
const Common = z.object({ name: text, title: text, description: text, mimeType: text })
const Listed = Common.extend({
  uri: Address,
  size: z.number().nonnegative().optional().catch(undefined),
})
const ListedTemplate = Common.extend({ uriTemplate: Address })
const Contents = z.looseObject({
  contents: z.array(z.looseObject({ uri: z.string().optional(), mimeType: text, text, blob: text })),
})

/** What there is to read, without the connection's secrets. Throws what the SDK throws. */
export async function listResources(client: Client, redactor: Redactor, signal: AbortSignal): Promise<ResourceList> {
  const [plain, made] = await Promise.all([
    listPages(client, { method: 'resources/list', field: 'resources' }, MAX_RESOURCES, signal),
    listPages(client, { method: 'resources/templates/list', field: 'resourceTemplates' }, MAX_TEMPLATES, signal),
  ])
  const resources = new Map<string, Resource>()
  for (const one of (plain?.items ?? []).flatMap((item) => resourceOf(item, redactor)))
    if (!resources.has(one.uri)) resources.set(one.uri, one)
  return {
    resources: [...resources.values()],
    templates: (made?.items ?? []).flatMap((item) => templateOf(item, redactor)),
    more: plain?.more === true || made?.more === true,
  }
}

function resourceOf(item: unknown, redactor: Redactor): Resource[] {
  const parsed = Listed.safeParse(item)
  // Where the address holds a secret it could not be asked for again after cleaning.
  if (!parsed.success || redactor.text(parsed.data.uri) !== parsed.data.uri) return []
  const { uri, size } = parsed.data
  return [{ uri, ...wordsOf(parsed.data, uri, redactor), size }]
}

function templateOf(item: unknown, redactor: Redactor): ResourceTemplate[] {
  const parsed = ListedTemplate.safeParse(item)
  if (!parsed.success || redactor.text(parsed.data.uriTemplate) !== parsed.data.uriTemplate) return []
  const { uriTemplate } = parsed.data
  const variables = variablesOf(uriTemplate)
  if (variables === undefined || variables.length > MAX_VARIABLES) return []
  if (variables.some((one) => one.length > MAX_NAME_CHARS)) return []
  return [{ uriTemplate, ...wordsOf(parsed.data, uriTemplate, redactor), variables }]
}

function wordsOf({ name, title, description, mimeType }: z.infer<typeof Common>, uri: string, redactor: Redactor) {
  return {
    name: truncate(redactor.text(title?.trim() || name?.trim() || uri), MAX_NAME_CHARS),
    description: truncate(redactor.text(description ?? ''), MAX_DESCRIPTION_CHARS),
    mimeType: mimeType === undefined ? undefined : truncate(redactor.text(mimeType), MAX_NAME_CHARS),
  }
}

/** Undefined when the template cannot be read. */
function variablesOf(uriTemplate: string): string[] | undefined {
  return parsed(uriTemplate, (template) => [...new Set(template.variableNames)])
}

/** The address with its variables filled in; those left empty are left out. Undefined when that gives none. */
export function expandUriTemplate(uriTemplate: string, values: Record<string, string>): string | undefined {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
  const uri = parsed(uriTemplate, (template) => template.expand(given))
  return uri !== undefined && isShortUri(uri) ? uri : undefined
}

/** Whether the address can be one the template makes. */
const fits = (uriTemplate: string, uri: string): boolean =>
  parsed(uriTemplate, (template) => template.match(uri) !== null) ?? false

function parsed<T>(uriTemplate: string, use: (template: UriTemplate) => T): T | undefined {
  try {
    return use(new UriTemplate(uriTemplate))
  } catch (error) {
    // The SDK's parser says with a plain Error that a server's template is none.
    if (error instanceof Error) return undefined
    throw error
  }
}

/** Whether the server lists this address, or a template that makes it. */
export const isListedResource = ({ resources, templates }: ResourceList, uri: string): boolean =>
  isShortUri(uri) && (resources.some((one) => one.uri === uri) || templates.some((one) => fits(one.uriTemplate, uri)))

/** The contents of a resource; `large` when they exceed the limit. Throws what the SDK throws. */
export async function readResource(
  session: Session,
  uri: string,
  round: RequestRound,
): Promise<Reply<{ contents: ResourceContent[] } | { large: number }>> {
  const reply = await sendRequest(
    session,
    { method: 'resources/read', params: { uri } },
    withInputRequired(Contents),
    round,
  )
  if (reply.kind !== 'done') return reply
  const { contents } = reply.value
  const size = contents.reduce((sum, one) => sum + (one.text ?? one.blob ?? '').length, 0)
  if (size > MAX_CONTENT_CHARS) return { kind: 'done', value: { large: size } }
  const parts = contents.slice(0, MAX_CONTENTS).map((one) => contentOf(one, uri, session.redactor))
  return { kind: 'done', value: { contents: parts } }
}

function contentOf(
  one: z.infer<typeof Contents>['contents'][number],
  uri: string,
  redactor: Redactor,
): ResourceContent {
  return {
    type: 'resource',
    uri: redactor.text(one.uri || uri),
    ...contentNameOf(one, redactor),
    ...(one.mimeType !== undefined && { mimeType: truncate(redactor.text(one.mimeType), MAX_NAME_CHARS) }),
    ...(one.blob !== undefined && one.text === undefined
      ? { data: redactor.blob(one.blob) }
      : { text: redactor.text(one.text ?? '') }),
  }
}
