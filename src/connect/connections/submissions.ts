import { readSecrets, saveSecrets } from '../../credentials/secrets.ts'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { ConnectDeps, ConnectSubmission, Submissions } from '../connect-types.ts'

/** Longer than a connect and its telling may take, so that a form has one holder. */
const LEASE_MS = 150_000

/** A form that ends the process each time must not do so for ever. */
const MAX_TRIES = 3

export const submissionReferenceOf = ({ id }: Pick<ConnectSubmission, 'id'>): string => `submission/${id}`

/** All of what was typed is sealed, as the row needs none of it. */
export function createSubmissions({
  submissions,
  credentials,
  log,
}: Pick<ConnectDeps, 'submissions' | 'credentials' | 'log'>): Submissions {
  return {
    async save({ inputs, ...row }) {
      await saveSecrets(credentials, submissionReferenceOf(row), inputs)
      const fresh = await submissions.save(row, LEASE_MS)
      if (!fresh) await credentials.remove(submissionReferenceOf(row))
      return fresh
    },
    async claim() {
      const claimed: (ConnectSubmission & { lost: boolean })[] = []
      for (const { tries, ...row } of await submissions.claim(LEASE_MS)) {
        try {
          const inputs = await readSecrets(credentials, submissionReferenceOf(row))
          claimed.push({ ...row, inputs, lost: tries > MAX_TRIES })
        } catch (error) {
          log.error({ submission: row.id, tries, why: errorChainOf(error) }, 'a submitted form could not be read')
          // The store may only be out of reach, so it is read again once the lease ends.
          if (tries > MAX_TRIES || isAppError(error, 'credential_missing'))
            claimed.push({ ...row, inputs: {}, lost: true })
        }
      }
      return claimed
    },
    // The row first: a row without what was typed could not be finished.
    async end(submission) {
      await submissions.delete(submission.id)
      await credentials.remove(submissionReferenceOf(submission))
    },
  }
}
