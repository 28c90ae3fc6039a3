import { randomBytes } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, hasSystemCode } from '../errors.ts'
import { createFileOnce, readIfThere, replaceFile } from './file-writes.ts'
import type { CredentialStore } from './store.ts'
import { secretNameOf, withStoreErrors } from './store-error.ts'

/** The codes of a read-only mount, and of a folder that belongs to somebody else. */
const READ_ONLY_CODES = ['EROFS', 'EACCES', 'EPERM']
/** Such a reference has no dot, so no two references share a file. */
const PLAIN_REFERENCE = /^[\w-]+(?:\/[\w-]+)*$/
/** The longest key of a Kubernetes secret. */
const MAX_NAME_CHARS = 253

/** The file of a reference: `connection/…` is `connection.…`, which Docker and Kubernetes take as a name; others are hashes. */
export function secretFileOf(ref: string): string {
  const name = ref.replaceAll('/', '.')
  return PLAIN_REFERENCE.test(ref) && name.length <= MAX_NAME_CHARS ? name : `sha256.${secretNameOf(ref)}`
}

/**
 * Secrets as they stand in the files of a folder that somebody else keeps safe: a Docker or Kubernetes secret, a volume.
 * Each read opens the file anew, so a mount that is swapped is followed. A folder that may only be read serves what is
 * there; saving and removing then fail and say so. Throws `config_invalid` when there is no such folder.
 */
export async function openMountedFiles(folder: string): Promise<{ store: CredentialStore; isReadOnly: boolean }> {
  if (!(await isFolder(folder)))
    throw new AppError(
      'config_invalid',
      `CREDENTIALS_FOLDER: ${folder} is not a folder that can be read. Mount it, or make it for this user alone.`,
    )
  const pathOf = (ref: string) => join(folder, secretFileOf(ref))
  return {
    isReadOnly: !(await isWritable(folder)),
    store: {
      get: (ref) => withStoreErrors('read', async () => (await readIfThere(pathOf(ref)))?.toString('utf8')),
      set: (ref, secret) =>
        withStoreErrors('save', () => withWords('save', replaceFile(pathOf(ref), Buffer.from(secret)))),
      remove: (ref) => withStoreErrors('remove', () => withWords('remove', rm(pathOf(ref), { force: true }))),
    },
  }
}

async function isFolder(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

/** Only a write tells: root may write where the permissions forbid it, and a mount is read-only whatever they say. */
async function isWritable(folder: string): Promise<boolean> {
  const path = join(folder, `patchbay-check.${randomBytes(6).toString('hex')}`)
  try {
    await createFileOnce(path, Buffer.alloc(0))
    await rm(path)
    return true
  } catch (error) {
    if (READ_ONLY_CODES.some((code) => hasSystemCode(error, code))) return false
    throw error
  }
}

async function withWords(what: 'save' | 'remove', work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    throw READ_ONLY_CODES.some((code) => hasSystemCode(error, code)) ? readOnlyError(what, error) : error
  }
}

const READ_ONLY_WORDS = {
  save: 'Could not save a credential: Patchbay may only read the files that credentials are kept in. What is connected already goes on working. Ask whoever runs Patchbay for a store that can be written to.',
  remove:
    'Could not remove the saved credential: Patchbay may only read the files that credentials are kept in. Ask whoever runs Patchbay to take it out of them, then try again.',
}

const readOnlyError = (what: keyof typeof READ_ONLY_WORDS, cause: unknown): AppError =>
  new AppError('credential_store_failed', READ_ONLY_WORDS[what], { cause })
