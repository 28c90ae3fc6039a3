import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** `lock`: a package-lock.json whose root depends on the package alone. `folder`: where packages are kept. */
export type PackageSource = { lock: string; folder: string }

const INSTALL_MS = 120_000

/**
 * Installs what the lock names, each file checked against its hash there and no script of theirs run, and returns the folder. Each
 * lock has a folder of its own, which is renamed into place, so that two instances may install at once.
 * Throws what npm says, or the signal's reason.
 */
export async function installPackage(
  { lock, folder }: PackageSource,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const text = await readFile(lock, 'utf8')
  const place = join(folder, createHash('sha256').update(text).digest('hex').slice(0, 32))
  if (existsSync(place)) return place
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const made = await mkdtemp(join(folder, 'new-'))
  try {
    await writeFile(join(made, 'package-lock.json'), text)
    await writeFile(join(made, 'package.json'), JSON.stringify(JSON.parse(text).packages['']))
    const args = ['ci', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--fetch-retries=1']
    const cache = join(folder, 'cache')
    const its = { ...env, HOME: made, npm_config_cache: cache, npm_config_update_notifier: 'false' }
    await promisify(execFile)('npm', args, { cwd: made, env: its, timeout: INSTALL_MS, signal })
    await rename(made, place).catch((error: unknown) => {
      if (!existsSync(place)) throw error
    })
    return place
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}
