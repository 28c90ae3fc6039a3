import type { CallToolResult } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { jsonDepthOf } from '../protocol/json-depth.ts'
import type { Redactor } from '../protocol/redact-secrets.ts'
import type { ContentPart, ToolOutcome } from './outcome.ts'

const Json = z.json()
// Honest answers end at 20; far deeper ones exhaust the stack of whatever walks them.
const MAX_DEPTH = 100
const TOO_DEEP = '[The structured part of this answer is nested too deeply, so it was left out.]'

/** What a server answered, as our own parts and without the connection's secrets. */
export function toolOutcomeOf(result: CallToolResult, redactor: Redactor, ms: number): ToolOutcome {
  const kind = result.isError === true ? 'tool_error' : 'ok'
  const content = result.content.map((part) => contentPartOf(part, redactor))
  if (result.structuredContent === undefined) return { kind, content, ms }
  if (jsonDepthOf(result.structuredContent, MAX_DEPTH) > MAX_DEPTH)
    return { kind, content: [...content, { type: 'text', text: TOO_DEEP }], ms }
  const structured = Json.safeParse(result.structuredContent)
  return {
    kind,
    content,
    ...(structured.success && { structured: redactor.json(structured.data) }),
    ms,
  }
}

export function contentPartOf(part: CallToolResult['content'][number], redactor: Redactor): ContentPart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: redactor.text(part.text) }
    case 'image':
    case 'audio':
      return { type: part.type, mimeType: part.mimeType, data: part.data }
    case 'resource_link':
      return { type: 'link', uri: redactor.text(part.uri), name: redactor.text(part.title ?? part.name) }
    case 'resource':
      return resourceOf(part.resource, redactor)
    default:
      part satisfies never
      return { type: 'text', text: '[a kind of content Patchbay does not know]' }
  }
}

type Resource = Extract<CallToolResult['content'][number], { type: 'resource' }>['resource']

function resourceOf(resource: Resource, redactor: Redactor): ContentPart {
  return {
    type: 'resource',
    uri: redactor.text(resource.uri),
    ...(resource.mimeType !== undefined && { mimeType: resource.mimeType }),
    ...('text' in resource ? { text: redactor.text(resource.text) } : { data: resource.blob }),
  }
}
