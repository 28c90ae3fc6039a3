import { mkdir, rm } from 'node:fs/promises'
import { AppError } from '../errors.ts'
import { readIfThere, replaceFile } from './file-writes.ts'
import { assertKeyOf, readKeyOf, readKeysWith, readKeyText, sealedFileIn } from './local-key.ts'
import { decryptCredential, encryptCredential } from './seal.ts'
import type { CredentialStore } from './store.ts'
import { secretNameOf, withStoreErrors } from './store-error.ts'

/**
 * Secrets in files of a folder, one per reference, sealed with AES-256-GCM. Several processes may use the folder.
 * The key comes from `key` (CREDENTIALS_KEY), else from a file in the folder that only its owner can read, made at
 * first start. Throws `config_invalid` when the key is not the one the folder was begun with.
 */
export async function openLocalStore(o: { folder: string; key: string | undefined }): Promise<CredentialStore> {
  const { folder } = o
  await withStoreErrors('open', () => mkdir(folder, { recursive: true, mode: 0o700 }))
  const given = o.key === undefined ? undefined : await readKeyText(o.key)
  /** As they are now: another process may replace the key. */
  const readKeys = async () => readKeysWith(given ?? (await readKeyOf(folder)), folder)
  let keys = await withStoreErrors('open', readKeys)
  await withStoreErrors('open', () => assertKeyOf(folder, keys))

  const read = async (ref: string): Promise<string | undefined> => {
    const name = secretNameOf(ref)
    const sealed = await readIfThere(sealedFileIn(folder, name))
    if (sealed === undefined) return undefined
    const opened = decryptCredential(keys, name, sealed, ref)
    if (opened.ok) return opened.text
    keys = await readKeys()
    const again = decryptCredential(keys, name, (await readIfThere(sealedFileIn(folder, name))) ?? sealed, ref)
    if (again.ok) return again.text
    throw createSealError(again.why)
  }
  return {
    get: (ref) => withStoreErrors('read', () => read(ref)),
    set: (ref, secret) =>
      withStoreErrors('save', async () => {
        // A secret sealed with a key that was replaced meanwhile would be lost.
        keys = await readKeys()
        await assertKeyOf(folder, keys)
        const name = secretNameOf(ref)
        await replaceFile(sealedFileIn(folder, name), encryptCredential(keys[0], name, secret))
      }),
    remove: (ref) => withStoreErrors('remove', () => rm(sealedFileIn(folder, secretNameOf(ref)), { force: true })),
  }
}

const SEAL_WORDS = {
  damaged: 'The saved credential is damaged. Press Reconnect and enter it again.',
  other_key: 'This credential was saved with another key. Tell whoever runs Patchbay here to look at CREDENTIALS_KEY.',
}

/** A damaged file counts as a missing secret. */
const createSealError = (why: keyof typeof SEAL_WORDS): AppError =>
  new AppError(why === 'damaged' ? 'credential_missing' : 'credential_store_failed', SEAL_WORDS[why])
