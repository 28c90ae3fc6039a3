import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openAuditKey } from '../../src/credentials/audit-key.ts'
import { openMountedFiles, secretFileOf } from '../../src/credentials/mounted-files.ts'
import { testStoreContract } from '../support/store-contract.ts'

const home = await mkdtemp(join(tmpdir(), 'patchbay-mounted-'))
afterAll(() => rm(home, { recursive: true, force: true }))
const folderOf = () => mkdtemp(join(home, 'mount-'))

testStoreContract('mounted files', async () => (await openMountedFiles(await folderOf())).store)

it('keeps a secret as it stands, in one file for its owner, under a name that Kubernetes takes', async () => {
  const folder = await folderOf()
  const { store, isReadOnly } = await openMountedFiles(folder)
  expect(isReadOnly).toBe(false)
  await store.set('connection/3f2a-1/sign-in', '{"a":1}')
  expect(await readdir(folder)).toEqual(['connection.3f2a-1.sign-in'])
  expect(await readFile(join(folder, 'connection.3f2a-1.sign-in'), 'utf8')).toBe('{"a":1}')
  expect((await stat(join(folder, 'connection.3f2a-1.sign-in'))).mode & 0o777).toBe(0o600)
  for (const ref of ['a/../b', 'x'.repeat(300), 'ä', '..', 'a.b']) expect(secretFileOf(ref)).toMatch(/^sha256\.\w{64}$/)
})

it('follows a mount that Kubernetes swaps', async () => {
  const folder = await folderOf()
  for (const [version, value] of ['one', 'two'].entries()) {
    await mkdir(join(folder, `..v${version}`))
    await writeFile(join(folder, `..v${version}`, 'slack.T1'), value)
  }
  await symlink('..v0', join(folder, '..data'))
  await symlink('..data/slack.T1', join(folder, 'slack.T1'))
  const { store } = await openMountedFiles(folder)
  expect(await store.get('slack/T1')).toBe('one')
  await symlink('..v1', join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  expect(await store.get('slack/T1')).toBe('two')
})

// A file system that lets nobody make files, not even root, as a read-only mount does.
it.runIf(process.platform === 'linux')('reads from what may only be read, and says why nothing is saved', async () => {
  const { store, isReadOnly } = await openMountedFiles('/sys')
  expect(isReadOnly).toBe(true)
  expect(await store.get('connection/none')).toBeUndefined()
  await expect(store.set('connection/1', 'x')).rejects.toMatchObject({
    code: 'credential_store_failed',
    message: expect.stringContaining('may only read the files'),
  })
  await store.remove('connection/none')
  // The audit is checked all the same, without seals.
  expect(await openAuditKey(store)).toBeUndefined()
})

it.each([join(home, 'missing'), '/dev/null'])('refuses %s at the start', async (folder) => {
  await expect(openMountedFiles(folder)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('CREDENTIALS_FOLDER'),
  })
})
