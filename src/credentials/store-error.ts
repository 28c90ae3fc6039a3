import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'

type StoreWork = 'open' | 'read' | 'save' | 'remove'

/** Runs work of a store; what goes wrong is `credential_store_failed` with its cause. */
export async function withStoreErrors<T>(what: StoreWork, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw storeError(what, cause)
  }
}

function storeError(what: StoreWork, cause: unknown): AppError {
  return new AppError(
    'credential_store_failed',
    `Could not ${what} a saved credential. Tell whoever runs Patchbay here; the log has the cause.`,
    { cause },
  )
}

/** A name that any service takes, whatever the reference holds; a listing of such names says nothing. */
export const secretNameOf = (ref: string): string => createHash('sha256').update(ref).digest('hex')

/** Services refuse an empty secret, so each begins with this. */
const BEGINNING = '='

export const storedTextOf = (secret: string): string => BEGINNING + secret

export function secretIn(stored: string): string {
  if (stored.startsWith(BEGINNING)) return stored.slice(BEGINNING.length)
  throw new RangeError('this secret was not saved by Patchbay')
}
