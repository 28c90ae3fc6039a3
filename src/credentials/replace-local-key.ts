import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { AppError } from '../errors.ts'
import { pause } from '../timing.ts'
import { readIfThere, replaceFile } from './file-writes.ts'
import {
  assertKeyOf,
  KEY_BYTES,
  keyChangeFileIn,
  keyFileIn,
  readKeyOf,
  readKeysWith,
  readKeyText,
  sealedFileIn,
  sealedNamesIn,
  writeKeyChange,
  writeKeyCheck,
} from './local-key.ts'
import { decryptCredential, encryptCredential } from './seal.ts'
import { secretNameOf } from './store-error.ts'

/** `key` and `next` as CREDENTIALS_KEY and CREDENTIALS_KEY_NEXT have them; `references`: all that may be there. */
type KeyReplacement = { folder: string; key: string | undefined; next: string | undefined; references: string[] }

/** A save under way in another process seals with the key that it has read. */
const SETTLE_MS = 1_000

/**
 * Seals all of a local store with a new key: the text in `next`, else a random one in the folder's key file. Until it is
 * done both keys open everything, so it can stop anywhere and be run again. `left`: how many
 * files neither key opens. Throws `config_invalid`.
 */
export async function replaceLocalKey(
  o: KeyReplacement,
  settleMs = SETTLE_MS,
): Promise<{ sealed: number; left: number }> {
  const { folder, key, next } = o
  const own = key === undefined ? await readKeyOf(folder) : await readKeyText(key)
  const known = await readKeysWith(own, folder)
  await assertKeyOf(folder, known)
  const wanted = next === undefined ? undefined : await readKeyText(next, 'CREDENTIALS_KEY_NEXT')
  const [target, before] = known[1] === undefined ? beginWith(o, own, wanted) : continueWith(known[0], known[1], wanted)
  await writeKeyChange(folder, before, target)
  await pause(settleMs, new AbortController().signal)
  const done = await sealAll(o, target, before)
  await writeKeyCheck(folder, target)
  if (key === undefined && next === undefined) await replaceFile(keyFileIn(folder), target)
  await rm(keyChangeFileIn(folder))
  if (key !== undefined || next !== undefined) await rm(keyFileIn(folder), { force: true })
  return done
}

type KeyPair = [target: Buffer, before: Buffer]

function beginWith({ key }: KeyReplacement, own: Buffer, wanted: Buffer | undefined): KeyPair {
  if (wanted?.equals(own)) throw nextKeyError('is the key that is used already. Put a new one.')
  if (wanted === undefined && key !== undefined)
    throw nextKeyError('is not set. Put the key that takes the place of CREDENTIALS_KEY.')
  return [wanted ?? randomBytes(KEY_BYTES), own]
}

function continueWith(target: Buffer, before: Buffer, wanted: Buffer | undefined): KeyPair {
  if (wanted !== undefined && !wanted.equals(target))
    throw nextKeyError(
      'is not the key that was begun with. Put that one back and run this again; then change it again.',
    )
  return [target, before]
}

const nextKeyError = (what: string): AppError => new AppError('config_invalid', `CREDENTIALS_KEY_NEXT ${what}`)

/** Goes through the folder until there is nothing more to seal: a process may have saved something behind us. */
async function sealAll({ folder, references }: KeyReplacement, target: Buffer, before: Buffer) {
  const refs = new Map(references.map((ref) => [secretNameOf(ref), ref]))
  const seal = async (name: string): Promise<'sealed' | 'done' | 'left'> => {
    const path = sealedFileIn(folder, name)
    const bytes = await readIfThere(path)
    if (bytes === undefined) return 'done'
    const opened = decryptCredential([target, before], name, bytes, refs.get(name))
    if (!opened.ok) return 'left'
    if (opened.key.equals(target)) return 'done'
    // A secret that was saved meanwhile is not overwritten; the next round looks at it again.
    if ((await readIfThere(path))?.equals(bytes)) await replaceFile(path, encryptCredential(target, name, opened.text))
    return 'sealed'
  }
  let sealed = 0
  for (;;) {
    const names = await sealedNamesIn(folder)
    const states: Awaited<ReturnType<typeof seal>>[] = []
    for (const name of names) states.push(await seal(name))
    const now = states.filter((state) => state === 'sealed').length
    sealed += now
    if (now === 0) return { sealed, left: states.filter((state) => state === 'left').length }
  }
}
