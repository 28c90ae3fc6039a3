import { isListedResource, type Resource } from '../mcp/features/resources.ts'
import type { Read, Reading } from './call-own.ts'
import { mentioned, pageWords, partOf, said } from './own-words.ts'

export async function listResources({ mcp, source, call, reach }: Reading): Promise<Read> {
  const { resources, templates, more } = await mcp.resources(source, reach.signal)
  const patterns = templates.map((one) => `- ${one.uriTemplate} (template) ${about(one)}`)
  const others = more ? ['The server has more than can be listed.'] : []
  const what = {
    what: 'resources',
    line: (one: Resource) => `- ${one.uri} ${about(one)}`,
    last: [...patterns, ...others],
  }
  return said('ok', pageWords(resources, call.arguments, what))
}

export async function readResource({ mcp, state, source, call, reach }: Reading): Promise<Read> {
  const uri = String(call.arguments.uri)
  // Tools may link to resources that their server does not list (the specification, tools, resource links).
  if (!isListedResource(await mcp.resources(source, reach.signal), uri) && !mentioned(state, source.id, uri))
    return said('tool_error', `${uri} is not a resource of ${source.name}. List its resources first.`)
  const read = await mcp.readResource(source, uri, reach)
  return read.kind === 'done' ? { kind: 'ok', content: read.value.map(partOf) } : read
}

function about({ name, description, mimeType, size }: Omit<Resource, 'uri' | 'size'> & { size?: number | undefined }) {
  const facts = [mimeType, size === undefined ? undefined : `${size} bytes`].filter(Boolean).join(', ')
  return [JSON.stringify(name), facts && `(${facts})`, description.replace(/\s+/g, ' ').slice(0, 200)]
    .filter(Boolean)
    .join(' ')
}
