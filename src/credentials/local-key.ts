import { randomBytes, scrypt } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { parseJson } from '../json.ts'
import { createFileOnce, readIfThere, replaceFile } from './file-writes.ts'
import { decryptCredential, encryptCredential } from './seal.ts'
import { secretNameOf } from './store-error.ts'

export const KEY_BYTES = 32
// Below this a key can be guessed however it is stretched.
const KEY_TEXT_MIN_CHARS = 16
// The same in every installation, so that instances with one folder and one CREDENTIALS_KEY agree.
const KEY_SALT = 'patchbay credentials v1'
const CHECK_REF = 'patchbay/check'
const CHECK_NAME = secretNameOf(CHECK_REF)
const SEALED = '.sealed'

/** While a key is replaced: each of the two keys, sealed with the other, so that whoever has one has both. */
const KeyChange = z.object({ next: z.base64(), before: z.base64() })

export const keyFileIn = (folder: string): string => join(folder, 'key')
export const keyChangeFileIn = (folder: string): string => join(folder, 'key-change')
export const sealedFileIn = (folder: string, name: string): string => join(folder, name + SEALED)

/** The names of what is sealed in a folder, but for the check. */
export const sealedNamesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder))
    .filter((file) => file.endsWith(SEALED))
    .map((file) => file.slice(0, -SEALED.length))
    .filter((name) => name !== CHECK_NAME)

/** The folder's own key, made when there is none. */
export async function readKeyOf(folder: string): Promise<Buffer> {
  const path = keyFileIn(folder)
  if ((await readIfThere(path)) === undefined) await createFileOnce(path, randomBytes(KEY_BYTES))
  const key = await readIfThere(path)
  if (key?.length !== KEY_BYTES) throw new RangeError(`the key file ${path} is damaged`)
  return key
}

/** The key that a text stands for; `setting` names it where it is too short. */
export function readKeyText(text: string, setting = 'CREDENTIALS_KEY'): Promise<Buffer> {
  if (text.length < KEY_TEXT_MIN_CHARS)
    throw new AppError(
      'config_invalid',
      `${setting} is too short: put at least ${KEY_TEXT_MIN_CHARS} characters, for example the output of: openssl rand -base64 32`,
    )
  return new Promise((resolve, reject) =>
    scrypt(text, KEY_SALT, KEY_BYTES, (error, key) => (error ? reject(error) : resolve(key))),
  )
}

/** What may open the folder's files, first the key that seals: two keys while one is replaced. */
export async function readKeysWith(own: Buffer, folder: string): Promise<[Buffer, ...Buffer[]]> {
  const change = KeyChange.safeParse(parseJson((await readIfThere(keyChangeFileIn(folder)))?.toString('utf8') ?? ''))
  if (!change.success) return [own]
  const next = decryptCredential([own], 'key-change/next', Buffer.from(change.data.next, 'base64'))
  if (next.ok) return [Buffer.from(next.text, 'base64'), own]
  const before = decryptCredential([own], 'key-change/before', Buffer.from(change.data.before, 'base64'))
  return before.ok ? [own, Buffer.from(before.text, 'base64')] : [own]
}

/** From here on either key opens all, and the next one seals. */
export async function writeKeyChange(folder: string, before: Buffer, next: Buffer): Promise<void> {
  const change: z.infer<typeof KeyChange> = {
    next: encryptCredential(before, 'key-change/next', next.toString('base64')).toString('base64'),
    before: encryptCredential(next, 'key-change/before', before.toString('base64')).toString('base64'),
  }
  await replaceFile(keyChangeFileIn(folder), Buffer.from(JSON.stringify(change)))
}

/** Seals the known text that tells a wrong key at once, not at a person's first call. */
export const writeKeyCheck = (folder: string, key: Buffer): Promise<void> =>
  replaceFile(sealedFileIn(folder, CHECK_NAME), encryptCredential(key, CHECK_NAME, 'ok'))

/** Throws `config_invalid` when the folder was begun with another key. A check that is damaged is made again. */
export async function assertKeyOf(folder: string, keys: [Buffer, ...Buffer[]]): Promise<void> {
  const path = sealedFileIn(folder, CHECK_NAME)
  const sealed = await readIfThere(path)
  if (sealed === undefined && (await createFileOnce(path, encryptCredential(keys[0], CHECK_NAME, 'ok')))) return
  const opened = decryptCredential(keys, CHECK_NAME, sealed ?? (await readIfThere(path)) ?? Buffer.alloc(0), CHECK_REF)
  if (opened.ok) return
  const names = await sealedNamesIn(folder)
  if (await opensAny(folder, names, keys)) return writeKeyCheck(folder, keys[0])
  if (opened.why === 'damaged' && names.length === 0) return writeKeyCheck(folder, keys[0])
  throw createWrongKeyError(folder)
}

async function opensAny(folder: string, names: string[], keys: Buffer[]): Promise<boolean> {
  for (const name of names) {
    const sealed = await readIfThere(sealedFileIn(folder, name))
    if (sealed !== undefined && decryptCredential(keys, name, sealed).ok) return true
  }
  return false
}

const createWrongKeyError = (folder: string): AppError =>
  new AppError(
    'config_invalid',
    `The credentials in ${folder} were saved with another key: set CREDENTIALS_KEY back to that key (or unset it, if none was set then). If the key is lost, remove the folder; people then reconnect.`,
  )
