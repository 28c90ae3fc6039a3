import { DeleteSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, expect, it } from 'vitest'
import { openAwsStore } from '../../src/credentials/aws.ts'
import { secretNameOf } from '../../src/credentials/store-error.ts'
import { AWS_KEY, startAwsSecrets } from '../support/aws-secrets.ts'
import { freePort } from '../support/free-port.ts'
import { testStoreContract } from '../support/store-contract.ts'

const port = await freePort()
const aws = await startAwsSecrets(port)
afterAll(() => aws[Symbol.asyncDispose]())
const settings = { endpoint: `http://127.0.0.1:${port}`, region: 'eu-central-1', credentials: AWS_KEY, maxAttempts: 1 }

testStoreContract('AWS Secrets Manager', () => openAwsStore(settings), 65_000)

it('the stand-in refuses a wrong key, as the vendor’s own client says', async () => {
  const credentials = { ...AWS_KEY, secretAccessKey: 'a-wrong-key' }
  const client = new SecretsManagerClient({ ...settings, credentials })
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'x' }))).rejects.toMatchObject({
    name: 'InvalidSignatureException',
  })
  const store = await openAwsStore({ ...settings, credentials })
  await expect(store.get('connection/1')).rejects.toMatchObject({ code: 'credential_store_failed' })
})

it('saves again what somebody deleted by hand, though its name is kept for a while', async () => {
  const store = await openAwsStore(settings)
  await store.set('connection/9', 'old')
  const id = `patchbay/${secretNameOf('connection/9')}`
  await new SecretsManagerClient(settings).send(new DeleteSecretCommand({ SecretId: id }))
  expect(await store.get('connection/9')).toBeUndefined()
  await store.set('connection/9', 'new')
  expect(await store.get('connection/9')).toBe('new')
})
