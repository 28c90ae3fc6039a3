import type { Client, LoggingLevel } from '@modelcontextprotocol/client'
import type { Clean } from './clean.ts'

/** What a server wrote down while it worked, for whoever looks into a run's details. */
export type LogLine = { level: LoggingLevel; text: string }

// More helps nobody who reads a run, and a chatty server would fill the database.
const MAX_LINES = 50
const MAX_LINE_CHARS = 500

/** Which of its lists a server says are others now; skills are resources. */
export type Changed = 'tools' | 'offers'

type Ear = (line: LogLine) => void

const ears = new WeakMap<Client, Set<Ear>>()

/** Sets up, before it connects, what a client does with a server's notices. */
export function hearNotices(client: Client, clean: Clean, onChanged: (what: Changed) => void): void {
  const listening = new Set<Ear>()
  ears.set(client, listening)
  client.setNotificationHandler('notifications/tools/list_changed', () => onChanged('tools'))
  client.setNotificationHandler('notifications/resources/list_changed', () => onChanged('offers'))
  client.setNotificationHandler('notifications/prompts/list_changed', () => onChanged('offers'))
  client.setNotificationHandler('notifications/message', ({ params }) => {
    const said = typeof params.data === 'string' ? params.data : (JSON.stringify(params.data) ?? '')
    const from = params.logger === undefined ? '' : `${params.logger}: `
    const text = clean.text(`${from}${said}`.slice(0, MAX_LINE_CHARS))
    for (const ear of listening) ear({ level: params.level, text })
  })
}

/** Collects the lines until `end`. Of calls side by side each gets all: the old protocol does not say which one a line belongs to. */
export function collectLog(client: Client): { end(): LogLine[] } {
  const lines: LogLine[] = []
  const ear: Ear = (line) => {
    if (lines.length < MAX_LINES) lines.push(line)
  }
  ears.get(client)?.add(ear)
  return {
    end: () => {
      ears.get(client)?.delete(ear)
      return lines
    },
  }
}
