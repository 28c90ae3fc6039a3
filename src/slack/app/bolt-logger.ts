import { type Logger, LogLevel } from '@slack/web-api'
import type { Log } from '../../log.ts'

/** A logger for Bolt and the Web API client that writes to our log, their info lines as debug. */
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
    // Our log sets the level.
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  }
}

/** Drops debug lines, in which the Web API client would log the app's client secret: it redacts only tokens. */
export const withoutDebugLines = (logger: Logger): Logger => ({
  ...logger,
  debug: () => undefined,
  info: () => undefined,
})
