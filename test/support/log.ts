import { Writable } from 'node:stream'
import { createLog, type Log } from '../../src/log.ts'

/** The product's own log, kept in memory so that a test can read what was written. */
export function memoryLog(): { log: Log; text(): string } {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  return { log: createLog('debug', destination), text: () => lines.join('') }
}
