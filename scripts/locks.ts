import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { readCards } from '../src/cards/read.ts'

const ROOT = join(import.meta.dirname, '..')
const installed: Record<string, string | undefined> = manifest.dependencies

/** Writes the lock of each card's npm package that does not come with the app, with all that it needs: `npm run locks [card…]`. */
const wanted = process.argv.slice(2)
for (const { name, server } of readCards(join(ROOT, 'run-cards'))) {
  if (server.kind !== 'stdio' || server.from !== 'npm' || server.package in installed) continue
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-lock-'))
  const dependencies = { [server.package]: server.version }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true, dependencies }))
  const options = ['--package-lock-only', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund']
  execFileSync('npm', ['install', ...options], { cwd: folder, stdio: 'inherit' })
  mkdirSync(dirname(server.lock), { recursive: true })
  copyFileSync(join(folder, 'package-lock.json'), server.lock)
  rmSync(folder, { recursive: true })
}
