import { isRecord } from '../../src/block-kit/problem.ts'
import { parseJson } from '../parse-json.ts'

const REDACTED = '[redacted]'

/** Shapes of well-known secrets. */
const SECRET_SHAPES =
  /\b(xox[a-z]-[\w-]+|xapp-[\w-]+|sk-ant-[\w-]+|sb_secret_\w+|gh[pousr]_\w{16,}|github_pat_\w+|sbp_\w{16,}|state=[\w-]{20,}|Bearer\s+[\w.~+/=-]{8,})/g
/** The password in a URL. */
const URL_PASSWORD = /(:\/\/)[^\s/@:]+:[^\s/@]+@/g

/** Names of fields whose value is a secret. */
const SECRET_FIELD = /token|secret|password|passwd|authorization|api_?key|credential|ticket/i
/** Words in the label, hint or id of an input for a secret. */
const SECRET_INPUT =
  /token|secret|password|passwd|api.?key|private.?key|access.?key|credential|dsn|connection.?string|encrypted/i
/** An upload URL ends in its key. */
const UPLOAD = /(\/upload\/v1\/[^/]+\/)\w+/g

/** Replaces tokens, texts that look like secrets, and values typed into inputs for secrets. */
export function redactPayload(payload: unknown): unknown {
  const open = opened(payload)
  return walk(open, secretInputs(open))
}

/** Parses the JSON texts in form fields, so that secrets inside them are found. */
function opened(value: unknown): unknown {
  if (typeof value === 'string') return /^\s*[[{]/.test(value) ? (parseJson(value) ?? value) : value
  if (Array.isArray(value)) return value.map(opened)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, opened(held)]))
}

function redactText(text: string): string {
  return text.replace(SECRET_SHAPES, REDACTED).replace(URL_PASSWORD, `$1${REDACTED}@`).replace(UPLOAD, `$1${REDACTED}`)
}

function walk(value: unknown, inputs: Set<string>): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map((one) => walk(one, inputs))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [name, isSecret(name, held, inputs) ? REDACTED : walk(held, inputs)]),
  )
}

function isSecret(name: string, held: unknown, inputs: Set<string>): boolean {
  if (inputs.has(name)) return true
  return typeof held === 'string' && held !== '' && SECRET_FIELD.test(name)
}

/** The block and action ids of all inputs in the payload that ask for a secret. */
function secretInputs(payload: unknown): Set<string> {
  const found = new Set<string>()
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look)
    if (!isRecord(value)) return
    for (const id of secretIds(value)) found.add(id)
    Object.values(value).forEach(look)
  }
  look(payload)
  return found
}

function secretIds(block: Record<string, unknown>): string[] {
  const { type, element, block_id } = block
  if (type !== 'input' || !isRecord(element) || !asksForSecret(block, element)) return []
  return [block_id, element.action_id].filter((id) => typeof id === 'string')
}

function asksForSecret({ label, hint, block_id }: Record<string, unknown>, element: Record<string, unknown>): boolean {
  if (!String(element.type).endsWith('_input')) return false
  return SECRET_INPUT.test(JSON.stringify([label, hint, block_id, element.action_id, element.placeholder]))
}
