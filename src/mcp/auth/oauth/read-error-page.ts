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

const UNSEEN =
  /<!--[\s\S]*?-->|<(script|style|noscript|template|head|svg|textarea|select)\b[\s\S]*?<\/\1\s*>|<(\w+)\b[^>]*\s(?:hidden|aria-hidden="true"|style="[^"]*display:\s*none[^"]*")[^>]*>[\s\S]*?<\/\2\s*>/gi

const textIn = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&(?:nbsp|#160|#xa0);/gi, ' ')
    .replaceAll(/&(?:#0?39|#x27|apos|rsquo|lsquo|quot|ldquo|rdquo);/gi, "'")
    .replaceAll(/\s+/g, ' ')
    .trim()

const visibleTextOf = (html: string): string => textIn(html.replaceAll(UNSEEN, ' '))

/** The title and the first heading: all that an error page with a status of success is known by. */
function headingOf(html: string): string {
  const title = /<title\b[^>]*>([\s\S]*?)<\/title>/i.exec(html)?.[1] ?? ''
  const heading = /<h1\b[^>]*>([\s\S]*?)<\/h1>/i.exec(html.replaceAll(UNSEEN, ' '))?.[1] ?? ''
  return [title, heading].map(textIn).join(' ')
}

/** Where a person can enter something, the service went on. */
const isSignInForm = (html: string): boolean =>
  /<input\b(?![^>]*type=["']?hidden)[^>]*>/i.test(html.replaceAll(UNSEEN, ' '))
