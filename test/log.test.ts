import { expect, test } from 'vitest'
import { createLog, createTerminalStream } from '../src/log.ts'

/** What a person sees of a log on a terminal, after the words of the start. */
function terminal() {
  const seen: string[] = []
  const output = createTerminalStream((line) => seen.push(line))
  return { seen, output, log: createLog('info', output) }
}

test('a terminal shows the log after the start, in plain lines', () => {
  const { seen, output, log } = terminal()
  log.warn({ registry: 'https://r.example', why: 'fetch failed <- no such host' }, 'the registry cannot be read')
  log.info({ pid: 7 }, 'database ready')
  expect(seen).toEqual([])
  output.start()
  log.error({ err: 'it broke' }, 'run failed')
  expect(seen).toEqual([
    'Note: the registry cannot be read (fetch failed)\n',
    'database ready\n',
    'Error: run failed (it broke)\n',
  ])
  expect(seen.join('')).not.toContain('{')
})

test('secrets are cut out on a terminal, too', () => {
  const { seen, output, log } = terminal()
  output.start()
  log.warn({ why: 'Bearer abcdefghijklmnop was refused' }, 'sign-in failed')
  expect(seen.join('')).toBe('Note: sign-in failed ([redacted] was refused)\n')
})
