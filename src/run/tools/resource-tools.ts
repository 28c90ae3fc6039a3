import { isListedResource, type Resource } from '../../mcp/features/resources.ts'
import { truncate } from '../../text.ts'
import type { BuiltinRequest, BuiltinResult } from './builtin-call.ts'
import { createTextResult, imagePartOf, listPageText, wasMentioned } from './list-text.ts'

export async function listResourcesForModel({ mcp, source, call, reach }: BuiltinRequest): Promise<BuiltinResult> {
  const { resources, templates, more } = await mcp.resources(source, reach.signal)
  const patterns = templates.map((one) => `- ${one.uriTemplate} (template) ${about(one)}`)
  const others = more ? ['The server has more than can be listed.'] : []
  const what = {
    what: 'resources',
    line: (one: Resource) => `- ${one.uri} ${about(one)}`,
    last: [...patterns, ...others],
  }
  return createTextResult('ok', listPageText(resources, call.arguments, what))
}

export async function readResourceForModel({
  mcp,
  state,
  source,
  call,
  reach,
}: BuiltinRequest): Promise<BuiltinResult> {
  const uri = String(call.arguments.uri)
  // Tools may link to resources that their server does not list (the specification, tools, resource links).
  if (!isListedResource(await mcp.resources(source, reach.signal), uri) && !wasMentioned(state, source.id, uri))
    return createTextResult('tool_error', `${uri} is not a resource of ${source.name}. List its resources first.`)
  const read = await mcp.readResource(source, uri, reach)
  return read.kind === 'done' ? { kind: 'ok', content: read.value.map(imagePartOf) } : read
}

function about({ name, description, mimeType, size }: Omit<Resource, 'uri' | 'size'> & { size?: number | undefined }) {
  const facts = [mimeType, size === undefined ? undefined : `${size} bytes`].filter(Boolean).join(', ')
  return [JSON.stringify(name), facts && `(${facts})`, truncate(description.replace(/\s+/g, ' '), 200)]
    .filter(Boolean)
    .join(' ')
}
