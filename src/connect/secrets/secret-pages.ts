import { createHash, randomBytes } from 'node:crypto'
import { readSecrets, saveSecrets } from '../../credentials/secrets.ts'
import { isAppError } from '../../errors.ts'
import { createSecretEntryId, type SecretEntryId } from '../../ids.ts'
import type { ConnectDeps } from '../connect-types.ts'
import type { SecretPages } from '../secret-entry-types.ts'

/** For opening the page and filling it in, and again for sending the form in Slack. */
const TTL_MS = 10 * 60_000

/** Looked up by its hash, so the time that takes says nothing of the link. */
const hashOf = (token: string): string => createHash('sha256').update(`secret ${token}`).digest('hex')

const referenceFor = (id: SecretEntryId): string => `secret-entry/${id}`

export function createSecretPages(deps: ConnectDeps): SecretPages {
  const { secretEntries: entries, credentials, publicUrl, log } = deps
  return {
    isOffered: deps.entersSecretsOnPage,
    async open(by, details) {
      const [id, token] = [createSecretEntryId(), randomBytes(32).toString('base64url')]
      await entries.open(hashOf(token), { id, by, details }, TTL_MS)
      return { id, url: `${publicUrl}/secret/${token}`, until: new Date(Date.now() + TTL_MS) }
    },
    look: async (token) => (await entries.look(hashOf(token)))?.details,
    async enter(token, values) {
      const row = await entries.take(hashOf(token), TTL_MS)
      if (row === undefined) return false
      const { id, by, details } = row
      const names = new Set(details.fields.map(({ name }) => name))
      const own = Object.entries(values).filter(([name, value]) => names.has(name) && value.trim() !== '')
      await saveSecrets(credentials, referenceFor(id), Object.fromEntries(own))
      log.info({ card: details.card, workspace: by.workspace, fields: own.length }, 'secrets entered on a page')
      deps.onSecretsEntered?.({ id, by, details })
      return true
    },
    async find(id, by) {
      const row = await entries.of(id, by)
      return row && { id, by, details: row.details, entered: row.entered }
    },
    async read(id, by) {
      const row = await entries.of(id, by)
      if (row?.entered !== true) return {}
      return readSecrets(credentials, referenceFor(id)).catch((error: unknown) => {
        if (isAppError(error, 'credential_missing')) return {}
        throw error
      })
    },
    async end(id, by) {
      if ((await entries.of(id, by)) !== undefined) await remove(deps, id)
    },
    async removeExpired() {
      for (const id of await entries.expired()) await remove(deps, id)
    },
  }
}

/** The row names what was entered, so it is the last to go. */
async function remove({ credentials, secretEntries }: ConnectDeps, id: SecretEntryId): Promise<void> {
  await credentials.remove(referenceFor(id))
  await secretEntries.delete(id)
}
