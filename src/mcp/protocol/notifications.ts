import type { Client, LoggingLevel } from '@modelcontextprotocol/client'
import { truncate } from '../../text.ts'
import type { Redactor } from './redactor.ts'

/** What a server logged during a call, shown in a run's details. */
export type LogLine = { level: LoggingLevel; logger?: string; text: string }

// Nobody reads more of a run, and a server that logs much would fill the database.
const MAX_LINES = 50
const MAX_LINE_CHARS = 500
const MAX_LOGGER_CHARS = 60

/** Which of its lists a server says have changed; skills are resources. */
export type ListChange = 'tools' | 'offers'

type LogListener = (line: LogLine) => void

const logListeners = new WeakMap<Client, Set<LogListener>>()

/** Registers what a client does with a server's notifications; to be called before it connects. */
export function registerNotificationHandlers(
  client: Client,
  redactor: Redactor,
  onChanged: (what: ListChange) => void,
): void {
  const listeners = new Set<LogListener>()
  logListeners.set(client, listeners)
  client.setNotificationHandler('notifications/tools/list_changed', () => onChanged('tools'))
  client.setNotificationHandler('notifications/resources/list_changed', () => onChanged('offers'))
  client.setNotificationHandler('notifications/prompts/list_changed', () => onChanged('offers'))
  client.setNotificationHandler('notifications/message', ({ params }) => {
    const message = typeof params.data === 'string' ? params.data : (JSON.stringify(params.data) ?? '')
    // The text is cut after redaction, because a secret cut in two would not be recognized.
    const text = truncate(redactor.text(message), MAX_LINE_CHARS)
    const logger =
      params.logger === undefined ? {} : { logger: truncate(redactor.text(params.logger), MAX_LOGGER_CHARS) }
    for (const listener of listeners) listener({ level: params.level, ...logger, text })
  })
}

/** Adds to `lines` what the server logs during the work. Parallel calls get each other's lines, because the old protocol does not say which call a line belongs to. */
export async function collectLogLines<T>(client: Client, lines: LogLine[], work: () => Promise<T>): Promise<T> {
  const listener: LogListener = (line) => {
    if (lines.length < MAX_LINES) lines.push(line)
  }
  logListeners.get(client)?.add(listener)
  try {
    return await work()
  } finally {
    logListeners.get(client)?.delete(listener)
  }
}
