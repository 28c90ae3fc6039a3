import { parse as parseToml, TomlError } from 'smol-toml'
import stripJsonComments from 'strip-json-comments'
import { parseJson } from '../../json.ts'

/** The values that a text may stand for, the likeliest first: JSON with comments, a part of it, or TOML, with fences or words around. */
export function* parseConfigurations(text: string): Generator<unknown> {
  const plain = text.replace(/^\ufeff/, '').trim()
  for (const one of new Set([plain, ...fencedTextsIn(plain)])) {
    yield* jsonTextsIn(one).map(parseLooseJson).filter(isParsed)
    yield* [parseTomlTable(one)].filter(isParsed)
  }
}

const isParsed = (value: unknown): boolean => typeof value === 'object' && value !== null

const fencedTextsIn = (text: string): string[] =>
  [...text.matchAll(/(?:```|~~~)[^\n]*\n([\s\S]*?)(?:```|~~~|$)/g)].map(([, inner = '']) => inner.trim())

/** The text, what of it stands in braces or brackets, and half a file without its outer braces. */
function jsonTextsIn(text: string): string[] {
  const inBraces = between(text, '{', '}')
  const half = /^[^{]*?("[^"\n]+"\s*:[\s\S]*)$/.exec(text)?.[1]
  return [
    text,
    ...(half === undefined ? [] : [`{${half.replace(/,\s*$/, '')}}`, `{${half.replace(/,\s*$/, '')}`]),
    ...[inBraces, between(text, '[', ']')].filter((part) => part !== undefined && part !== text),
  ].filter((part) => part !== undefined)
}

function between(text: string, open: string, close: string): string | undefined {
  const [from, to] = [text.indexOf(open), text.lastIndexOf(close)]
  return from < 0 || to < from ? undefined : text.slice(from, to + 1)
}

/** JSON, also with comments and commas at the end. */
function parseLooseJson(text: string): unknown {
  return parseJson(text) ?? parseJson(stripJsonComments(text, { trailingCommas: true }))
}

/** Its errors quote the place, which may hold a key, so none is passed on. */
function parseTomlTable(text: string): unknown {
  if (!/^\s*\[\[?[^\]\n]+\]/m.test(text)) return undefined
  try {
    return parseToml(text)
  } catch (error) {
    if (error instanceof TomlError) return undefined
    throw error
  }
}
