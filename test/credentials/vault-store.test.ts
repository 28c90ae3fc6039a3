import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openVaultStore, type VaultSettings } from '../../src/credentials/hashicorp-vault.ts'
import { secretNameOf } from '../../src/credentials/store-error.ts'
import { createEgress } from '../../src/egress/egress.ts'
import { errorChainOf } from '../../src/errors.ts'
import { freePort } from '../support/free-port.ts'
import { testStoreContract } from '../support/store-contract.ts'
import { startVaultServer, VAULT } from '../support/vault-server.ts'

const port = await freePort()
const vault = await startVaultServer(port)
const egress = createEgress({ allow: [`127.0.0.1:${port}`] })
const home = await mkdtemp(join(tmpdir(), 'patchbay-vault-'))
afterAll(async () => {
  egress[Symbol.dispose]()
  await vault[Symbol.asyncDispose]()
  await rm(home, { recursive: true, force: true })
})
beforeEach(() => {
  vault.answerOddly(undefined)
  vault.state.sealed = false
})

const token = { kind: 'token', token: VAULT.token } as const
const approle = { kind: 'approle', roleId: VAULT.roleId, secretId: VAULT.secretId } as const
const settings: VaultSettings = {
  address: `http://127.0.0.1:${port}`,
  mount: 'secret',
  namespace: undefined,
  signIn: token,
}
const openWith = (changed: Partial<VaultSettings> = {}) =>
  openVaultStore({ ...settings, ...changed }, { fetch: egress.fetch, requestMs: 300 })

testStoreContract('HashiCorp Vault', async () => openWith())
testStoreContract('HashiCorp Vault as an AppRole', async () => openWith({ signIn: approle }))

const pathOf = (ref: string) => `patchbay/${secretNameOf(ref)}`
const askVault = (method: string, path: string) =>
  fetch(`${settings.address}/v1/secret/${path}`, { method, headers: { 'x-vault-token': VAULT.token } })

it('keeps the last version alone, and its metadata no longer than the secret', async () => {
  const store = openWith()
  for (const secret of ['one', 'two', 'three']) await store.set('connection/v', secret)
  expect(vault.entries.get(pathOf('connection/v'))?.versions.map((one) => one.text)).toEqual(['{"secret":"=three"}'])
  await store.remove('connection/v')
  expect(vault.entries.has(pathOf('connection/v'))).toBe(false)
})

it('takes what somebody deleted by hand for gone, and saves it again', async () => {
  const store = openWith()
  await store.set('connection/d', 'old')
  await askVault('DELETE', `data/${pathOf('connection/d')}`)
  expect(await store.get('connection/d')).toBeUndefined()
  await store.set('connection/d', 'new')
  expect(await store.get('connection/d')).toBe('new')
})

it('signs in as its Kubernetes service account, again when the token has ended, and once for calls at one time', async () => {
  const tokenFile = join(home, 'token')
  await writeFile(tokenFile, `${VAULT.jwt}\n`)
  const store = openWith({ signIn: { kind: 'kubernetes', role: VAULT.role, tokenFile } })
  const before = vault.state.signIns
  await store.set('connection/k', 'x')
  await Promise.all([store.get('connection/k'), store.get('connection/k')])
  expect(vault.state.signIns).toBe(before + 1)
  vault.revokeTokens()
  expect(await store.get('connection/k')).toBe('x')
  expect(vault.state.signIns).toBe(before + 2)
})

const AWAY = /does not answer\. Try again in a minute/
const REFUSED = /Tell whoever runs Patchbay/

describe.each<[string, () => unknown, RegExp, string]>([
  ['is sealed', () => Object.assign(vault.state, { sealed: true }), AWAY, 'Vault is sealed'],
  ['says 500', () => vault.answerOddly(() => ({ status: 500, body: { errors: ['internal'] } })), AWAY, 'internal'],
  ['is asked too often', () => vault.answerOddly(() => ({ status: 429, body: { errors: [] } })), AWAY, '429'],
  ['says nothing', () => vault.answerOddly(() => ({ status: 0 })), AWAY, ''],
  ['answers with a page', () => vault.answerOddly(() => '<html>Bad gateway hunter2</html>'), REFUSED, '200 in a form'],
  ['breaks off', () => vault.answerOddly(() => '{"data":{"data":{"secret":"=hunter2'), REFUSED, '200 in a form'],
  [
    'gives another form',
    () => vault.answerOddly(() => ({ status: 200, body: { data: { secret: 'hunter2' } } })),
    REFUSED,
    '200 in a form',
  ],
])('where Vault %s', (_what, make, words, cause) => {
  it.each(['get', 'set'] as const)(
    'a person is told at %s, and the log has the cause without the secret',
    async (act) => {
      make()
      const store = openWith()
      const error: unknown = await (act === 'get' ? store.get('r') : store.set('r', 'hunter2')).catch((e: unknown) => e)
      expect(error).toMatchObject({ code: 'credential_store_failed', message: expect.stringMatching(words) })
      expect(errorChainOf(error)).toContain(cause)
      expect(errorChainOf(error)).not.toContain('hunter2')
    },
  )
})

it('reads once more where Vault was away for a moment', async () => {
  await openWith({ signIn: approle }).set('connection/m', 'x')
  let asked = 0
  vault.answerOddly(() => (asked++ === 0 ? { status: 503, body: { errors: ['standby'] } } : undefined))
  expect(await openWith({ signIn: approle }).get('connection/m')).toBe('x')
})

it('says in the log alone that the token is not accepted', async () => {
  const error: unknown = await openWith({ signIn: { kind: 'token', token: 'hvs.wrong' } })
    .get('r')
    .catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'credential_store_failed', message: expect.stringMatching(REFUSED) })
  expect(errorChainOf(error)).toContain('permission denied')
})

it('does not take an engine that is not there for a secret that is not there', async () => {
  await expect(openWith({ signIn: approle, mount: 'kv' }).get('r')).rejects.toMatchObject({
    code: 'credential_store_failed',
  })
})

it('is reached through the egress rules for its own address alone', async () => {
  const store = openVaultStore({ ...settings, address: `http://localhost:${port + 1}` }, { fetch: egress.fetch })
  await expect(store.get('r')).rejects.toMatchObject({ cause: { code: 'egress_refused' } })
})
