import { spawn } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { openLocalStore } from '../../src/credentials/local.ts'
import { replaceLocalKey } from '../../src/credentials/replace-local-key.ts'
import { secretNameOf } from '../../src/credentials/store-error.ts'
import { eventually } from '../support/eventually.ts'

const home = await mkdtemp(join(tmpdir(), 'patchbay-rotate-'))
afterAll(() => rm(home, { recursive: true, force: true }))
const folderOf = () => mkdtemp(join(home, 'store-'))
const [OLD, NEW, OTHER] = ['the-old-key-123456', 'the-new-key-123456', 'another-key-123456']

/** Where the key may stand, before and after. */
const WAYS: [string, string | undefined, string | undefined][] = [
  ['the key file', undefined, undefined],
  ['CREDENTIALS_KEY', OLD, NEW],
  ['CREDENTIALS_KEY, from the key file', undefined, NEW],
]

it.each(WAYS)('seals all with a new key in %s, also for who had the old one', async (_where, key, next) => {
  const folder = await folderOf()
  const before = await openLocalStore({ folder, key })
  const formerKey = existsSync(join(folder, 'key')) ? await readFile(join(folder, 'key')) : undefined
  for (const ref of ['a', 'b', 'c']) await before.set(ref, `secret ${ref}`)
  const sealedBefore = await readFile(join(folder, `${secretNameOf('a')}.sealed`))
  expect(await replaceLocalKey({ folder, key, next, references: [] }, 0)).toEqual({ sealed: 3, left: 0 })
  expect((await readFile(join(folder, `${secretNameOf('a')}.sealed`))).equals(sealedBefore)).toBe(false)
  const after = await openLocalStore({ folder, key: next })
  for (const ref of ['a', 'b', 'c']) expect(await after.get(ref)).toBe(`secret ${ref}`)
  if (formerKey !== undefined && existsSync(join(folder, 'key')))
    expect((await readFile(join(folder, 'key'))).equals(formerKey)).toBe(false)
  if (key !== undefined) await expect(openLocalStore({ folder, key })).rejects.toMatchObject({ code: 'config_invalid' })
  // It must not seal with what opens nothing any more.
  if (next !== undefined)
    await expect(before.set('d', 'x')).rejects.toMatchObject({ cause: { code: 'config_invalid' } })
  else expect(await before.get('b')).toBe('secret b')
})

it('leaves everything readable with either key when it is killed, and is finished by another run', async () => {
  const folder = await folderOf()
  const store = await openLocalStore({ folder, key: OLD })
  const refs = Array.from({ length: 200 }, (_, n) => `connection/${n}`)
  for (const ref of refs) await store.set(ref, `secret ${ref}`)
  const module = new URL('../../src/credentials/replace-local-key.ts', import.meta.url).href
  const script = `const { replaceLocalKey } = await import(${JSON.stringify(module)})
    await replaceLocalKey(${JSON.stringify({ folder, key: OLD, next: NEW, references: [] })}, 0)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  // A sealing begins with its version and the key's id.
  const keysIn = async () => {
    const files = await Promise.all(refs.map((ref) => readFile(join(folder, `${secretNameOf(ref)}.sealed`))))
    return new Set(files.map((bytes) => bytes.subarray(0, 9).toString('hex'))).size
  }
  while ((await keysIn()) === 1) await sleep(1)
  child.kill('SIGKILL')
  await ended
  expect(existsSync(join(folder, 'key-change'))).toBe(true)
  for (const key of [OLD, NEW]) {
    const half = await openLocalStore({ folder, key })
    for (const ref of refs) expect(await half.get(ref)).toBe(`secret ${ref}`)
  }
  await expect(replaceLocalKey({ folder, key: OLD, next: OTHER, references: [] }, 0)).rejects.toThrow(/begun with/)
  const { sealed, left } = await replaceLocalKey({ folder, key: OLD, next: NEW, references: [] }, 0)
  expect([sealed > 0, sealed < refs.length, left]).toEqual([true, true, 0])
  await expect(openLocalStore({ folder, key: OLD })).rejects.toMatchObject({ code: 'config_invalid' })
  const after = await openLocalStore({ folder, key: NEW })
  for (const ref of refs) expect(await after.get(ref)).toBe(`secret ${ref}`)
})

it('keeps what another process saves meanwhile', async () => {
  const folder = await folderOf()
  const app = await openLocalStore({ folder, key: undefined })
  await app.set('r', 'old')
  const replaced = replaceLocalKey({ folder, key: undefined, next: undefined, references: [] }, 100)
  await eventually(() => expect(existsSync(join(folder, 'key-change'))).toBe(true))
  await app.set('r', 'new')
  await app.set('s', 'fresh')
  await replaced
  const after = await openLocalStore({ folder, key: undefined })
  expect([await after.get('r'), await after.get('s'), await app.get('r')]).toEqual(['new', 'fresh', 'new'])
})

it('tells a wrong key from a damaged file, and makes a damaged check again', async () => {
  const folder = await folderOf()
  const store = await openLocalStore({ folder, key: OLD })
  await store.set('a', 'x')
  await store.set('b', 'y')
  const file = (ref: string) => join(folder, `${secretNameOf(ref)}.sealed`)
  await writeFile(file('b'), (await readFile(file('b'))).subarray(0, 37))
  await expect(store.get('b')).rejects.toThrow(/is damaged. Press Reconnect/)
  const elsewhere = await folderOf()
  await (await openLocalStore({ folder: elsewhere, key: OTHER })).set('b', 'y')
  await writeFile(file('b'), await readFile(join(elsewhere, `${secretNameOf('b')}.sealed`)))
  await expect(store.get('b')).rejects.toThrow(/saved with another key/)
  await writeFile(file('patchbay/check'), 'not a sealing')
  expect(await (await openLocalStore({ folder, key: OLD })).get('a')).toBe('x')
  await expect(openLocalStore({ folder, key: NEW })).rejects.toMatchObject({ code: 'config_invalid' })
})

it('opens what an earlier version sealed, and seals it anew where its reference is known', async () => {
  const folder = await folderOf()
  await openLocalStore({ folder, key: undefined })
  const key = await readFile(join(folder, 'key'))
  const nonce = Buffer.alloc(12, 7)
  for (const ref of ['known', 'unknown']) {
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(ref))
    const hidden = Buffer.concat([cipher.update('former'), cipher.final()])
    const sealed = Buffer.concat([Buffer.from([1]), nonce, cipher.getAuthTag(), hidden])
    await writeFile(join(folder, `${secretNameOf(ref)}.sealed`), sealed)
  }
  expect(await (await openLocalStore({ folder, key: undefined })).get('unknown')).toBe('former')
  const replaced = await replaceLocalKey({ folder, key: undefined, next: undefined, references: ['known'] }, 0)
  expect(replaced).toEqual({ sealed: 1, left: 1 })
  expect(await (await openLocalStore({ folder, key: undefined })).get('known')).toBe('former')
})

it.each([
  [OLD, undefined, /CREDENTIALS_KEY_NEXT is not set/],
  [OLD, OLD, /is used already/],
  [OLD, 'short', /CREDENTIALS_KEY_NEXT is too short/],
  [OTHER, NEW, /saved with another key/],
])('refuses CREDENTIALS_KEY=%s with CREDENTIALS_KEY_NEXT=%s', async (key, next, words) => {
  const folder = await folderOf()
  await openLocalStore({ folder, key: OLD })
  await expect(replaceLocalKey({ folder, key, next, references: [] }, 0)).rejects.toThrow(words)
})
