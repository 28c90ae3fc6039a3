import { randomBytes, scrypt } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, hasSystemCode } from '../errors.ts'
import { decryptCredential, encryptCredential } from './seal.ts'
import type { CredentialStore } from './store.ts'
import { secretNameOf, withStoreErrors } from './store-error.ts'

const KEY_BYTES = 32
// Below this a key can be guessed however it is stretched.
const KEY_TEXT_MIN_CHARS = 16
// The same in every installation, so that instances with one folder and one CREDENTIALS_KEY agree.
const KEY_SALT = 'patchbay credentials v1'
const CHECK_REF = 'patchbay/check'

/**
 * Secrets in files of a folder, one per reference, sealed with AES-256-GCM. Several processes may use the folder.
 * The key comes from `key` (CREDENTIALS_KEY), else from a file in the folder that only its owner can read, made at
 * first start. Throws `config_invalid` when the key is not the one the folder was begun with.
 */
export async function openLocalStore(o: { folder: string; key: string | undefined }): Promise<CredentialStore> {
  const { folder } = o
  await withStoreErrors('open', () => mkdir(folder, { recursive: true, mode: 0o700 }))
  const key = o.key === undefined ? await withStoreErrors('open', () => keyOfFolder(folder)) : await keyFromText(o.key)
  await checkKey(folder, key)
  return {
    get: async (ref) => {
      const sealed = await withStoreErrors('read', () => readIfThere(fileOf(folder, ref)))
      return sealed === undefined
        ? undefined
        : await withStoreErrors('read', async () => decryptCredential(key, ref, sealed))
    },
    set: (ref, secret) =>
      withStoreErrors('save', () => replaceFile(fileOf(folder, ref), encryptCredential(key, ref, secret))),
    remove: (ref) => withStoreErrors('remove', () => rm(fileOf(folder, ref), { force: true })),
  }
}

const fileOf = (folder: string, ref: string): string => join(folder, `${secretNameOf(ref)}.sealed`)

async function keyOfFolder(folder: string): Promise<Buffer> {
  const path = join(folder, 'key')
  if ((await readIfThere(path)) === undefined) await createFileOnce(path, randomBytes(KEY_BYTES))
  const key = await readIfThere(path)
  if (key?.length !== KEY_BYTES) throw new RangeError(`the key file ${path} is damaged`)
  return key
}

function keyFromText(text: string): Promise<Buffer> {
  if (text.length < KEY_TEXT_MIN_CHARS)
    throw new AppError(
      'config_invalid',
      `CREDENTIALS_KEY is too short: put at least ${KEY_TEXT_MIN_CHARS} characters, for example the output of: openssl rand -base64 32`,
    )
  return new Promise((resolve, reject) =>
    scrypt(text, KEY_SALT, KEY_BYTES, (error, key) => (error ? reject(error) : resolve(key))),
  )
}

/** A known text sealed at first start tells a wrong key at once, not at a person's first call. */
async function checkKey(folder: string, key: Buffer): Promise<void> {
  const path = fileOf(folder, CHECK_REF)
  await withStoreErrors('open', () => createFileOnce(path, encryptCredential(key, CHECK_REF, 'ok')))
  const sealed = await withStoreErrors('open', () => readIfThere(path))
  try {
    decryptCredential(key, CHECK_REF, sealed ?? Buffer.alloc(0))
  } catch (error) {
    throw wrongKeyError(folder, error)
  }
}

function wrongKeyError(folder: string, cause: unknown): AppError {
  return new AppError(
    'config_invalid',
    `The credentials in ${folder} were saved with another key: set CREDENTIALS_KEY back to that key (or unset it, if none was set then). If the key is lost, remove the folder; people then reconnect.`,
    { cause },
  )
}

/** The file's bytes; undefined when there is none. */
async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Replaces the file as a whole: another process sees the old bytes or the new, never a part, even after a power cut. */
async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const draft = await writeDraft(path, bytes)
  await rename(draft, path)
}

/** Makes the file unless there is one already; false when another process was first. */
async function createFileOnce(path: string, bytes: Buffer): Promise<boolean> {
  const draft = await writeDraft(path, bytes)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (hasSystemCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeDraft(path: string, bytes: Buffer): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  return draft
}
