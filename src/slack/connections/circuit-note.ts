import type { Connect } from '../../connect/connect.ts'
import { formatDate, pluralize } from '../blocks/text.ts'

export type CircuitOf = Connect['circuit']

/** What to add to a connection whose server is left alone; empty when calls go out as ever. */
export function circuitText(circuit: ReturnType<CircuitOf>): string {
  switch (circuit.kind) {
    case 'closed':
      return ''
    case 'open':
      return `:zzz: resting until ${formatDate(circuit.until)}, after ${pluralize(circuit.failures, 'failed try', 'failed tries')} in a row. _Test_ tries at once.`
    case 'half_open':
      return ':zzz: rested; the next call finds out whether it is back.'
    default:
      return circuit satisfies never
  }
}
