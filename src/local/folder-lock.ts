import { readFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
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
    const owner = await ownerOf(file)
    if (owner && isRunning(owner.pid)) throw inUse(folder, owner)
    await rm(file, { force: true })
    if (!(await claim(file, own))) throw inUse(folder, await ownerOf(file))
  }
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
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

/** Creates the file with its content in one step; false when it is there already. */
async function claim(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function ownerOf(file: string): Promise<z.infer<typeof Owner> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
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
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
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
