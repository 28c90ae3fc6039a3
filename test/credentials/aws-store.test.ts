import { DeleteSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, expect, it } from 'vitest'
import { openAwsStore } from '../../src/credentials/aws.ts'
import { secretNameOf } from '../../src/credentials/store-error.ts'
import { errorChainOf } from '../../src/errors.ts'
import { AWS_KEY, AWS_REGION, startAwsSecrets } from '../support/aws-secrets.ts'
import { freePort } from '../support/free-port.ts'
import { ODD_ANSWERS, testStoreContract } from '../support/store-contract.ts'

const port = await freePort()
const aws = await startAwsSecrets(port)
afterAll(() => aws[Symbol.asyncDispose]())
const settings = { endpoint: `http://127.0.0.1:${port}`, region: AWS_REGION, credentials: AWS_KEY, maxAttempts: 1 }

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

it.each(ODD_ANSWERS)('says in words that %s, and the secret to nobody', async (_what, answer, words) => {
  const store = await openAwsStore(settings)
  aws.odd.answer = answer
  const error: unknown = await store.get('connection/odd').catch((e: unknown) => e)
  aws.odd.answer = undefined
  expect(error).toMatchObject({ code: 'credential_store_failed', message: expect.stringMatching(words) })
  expect(errorChainOf(error)).not.toContain('hunter2')
})

it('is refused in another region', async () => {
  const store = await openAwsStore({ ...settings, region: 'us-east-1' })
  await expect(store.get('connection/1')).rejects.toMatchObject({
    code: 'credential_store_failed',
    cause: { name: 'InvalidSignatureException' },
  })
})
