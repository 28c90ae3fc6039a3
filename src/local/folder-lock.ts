import { readFileSync } from 'node:fs'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../errors.ts'

const Owner = z.object({ pid: z.number(), port: z.number(), since: z.string() })

/**
 * Takes a data folder for this process, so that two local workspaces never write to one. A lock whose process is gone
 * (a crash, a kill) is taken over. Throws AppError `in_use` naming the owner.
 */
export async function lockFolder(folder: string, o: { port: number }): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'running.json')
  const own = JSON.stringify({ pid: process.pid, port: o.port, since: new Date().toISOString() })
  if (!(await claim(file, own))) {
    const left = await textOf(file)
    const owner = ownerIn(left)
    if (owner && isRunning(owner.pid)) throw inUse(folder, owner)
    await clearAway(file, left)
    if (!(await claim(file, own))) throw inUse(folder, ownerIn(await textOf(file)))
  }
  return {
    async [Symbol.asyncDispose]() {
      if ((await textOf(file)) === own) await rm(file, { force: true })
    },
  }
}

/** Takes a dead process's lock out of the way, but never one that another starter has just put there. */
async function clearAway(file: string, left: string): Promise<void> {
  const aside = `${file}.${process.pid}`
  await rename(file, aside).catch(ifNotThere)
  if ((await textOf(aside)) !== left) await link(aside, file).catch(ifThere)
  await rm(aside, { force: true })
}

function inUse(folder: string, owner: z.infer<typeof Owner> | undefined): AppError {
  const who = owner
    ? `process ${owner.pid} (port ${owner.port}, since ${owner.since})`
    : 'another process that is just starting'
  return new AppError(
    'in_use',
    `The folder ${folder} is in use by another Patchbay: ${who}. Stop it, or set DATA_DIR and PORT to others.`,
  )
}

/** Puts the file there with all its content in one step; false when there is one already. */
async function claim(file: string, content: string): Promise<boolean> {
  const fresh = `${file}.${process.pid}.new`
  await writeFile(fresh, content, { mode: 0o600 })
  try {
    await link(fresh, file)
    return true
  } catch (error) {
    ifThere(error)
    return false
  } finally {
    await rm(fresh, { force: true })
  }
}

function ifThere(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error
}

function ifNotThere(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    ifNotThere(error)
    return ''
  }
}

function ownerIn(text: string): z.infer<typeof Owner> | undefined {
  const parsed = Owner.safeParse(parse(text))
  return parsed.success ? parsed.data : undefined
}

/** A lock cut short by a crash while it was written is nobody's. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return pid !== process.pid && !isZombie(pid)
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return hasCode(error, 'EPERM')
  }
}

/** A killed process whose parent has not looked yet still answers to signals; on systems with /proc its state tells. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}
