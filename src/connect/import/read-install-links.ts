import { parseJson } from '../../json.ts'
import { decodeUriText } from '../../text.ts'
import type { ConfiguredServer } from './configured-server.ts'
import { isFieldObject } from './configured-server.ts'
import { givenNameOf, isServerLike, readServerFields } from './read-server-fields.ts'
import { addressPattern } from './words.ts'

const LINK =
  /(?:vscode(?:-insiders)?:mcp\/install\?|https:\/\/(?:insiders\.)?vscode\.dev\/redirect(?:\/mcp\/install|\?url=)|cursor:\/\/[\w.-]+\/mcp\/install\?|https:\/\/(?:www\.)?cursor\.com\/[\w/-]*install-mcp\?|goose:\/\/extension\?|lmstudio:\/\/add_mcp\?)[^\s"'<>)\]]*/gi

/** The servers of the links that install; `undecoded`: how many links hold none that can be read. No link is opened. */
export function readInstallLinks(text: string): { servers: ConfiguredServer[]; undecoded: number } {
  const links = [...new Set([...text.matchAll(LINK)].map(([link]) => link))]
  const servers = links.map(serverOfLink)
  const read = servers.filter((one) => one !== undefined)
  return { servers: read, undecoded: servers.length - read.length }
}

function serverOfLink(link: string): ConfiguredServer | undefined {
  const query = link.slice(link.indexOf('?') + 1)
  const params = new URLSearchParams(query)
  const inner = params.get('url') ?? ''
  if (inner.includes('mcp/install?')) return serverOfLink(inner)
  const name = params.get('name') ?? ''
  return (
    serverIn('', objectIn(query)) ??
    serverIn(name, objectIn(params.get('config') ?? '')) ??
    (addressPattern.test(inner) ? readServerFields(name, { url: inner }) : undefined)
  )
}

/** A server's fields, or an object that holds one under its name. */
function serverIn(name: string, value: unknown): ConfiguredServer | undefined {
  if (!isFieldObject(value)) return undefined
  if (isServerLike(value)) return readServerFields(name || (givenNameOf(value) ?? ''), value)
  const [[key, only] = ['', undefined], ...others] = Object.entries(value)
  return others.length === 0 && isServerLike(only) ? readServerFields(name || key, only) : undefined
}

/** JSON as it stands, percent-encoded once or twice, or as base64 of any alphabet, with padding or without. */
function objectIn(text: string): unknown {
  const once = decodeUriText(text)
  const plain = [text, once, decodeUriText(once)].map(parseJson).find(isFieldObject)
  if (plain !== undefined) return plain
  const letters = once.replaceAll(' ', '+')
  if (!/^[\w+/-]+={0,2}$/.test(letters)) return undefined
  const decoded = Buffer.from(letters, 'base64').toString('utf8')
  return [decoded, decodeUriText(decoded)].map(parseJson).find(isFieldObject)
}
