import type { ElicitResult } from '@modelcontextprotocol/client'
import type { Egress } from '../../egress/egress.ts'
import { isAppError } from '../../errors.ts'
import type { Redactor } from '../protocol/redact-secrets.ts'
import { FormAnswer } from './form-field.ts'
import type { InputAnswer } from './input-request.ts'
import type { ElicitationPolicy } from './read-elicitation.ts'

/** What forbids opening this address, as far as no network is needed to know it. */
export function addressProblemIn(egress: Pick<Egress, 'precheck'>, url: string): string | undefined {
  try {
    egress.precheck(url)
    return undefined
  } catch (error) {
    if (isAppError(error, 'egress_refused')) return error.message
    throw error
  }
}

export const elicitationPolicyOf = (
  { egress }: { egress: Pick<Egress, 'precheck'> },
  redactor: Redactor,
): ElicitationPolicy => ({
  redactor,
  addressFault: (url) => addressProblemIn(egress, url),
})

/** An answer as the wire has it. */
export const toElicitResult = ({ action, content }: InputAnswer): ElicitResult =>
  action === 'accept' && content !== undefined ? { action, content: FormAnswer.parse(content) } : { action }
