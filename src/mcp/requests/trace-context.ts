import { createHash, randomBytes } from 'node:crypto'
import { TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from '@modelcontextprotocol/client'

/**
 * Where a call belongs, for a server that traces (www.w3.org/TR/trace-context). The run's id is the trace's id, so that what
 * a server's operator sees can be found among our runs; each call is a span of its own.
 */
export function traceContextOf(run: string): Record<string, string> {
  const hex = run.replaceAll('-', '').toLowerCase()
  const trace = /^(?!0{32})[0-9a-f]{32}$/.test(hex) ? hex : createHash('sha256').update(run).digest('hex').slice(0, 32)
  const span = randomBytes(8).toString('hex')
  return { [TRACEPARENT_META_KEY]: `00-${trace}-${span}-01`, [TRACESTATE_META_KEY]: `patchbay=${span}` }
}
