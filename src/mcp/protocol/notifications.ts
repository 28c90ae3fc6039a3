import type { Client, LoggingLevel } from '@modelcontextprotocol/client'
import { truncate } from '../../text.ts'
import type { Redactor } from './redact-secrets.ts'

/** What a server wrote down while it worked, for whoever looks into a run's details. */
export type LogLine = { level: LoggingLevel; logger?: string; text: string }

// More helps nobody who reads a run, and a chatty server would fill the database.
const MAX_LINES = 50
const MAX_LINE_CHARS = 500
const MAX_LOGGER_CHARS = 60

/** Which of its lists a server says are others now; skills are resources. */
export type ListChange = 'tools' | 'offers'

type Ear = (line: LogLine) => void

const ears = new WeakMap<Client, Set<Ear>>()

/** Sets up, before it connects, what a client does with a server's notices. */
export function registerNotificationHandlers(
  client: Client,
  redactor: Redactor,
  onChanged: (what: ListChange) => void,
): void {
  const listening = new Set<Ear>()
  ears.set(client, listening)
  client.setNotificationHandler('notifications/tools/list_changed', () => onChanged('tools'))
  client.setNotificationHandler('notifications/resources/list_changed', () => onChanged('offers'))
  client.setNotificationHandler('notifications/prompts/list_changed', () => onChanged('offers'))
  client.setNotificationHandler('notifications/message', ({ params }) => {
    const said = typeof params.data === 'string' ? params.data : (JSON.stringify(params.data) ?? '')
    // The text is cut after redaction, because a secret cut in two would not be recognized.
    const text = truncate(redactor.text(said), MAX_LINE_CHARS)
    const logger =
      params.logger === undefined ? {} : { logger: truncate(redactor.text(params.logger), MAX_LOGGER_CHARS) }
    for (const ear of listening) ear({ level: params.level, ...logger, text })
  })
}

/** Adds to `lines` what is said during the work. Of calls side by side each gets all: the old protocol does not say which one a line belongs to. */
export async function collectLogLines<T>(client: Client, lines: LogLine[], work: () => Promise<T>): Promise<T> {
  const ear: Ear = (line) => {
    if (lines.length < MAX_LINES) lines.push(line)
  }
  ears.get(client)?.add(ear)
  try {
    return await work()
  } finally {
    ears.get(client)?.delete(ear)
  }
}
