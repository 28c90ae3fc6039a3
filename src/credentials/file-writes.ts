import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { hasSystemCode } from '../errors.ts'

/** The file's bytes; undefined when there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (hasSystemCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Replaces the file as a whole: another process sees the old bytes or the new, never a part, even after a power cut. */
export async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const draft = await writeDraft(path, bytes)
  await rename(draft, path)
}

/** Makes the file unless there is one already; false when another process was first. */
export async function createFileOnce(path: string, bytes: Buffer): Promise<boolean> {
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
