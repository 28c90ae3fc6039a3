import type { ElicitResult } from '@modelcontextprotocol/client'
import type { Egress } from '../egress/egress.ts'
import { isAppError } from '../errors.ts'
import type { InputAnswer } from './ask.ts'
import type { Clean } from './clean.ts'
import { FormAnswer } from './form.ts'
import type { Border } from './read-ask.ts'

/** What forbids opening this address, as far as no network is needed to know it. */
export function addressFault(egress: Pick<Egress, 'precheck'>, url: string): string | undefined {
  try {
    egress.precheck(url)
    return undefined
  } catch (error) {
    if (isAppError(error, 'egress_refused')) return error.message
    throw error
  }
}

export const borderOf = ({ egress }: { egress: Pick<Egress, 'precheck'> }, clean: Clean): Border => ({
  clean,
  addressFault: (url) => addressFault(egress, url),
})

/** An answer as the wire has it. */
export const elicited = ({ action, content }: InputAnswer): ElicitResult =>
  action === 'accept' && content !== undefined ? { action, content: FormAnswer.parse(content) } : { action }
