import { isObject, parseLooseJson } from '../../protocol/loose-json.ts'
import { standardCodeOf } from '../tokens/read-auth-answer.ts'

/** The standard code of the error that a page for browsers reports: by its redirect, its JSON, or what it shows. */
export async function errorCodeIn(answer: Response, asked: URL): Promise<string | undefined> {
  const { status } = answer
  if (status >= 300 && status < 400) return codeInRedirect(answer.headers.get('location'), asked)
  if (status >= 500 || PASSING_STATUSES.has(status)) return undefined
  return codeInPage(await answer.text(), answer.ok)
}

function codeInPage(text: string, ok: boolean): string | undefined {
  const fields = parseFields(text)
  if (fields !== undefined) return 'error' in fields || !ok ? codeInFields(fields, text) : undefined
  if (isSignInForm(text)) return undefined
  const words = ok ? headingOf(text) : visibleTextOf(text)
  return standardCodeOf(undefined, words.slice(0, MAX_CHARS))
}

function codeInRedirect(location: string | null, asked: URL): string | undefined {
  if (location === null || !URL.canParse(location, asked.href)) return undefined
  const params = new URL(location, asked).searchParams
  return standardCodeOf(params.get('error') ?? undefined, params.get('error_description') ?? '')
}

// 408, 425 and 429 pass by themselves.
const PASSING_STATUSES = new Set([408, 425, 429])
// An error is told at the top of its page.
const MAX_CHARS = 1_000

function parseFields(text: string): Record<string, unknown> | undefined {
  try {
    const json = parseLooseJson(text)
    return isObject(json) ? json : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function codeInFields({ error }: Record<string, unknown>, text: string): string | undefined {
  return standardCodeOf(typeof error === 'string' ? error : undefined, text)
}

const UNSEEN = new Set(['!--', 'script', 'style', 'noscript', 'template', 'head', 'svg', 'textarea', 'select'])
const HIDES = /\s(?:hidden|aria-hidden="true"|style="[^"]*display:\s*none)/i
const OPENING = /<(!--|\w+)([^<>]*)/g
const CLOSING = /<\/(\w+)\s*>|--(>)/g

type Closing = { index: number; end: number }

/** The page without what a browser does not show; one pass, as the page may be made to take long. */
function visibleIn(html: string): string {
  const closings = closingsIn(html)
  const parts: string[] = []
  let at = 0
  for (const { 1: tag = '', 2: attributes = '', index } of html.matchAll(OPENING)) {
    const name = tag.toLowerCase()
    if (index < at || !(UNSEEN.has(name) || HIDES.test(attributes))) continue
    const ahead = closings.get(name)
    while ((ahead?.at(-1)?.index ?? index) < index) ahead?.pop()
    const end = ahead?.at(-1)?.end
    if (end === undefined) continue
    parts.push(html.slice(at, index))
    at = end
  }
  return [...parts, html.slice(at)].join(' ')
}

/** Where the elements of each name end, the first of them last. */
function closingsIn(html: string): Map<string, Closing[]> {
  const found = [...html.matchAll(CLOSING)].toReversed()
  return Map.groupBy(
    found.map(({ 0: text, 1: name = '!--', index }) => ({ name: name.toLowerCase(), index, end: index + text.length })),
    ({ name }) => name,
  )
}

/** What stands inside the first element of this name. */
function insideOf(html: string, name: string): string {
  const start = new RegExp(`<${name}\\b[^<>]*>`, 'i').exec(html)
  if (start === null) return ''
  const rest = html.slice(start.index + start[0].length)
  return rest.slice(0, Math.max(0, rest.search(new RegExp(`</${name}>`, 'i'))))
}

const textIn = (html: string): string =>
  html
    .replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/&(?:nbsp|#160|#xa0);/gi, ' ')
    .replaceAll(/&(?:#0?39|#x27|apos|rsquo|lsquo|quot|ldquo|rdquo);/gi, "'")
    .replaceAll(/\s+/g, ' ')
    .trim()

const visibleTextOf = (html: string): string => textIn(visibleIn(html))

/** The title and the first heading: all that an error page with a status of success is known by. */
const headingOf = (html: string): string =>
  [insideOf(html, 'title'), insideOf(visibleIn(html), 'h1')].map(textIn).join(' ')

/** Where a person can enter something, the service went on. */
const isSignInForm = (html: string): boolean => /<input\b(?![^<>]*type=["']?hidden)[^<>]*>/i.test(visibleIn(html))
