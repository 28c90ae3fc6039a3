import { generateKeyPairSync } from 'node:crypto'
import { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { afterAll, expect, it } from 'vitest'
import { openGoogleStore } from '../../src/credentials/google.ts'
import { secretNameOf } from '../../src/credentials/store-error.ts'
import { errorChainOf } from '../../src/errors.ts'
import { freePort } from '../support/free-port.ts'
import { GOOGLE_ACCOUNT, startGoogleSecrets } from '../support/google-secrets.ts'
import { ODD_ANSWERS, testStoreContract } from '../support/store-contract.ts'

const port = await freePort()
const google = await startGoogleSecrets(port)
afterAll(() => google[Symbol.asyncDispose]())
const settings = {
  fallback: true,
  protocol: 'http',
  apiEndpoint: '127.0.0.1',
  port,
  credentials: GOOGLE_ACCOUNT,
  projectId: 'acme',
}

testStoreContract('Google Secret Manager', () => openGoogleStore({ project: 'acme', client: settings }), 65_000)

it('the stand-in refuses a wrong key, as the vendor’s own client says', async () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const credentials = { ...GOOGLE_ACCOUNT, private_key: other.export({ type: 'pkcs8', format: 'pem' }).toString() }
  const client = new SecretManagerServiceClient({ ...settings, credentials })
  const name = 'projects/acme/secrets/x/versions/latest'
  await expect(client.accessSecretVersion({ name })).rejects.toMatchObject({ code: 16 })
  const store = await openGoogleStore({ project: 'acme', client: { ...settings, credentials } })
  await expect(store.get('connection/1')).rejects.toMatchObject({ code: 'credential_store_failed' })
})

it('destroys what was saved before', async () => {
  const store = await openGoogleStore({ project: 'acme', client: settings })
  await store.set('connection/8', 'old')
  await store.set('connection/8', 'new')
  const kept = google.versions.get(`projects/acme/secrets/patchbay-${secretNameOf('connection/8')}`)
  expect(kept?.map((data) => data && Buffer.from(data, 'base64').toString())).toEqual([undefined, '=new'])
})

// Its client asks again and again where it cannot read an answer, until a person is told that the store does not answer.
it.each(ODD_ANSWERS.filter(([what]) => what === 'it fails' || what === 'it means something else'))(
  'says in words that %s, and the secret to nobody',
  async (_what, answer, words) => {
    const store = await openGoogleStore({ project: 'acme', client: settings })
    google.odd.answer = answer
    const error: unknown = await store.get('connection/odd').catch((e: unknown) => e)
    google.odd.answer = undefined
    expect(error).toMatchObject({ code: 'credential_store_failed', message: expect.stringMatching(words) })
    expect(errorChainOf(error)).not.toContain('hunter2')
  },
)
