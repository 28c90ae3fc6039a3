import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openLocalStore } from '../../src/credentials/local.ts'
import { openCredentials } from '../../src/credentials/open.ts'
import { readSecrets } from '../../src/credentials/secrets.ts'
import { withStoreErrors } from '../../src/credentials/store-error.ts'
import { errorChainOf } from '../../src/errors.ts'
import { testStoreContract } from '../support/store-contract.ts'

const home = await mkdtemp(join(tmpdir(), 'patchbay-credentials-'))
afterAll(() => rm(home, { recursive: true, force: true }))
const folderOf = () => mkdtemp(join(home, 'store-'))

testStoreContract('local with its own key', async () => openLocalStore({ folder: await folderOf(), key: undefined }))
testStoreContract('local with CREDENTIALS_KEY', async () =>
  openLocalStore({ folder: await folderOf(), key: 'a-key-long-enough-to-use' }),
)

describe('the local store', () => {
  it('writes no secret and no reference in the clear, and only for its owner', async () => {
    const folder = await folderOf()
    const store = await openLocalStore({ folder: join(folder, 'in'), key: undefined })
    await store.set('connection/visible', 'hunter2-hunter2')
    const names = await readdir(join(folder, 'in'))
    const bytes = await Promise.all(names.map((name) => readFile(join(folder, 'in', name), 'latin1')))
    expect(names.join() + bytes.join()).not.toMatch(/hunter2|visible/)
    for (const name of names) expect((await stat(join(folder, 'in', name))).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'in'))).mode & 0o777).toBe(0o700)
  })

  it('is the same store after a restart', async () => {
    const folder = await folderOf()
    await (await openLocalStore({ folder, key: undefined })).set('r', 's')
    expect(await (await openLocalStore({ folder, key: undefined })).get('r')).toBe('s')
  })

  it('refuses another key at start, with what to do', async () => {
    const folder = await folderOf()
    await openLocalStore({ folder, key: 'the-first-key-1234' })
    await expect(openLocalStore({ folder, key: 'another-key-12345' })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('CREDENTIALS_KEY'),
    })
  })

  it('refuses a short key', async () => {
    await expect(openLocalStore({ folder: await folderOf(), key: 'short' })).rejects.toMatchObject({
      code: 'config_invalid',
    })
  })

  it('does not open a file moved to another reference, nor a changed one', async () => {
    const folder = await folderOf()
    const store = await openLocalStore({ folder, key: undefined })
    const before = new Set(await readdir(folder))
    await store.set('mine', 'x')
    const mine = (await readdir(folder)).find((name) => !before.has(name)) ?? ''
    const kept = new Set(await readdir(folder))
    await store.set('yours', 'y')
    const yours = (await readdir(folder)).find((name) => !kept.has(name)) ?? ''
    await rename(join(folder, yours), join(folder, mine))
    await expect(store.get('mine')).rejects.toMatchObject({ code: 'credential_missing' })
    await store.set('mine', 'x')
    const bytes = await readFile(join(folder, mine))
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await writeFile(join(folder, mine), bytes)
    await expect(store.get('mine')).rejects.toMatchObject({ code: 'credential_missing' })
  })

  it('agrees on one key when several processes start at once', async () => {
    const folder = await folderOf()
    const script = `const { openLocalStore } = await import(${JSON.stringify(new URL('../../src/credentials/local.ts', import.meta.url).href)})
      const store = await openLocalStore({ folder: ${JSON.stringify(folder)}, key: undefined })
      for (let i = 0; i < 20; i++) await store.set('of/' + process.argv[1] + '/' + i, 'v' + i)
      for (let i = 0; i < 20; i++) await store.set('shared', 'x'.repeat(1000))`
    const codes = await Promise.all([1, 2, 3].map((n) => run(script, String(n))))
    expect(codes).toEqual([0, 0, 0])
    const store = await openLocalStore({ folder, key: undefined })
    for (const n of [1, 2, 3]) expect(await store.get(`of/${n}/19`)).toBe('v19')
    expect(await store.get('shared')).toBe('x'.repeat(1000))
    expect((await readdir(folder)).filter((name) => name.endsWith('.draft'))).toEqual([])
  })
})

/** What only other stores need. */
const unused = { db: { call: neverUsed, [Symbol.asyncDispose]: neverUsed }, fetch: neverUsed }
async function neverUsed(): Promise<never> {
  throw new Error('no store asks here')
}

it('a store that says nothing is told to be away, and what may not be done twice is not', async () => {
  const never = () => new Promise<never>(() => undefined)
  await expect(withStoreErrors('save', never, 20)).rejects.toThrow(/does not answer. Try again in a minute/)
  const done: string[] = []
  const fail = (what: 'read' | 'save') => async () => {
    done.push(what)
    throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  }
  await expect(withStoreErrors('read', fail('read'))).rejects.toThrow(/does not answer/)
  await expect(withStoreErrors('save', fail('save'))).rejects.toThrow(/does not answer/)
  expect(done).toEqual(['read', 'read', 'save'])
})

it('secrets in another form than ours are refused without being quoted', async () => {
  const store = await openLocalStore({ folder: await folderOf(), key: undefined })
  for (const text of ['hunter2', '{"token":hunter2}', '{"token":2}', '["hunter2"]']) {
    await store.set('connection/odd', text)
    const error: unknown = await readSecrets(store, 'connection/odd').catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'credential_missing', message: expect.stringContaining('Reconnect') })
    expect(errorChainOf(error)).not.toContain('hunter2')
  }
})

describe('openCredentials', () => {
  it.each([
    ['safe', /CREDENTIAL_STORE=safe is not known/],
    ['files', /also set CREDENTIALS_FOLDER/],
    ['google', /also set GOOGLE_CLOUD_PROJECT/],
    ['aws', /also set AWS_REGION/],
    ['vault', /also set VAULT_ADDR/],
  ])('says what to put when %s cannot be opened', async (store, words) => {
    await expect(openCredentials({ ...unused, store, dataDir: await folderOf(), key: undefined })).rejects.toThrow(
      words,
    )
  })

  it('takes the store of the cloud only where none is named and no local one was begun', async () => {
    const cloud = { ...unused, store: undefined, fallback: 'aws' as const, awsRegion: 'eu-central-1', key: undefined }
    const dataDir = await folderOf()
    expect((await openCredentials({ ...cloud, dataDir })).place).toBe('AWS Secrets Manager, eu-central-1')
    expect((await openCredentials({ ...cloud, store: 'local', dataDir })).place).toContain('encrypted folder')
    expect((await openCredentials({ ...cloud, dataDir })).place).toContain('encrypted folder')
  })

  it('takes a Vault only with a way to sign in', async () => {
    const vault = { address: 'https://vault.acme.com', mount: 'secret', namespace: undefined, signIn: undefined }
    const settings = { ...unused, store: 'vault', key: undefined, dataDir: await folderOf() }
    await expect(openCredentials({ ...settings, vault })).rejects.toThrow(/VAULT_KUBERNETES_ROLE.*VAULT_TOKEN/)
    const signIn = { kind: 'token' as const, token: 't' }
    expect((await openCredentials({ ...settings, vault: { ...vault, signIn } })).place).toBe(
      'Vault, https://vault.acme.com',
    )
  })
})

function run(script: string, arg: string): Promise<number | null> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, arg], { stdio: 'inherit' })
  return new Promise((resolve) => child.once('exit', resolve))
}
