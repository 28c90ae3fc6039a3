import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkExecutable } from '../../../src/local/database/binaries.ts'
import { ROOT } from '../../support/paths.ts'

test.each(['18.20.8', '20.20.2', '22.1.0'])('on Node %s a start says the one command that helps', (version) => {
  const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`
  for (const file of ['src/main.ts', 'scripts/migrate.ts']) {
    const ended = spawnSync(process.execPath, ['--import', pretend, 'scripts/run.js', file], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    expect(ended.status).toBe(1)
    expect(ended.stderr).toMatch(
      /^Patchbay needs Node 24 or newer, and this is Node .*`npm rebuild node --ignore-scripts=false`.*\n$/,
    )
  }
})

test('a package that is missing is said in a sentence', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-missing-'))
  const file = join(folder, 'start.ts')
  await writeFile(file, "import 'nowhere-at-all'")
  const ended = spawnSync(process.execPath, ['scripts/run.js', file], { cwd: ROOT, encoding: 'utf8' })
  expect(ended.stderr).toMatch(/^A package that Patchbay needs is missing.*`npm ci`.*\n$/)
  await rm(folder, { recursive: true })
})

test('a program of the embedded Postgres that is missing, or may not be run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-missing-'))
  await expect(checkExecutable(join(folder, 'initdb'))).rejects.toThrow(/initdb is missing. Run `npm ci` again/)
  await writeFile(join(folder, 'postgres'), '', { mode: 0o600 })
  await expect(checkExecutable(join(folder, 'postgres'))).rejects.toThrow(/postgres may not be executed/)
  await rm(folder, { recursive: true })
})
