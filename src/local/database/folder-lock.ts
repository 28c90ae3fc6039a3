import { constants } from 'node:fs'
import { access, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { AppError, hasSystemCode } from '../../errors.ts'
import { parseJson } from '../../json.ts'
import { isAlive } from './data-folder.ts'

const Owner = z.object({ pid: z.number(), port: z.number(), since: z.string() })

/**
 * Takes a data folder for this process, so that two local workspaces never write to one. A lock whose process is gone
 * (a crash, a kill) is taken over. Throws AppError `in_use` naming the owner.
 */
export async function lockFolder(folder: string, o: { port: number }): Promise<AsyncDisposable> {
  await makeFolder(folder)
  const file = join(folder, 'running.json')
  const own = JSON.stringify({ pid: process.pid, port: o.port, since: new Date().toISOString() })
  if (!(await createWholeFile(file, own))) {
    const left = await textOf(file)
    const owner = ownerIn(left)
    // A restarted container often gives the new process the number of the dead one.
    if (owner && owner.pid !== process.pid && isAlive(owner.pid)) throw inUseError(folder, owner)
    await removeStaleLock(file, left)
    if (!(await createWholeFile(file, own))) throw inUseError(folder, ownerIn(await textOf(file)))
  }
  return {
    async [Symbol.asyncDispose]() {
      if ((await textOf(file)) === own) await rm(file, { force: true })
    },
  }
}

/** Level by level: where a folder cannot be made (under /proc, say) the recursive way never comes back. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await makeLevel(folder)
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unusableFolderError(folder, error)
  }
}

async function makeLevel(folder: string): Promise<void> {
  if ((await stat(folder).catch(rethrowUnlessMissing))?.isDirectory()) return
  if (dirname(folder) !== folder) await makeLevel(dirname(folder))
  await mkdir(folder, { mode: 0o700 })
}

function unusableFolderError(folder: string, cause: unknown): AppError {
  const why = cause instanceof Error && 'code' in cause ? REASONS[String(cause.code)] : undefined
  return new AppError(
    'config_invalid',
    `DATA_DIR ${folder} cannot be used: ${why ?? 'it cannot be made'}. Set DATA_DIR to a folder this user may write to.`,
    { cause },
  )
}

const REASONS: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'that disk is read-only',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'a part of its path is a file',
  ENOSPC: 'the disk is full',
}

/** Takes a dead process's lock out of the way, but never one that another starter has just put there. */
async function removeStaleLock(file: string, left: string): Promise<void> {
  const aside = `${file}.${process.pid}`
  await rename(file, aside).catch(rethrowUnlessMissing)
  if ((await textOf(aside)) !== left) await link(aside, file).catch(rethrowUnlessExists)
  await rm(aside, { force: true })
}

function inUseError(folder: string, owner: z.infer<typeof Owner> | undefined): AppError {
  const who = owner
    ? `process ${owner.pid} (port ${owner.port}, since ${owner.since})`
    : 'another process that is just starting'
  return new AppError(
    'in_use',
    `The folder ${folder} is in use by another Patchbay: ${who}. Stop it, or set DATA_DIR, PORT and LOCAL_PORT to others.`,
  )
}

/** Puts the file there with all its content in one step; false when there is one already. */
export async function createWholeFile(file: string, content: string): Promise<boolean> {
  const fresh = `${file}.${process.pid}.new`
  await writeFile(fresh, content, { mode: 0o600 })
  try {
    await link(fresh, file)
    return true
  } catch (error) {
    rethrowUnlessExists(error)
    return false
  } finally {
    await rm(fresh, { force: true })
  }
}

function rethrowUnlessExists(error: unknown): void {
  if (!hasSystemCode(error, 'EEXIST')) throw error
}

function rethrowUnlessMissing(error: unknown): undefined {
  if (!hasSystemCode(error, 'ENOENT')) throw error
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    rethrowUnlessMissing(error)
    return ''
  }
}

function ownerIn(text: string): z.infer<typeof Owner> | undefined {
  const parsed = Owner.safeParse(parseJson(text))
  return parsed.success ? parsed.data : undefined
}
