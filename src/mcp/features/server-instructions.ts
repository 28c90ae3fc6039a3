import { truncate } from '../../text.ts'
import type { Session } from '../transport/session.ts'

// A page of text; what is longer is more likely a prompt than advice.
const MAX_CHARS = 2_000

/** A server's instructions, without secrets and cut to size. They are untrusted, which whoever shows them to a model must say. */
export function serverInstructionsOf({ client, redactor }: Pick<Session, 'client' | 'redactor'>): string | undefined {
  const instructions = redactor.text(client.getInstructions() ?? '').trim()
  if (instructions === '') return undefined
  return truncate(instructions, MAX_CHARS)
}
