import { type Logger, LogLevel } from '@slack/web-api'
import type { Log } from '../../log.ts'

/** Bolt's and the Web API client's log lines in our log; what they call info is debug to us. */
export function createBoltLogger(log: Log): Logger {
  const at =
    (level: 'debug' | 'warn' | 'error') =>
    (...words: unknown[]) =>
      log[level]({ from: 'bolt' }, words.map(String).join(' '))
  return {
    debug: at('debug'),
    info: at('debug'),
    warn: at('warn'),
    error: at('error'),
    // The level is the log's own.
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  }
}

/** For what handles the app's own secret: the Web API client writes what it sends into the debug log, and knows tokens only by their names. */
export const withoutDebugLines = (logger: Logger): Logger => ({
  ...logger,
  debug: () => undefined,
  info: () => undefined,
})
