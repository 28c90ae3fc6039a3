import { isListedResource, type Resource } from '../../mcp/features/resources.ts'
import type { BuiltinRequest, BuiltinResult } from './builtin-call.ts'
import { createTextResult, imagePartOf, listPageText, wasMentioned } from './list-text.ts'

export async function listResourcesForModel({ mcp, source, call, options }: BuiltinRequest): Promise<BuiltinResult> {
  const { resources, templates, more } = await mcp.resources(source, options.signal)
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
  options,
}: BuiltinRequest): Promise<BuiltinResult> {
  const uri = String(call.arguments.uri)
  // Tools may link to resources that their server does not list (the specification, tools, resource links).
  if (!isListedResource(await mcp.resources(source, options.signal), uri) && !wasMentioned(state, source.id, uri))
    return createTextResult('tool_error', `${uri} is not a resource of ${source.name}. List its resources first.`)
  const read = await mcp.readResource(source, uri, options)
  return read.kind === 'done' ? { kind: 'ok', content: read.value.map(imagePartOf) } : read
}

function about({ name, description, mimeType, size }: Omit<Resource, 'uri' | 'size'> & { size?: number | undefined }) {
  const facts = [mimeType, size === undefined ? undefined : `${size} bytes`].filter(Boolean).join(', ')
  return [JSON.stringify(name), facts && `(${facts})`, description.replace(/\s+/g, ' ').slice(0, 200)]
    .filter(Boolean)
    .join(' ')
}
