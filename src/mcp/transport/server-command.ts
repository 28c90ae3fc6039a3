import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { fillHeaders, fillTexts } from '../protocol/fill-placeholders.ts'
import type { StdioTarget } from '../protocol/server-target.ts'
import type { ServerCommand } from './child-process.ts'

const PackageFile = z.object({
  version: z.string(),
  bin: z.union([
    z.string().transform((path): Record<string, string> => ({ '': path })),
    z.record(z.string(), z.string()),
  ]),
})

/** The system's certificate authorities count too, as a company's own proxy needs; a registry that is away is given up soon. */
const BASE_ENV = { LANG: 'C.UTF-8', NODE_USE_SYSTEM_CA: '1', npm_config_fetch_retries: '1' }

/**
 * How to start a server: the package's script from the project's own install at the exact version, run by our own Node,
 * else `npx` at the exact version. Nothing of our environment but the way to the system's programs goes with it.
 */
export async function serverCommandOf(
  target: StdioTarget,
  secrets: Record<string, string>,
  projectRoot: string,
): Promise<ServerCommand> {
  const values = { ...target.values, ...secrets }
  const args = fillTexts(target.args, values)
  const [home] = target.folders
  const path = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':')
  const env = { ...fillHeaders(target.env, values), ...BASE_ENV, HOME: home, PATH: path }
  const script = await installedScript(target, projectRoot)
  if (script !== undefined) return { command: process.execPath, args: [script, ...args], env, cwd: home }
  return { command: 'npx', args: ['--yes', `${target.package}@${target.version}`, ...args], env, cwd: home }
}

export const isFetchedByNpx = (command: ServerCommand): boolean => command.command === 'npx'

async function installedScript(target: StdioTarget, projectRoot: string): Promise<string | undefined> {
  const folder = join(projectRoot, 'node_modules', target.package)
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const file = PackageFile.parse(JSON.parse(text))
  if (file.version !== target.version) return undefined
  const script = target.bin === undefined ? Object.values(file.bin)[0] : file.bin[target.bin]
  return script === undefined ? undefined : join(folder, script)
}
