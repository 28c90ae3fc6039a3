import { truncate } from '../../text.ts'
import type { Session } from '../transport/session.ts'

// A page of text; what is longer is more likely a prompt than advice.
const MAX_CHARS = 2_000

/** What a server says of its own use, without secrets and kept short. It is untrusted: whoever shows it to a model says so. */
export function serverInstructionsOf({ client, redactor }: Pick<Session, 'client' | 'redactor'>): string | undefined {
  const said = redactor.text(client.getInstructions() ?? '').trim()
  return said === '' ? undefined : truncate(said, MAX_CHARS)
}
