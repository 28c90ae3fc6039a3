import { isDeepStrictEqual } from 'node:util'
import { readSecrets, saveSecrets } from '../../credentials/secrets.ts'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { ConnectionId } from '../../ids.ts'
import type { ConnectDeps, ConnectSubmission, Submissions } from '../connect-types.ts'

/** Longer than a connect and its telling may take, so that a form has one holder. */
const LEASE_MS = 300_000

/** A form that ends the process each time must not do so for ever. */
const MAX_TRIES = 3

type ClaimedRow = Awaited<ReturnType<ConnectDeps['submissions']['claim']>>[number]

export const submissionReferenceOf = ({ id }: Pick<ConnectSubmission, 'id'>): string => `submission/${id}`

/** All of what was typed is sealed, as the row needs none of it. */
export function createSubmissions({
  submissions,
  credentials,
  log,
}: Pick<ConnectDeps, 'submissions' | 'credentials' | 'log'>): Submissions {
  const typedInto = (id: ConnectionId) =>
    readSecrets(credentials, submissionReferenceOf({ id })).catch((error: unknown) => {
      if (isAppError(error, 'credential_missing')) return undefined
      throw error
    })
  const read = async ({ tries, ...row }: ClaimedRow) => {
    const lost = tries > MAX_TRIES
    try {
      return { ...row, inputs: await readSecrets(credentials, submissionReferenceOf(row)), lost }
    } catch (error) {
      if (isAppError(error, 'credential_missing')) {
        log.info(
          { submission: row.id },
          'its holder died before the form was acknowledged, or after its outcome was told',
        )
        await submissions.delete(row.id)
        return undefined
      }
      // The store may only be out of reach, so it is read again once the lease ends.
      log.error({ submission: row.id, tries, why: errorChainOf(error) }, 'a submitted form could not be read')
      return lost ? { ...row, inputs: {}, lost } : undefined
    }
  }
  return {
    async save({ inputs, ...row }) {
      const before = await submissions.save(row, LEASE_MS)
      if (before !== undefined) {
        if (isDeepStrictEqual(await typedInto(before), inputs)) return false
        // Other words, typed after an acknowledgement that came too late, are a form of their own.
        const { id, hash } = row.view
        await submissions.save({ ...row, view: { id, hash: `${hash} ${row.id}` } }, LEASE_MS)
      }
      try {
        await saveSecrets(credentials, submissionReferenceOf(row), inputs)
      } catch (error) {
        await submissions.delete(row.id)
        throw error
      }
      return true
    },
    async claim() {
      const rows = await submissions.claim(LEASE_MS)
      return (await Promise.all(rows.map(read))).filter((form) => form !== undefined)
    },
    // The row names what was typed, so it is the last to go.
    async end(submission) {
      await credentials.remove(submissionReferenceOf(submission))
      await submissions.delete(submission.id)
    },
  }
}
