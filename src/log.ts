import { type DestinationStream, type Logger, pino } from 'pino'
import { z } from 'zod'
import { parseJson } from './json.ts'

export type Log = Logger

/** Field names whose values never reach a log, wherever they stand in a logged object (two levels deep). */
const SECRET_FIELDS = [
  'token',
  'secret',
  'password',
  'authorization',
  'apiKey',
  'api_key',
  'credential',
  'headers',
  'dsn',
  'inputs',
]

/** Shapes of well-known secrets, cut out of messages and errors that quote them; `state` is what a sign-in's way back is known by, and the two paths are links for one person. */
const SECRET_SHAPES =
  /\b(xox[a-z]-[\w-]+|xapp-[\w-]+|sk-ant-[\w-]+|sb_secret_\w+|gh[pousr]_\w{16,}|github_pat_\w+|sbp_\w{16,}|state=[\w-]{20,}|(?:sign-in|secret)\/[\w-]{40,}|Bearer\s+[\w.~+/=-]{8,})|:\/\/[^\s/@:]+:[^\s/@]+@/g

/** The text with everything that looks like a secret replaced. */
function redact(text: string): string {
  return text.replace(SECRET_SHAPES, (found) => (found.startsWith('://') ? '://[redacted]@' : '[redacted]'))
}

/**
 * The program's log: one JSON line per change of state, on stderr where no other destination is given. Levels are pino's.
 * Values under secret field names and texts that look like secrets are replaced before they are written.
 */
export function createLog(level: string, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: redact },
    },
    destination ?? pino.destination({ fd: 2, sync: true }),
  )
}

/** Where a person reads the log: in plain lines, and after what the start has to say. */
export type TerminalStream = DestinationStream & {
  /** Shows what was held back, and from now on everything at once. */
  start(): void
}

/** Turns lines of the log into lines for a person; they are held back until it is started. */
export function createTerminalStream(show: (line: string) => void): TerminalStream {
  const held: string[] = []
  let isStarted = false
  return {
    write(line) {
      const text = terminalLineOf(line)
      if (isStarted) show(text)
      else held.push(text)
    },
    start() {
      isStarted = true
      for (const text of held.splice(0)) show(text)
    },
  }
}

const Line = z.looseObject({ level: z.string(), msg: z.string() })
/** The fields in which lines say what was the matter. */
const REASONS = ['why', 'reason', 'error', 'err']

function terminalLineOf(line: string): string {
  const parsed = Line.safeParse(parseJson(line))
  if (!parsed.success) return line
  const { level, msg, ...fields } = parsed.data
  const reason = REASONS.map((name) => fields[name]).find((value) => typeof value === 'string')
  // What caused that in turn is for the log of a machine.
  const [first] = typeof reason === 'string' ? reason.split(' <- ') : []
  const end = first === undefined ? '' : ` (${first})`
  return `${MARKS[level] ?? ''}${msg}${end}\n`
}

const MARKS: Record<string, string> = { warn: 'Note: ', error: 'Error: ', fatal: 'Error: ' }
