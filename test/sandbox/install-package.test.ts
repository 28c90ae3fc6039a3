import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { installPackage } from '../../src/sandbox/install-package.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'patchbay-install-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const env = { PATH: process.env.PATH ?? '' }
const signal = new AbortController().signal

/** A package with a script of its own that npm would run, and the lock that names it. */
function packed(): { lock: string; tarball: string } {
  const pack = join(root, 'package')
  mkdirSync(pack)
  const scripts = { postinstall: `node -e "require('fs').writeFileSync('${join(root, 'ran')}', '')"` }
  writeFileSync(join(pack, 'package.json'), JSON.stringify({ name: 'eager', version: '1.0.0', scripts }))
  const tarball = join(root, 'eager.tgz')
  execFileSync('tar', ['-czf', tarball, '-C', root, 'package'])
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  const resolved = `file:${tarball}`
  const dependencies = { eager: resolved }
  const lock = join(root, 'lock.json')
  const packages = {
    '': { name: 'card', version: '1.0.0', dependencies },
    'node_modules/eager': { version: '1.0.0', resolved, integrity },
  }
  writeFileSync(lock, JSON.stringify({ name: 'card', version: '1.0.0', lockfileVersion: 3, requires: true, packages }))
  return { lock, tarball }
}

it('installs what the lock names once, also for two at a time, and runs no script of a package', async () => {
  const source = { lock: packed().lock, folder: join(root, 'packages') }
  const [one, two] = await Promise.all([installPackage(source, env, signal), installPackage(source, env, signal)])
  expect(one).toBe(two)
  expect(existsSync(join(one, 'node_modules', 'eager', 'package.json'))).toBe(true)
  expect(existsSync(join(root, 'ran'))).toBe(false)
  expect(readdirSync(source.folder).filter((name) => name.startsWith('new-'))).toEqual([])
})

it('installs nothing that is not what the lock says', async () => {
  const { lock, tarball } = packed()
  writeFileSync(tarball, 'something else')
  const source = { lock, folder: join(root, 'packages') }
  await expect(installPackage(source, env, signal)).rejects.toThrow(/EINTEGRITY|integrity|TAR_BAD_ARCHIVE/)
  expect(readdirSync(source.folder).filter((name) => name !== 'cache')).toEqual([])
})
