import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import type { CredentialStore } from './store.ts'
import { secretIn, secretNameOf, storedTextOf, withStoreErrors } from './store-error.ts'

/** Without these its client waits for an answer as long as the socket is open. */
const TIMES = { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true }

/**
 * Secrets in AWS Secrets Manager, named `patchbay/…`. Region and credentials come from the machine's own AWS settings where
 * `settings` has none. https://docs.aws.amazon.com/secretsmanager/latest/apireference/
 */
export async function openAwsStore(settings: SecretsManagerClientConfig): Promise<CredentialStore> {
  const aws = await import('@aws-sdk/client-secrets-manager')
  const client = new aws.SecretsManagerClient({ requestHandler: TIMES, ...settings })
  const idOf = (ref: string) => `patchbay/${secretNameOf(ref)}`
  const put = (id: string, text: string) =>
    client.send(new aws.PutSecretValueCommand({ SecretId: id, SecretString: text }))
  const save = async (id: string, text: string): Promise<void> => {
    try {
      await put(id, text)
    } catch (error) {
      if (error instanceof aws.ResourceNotFoundException) await create(id, text)
      else if (error instanceof aws.InvalidRequestException) await restore(id, text)
      else throw error
    }
  }
  const create = async (id: string, text: string): Promise<void> => {
    try {
      await client.send(new aws.CreateSecretCommand({ Name: id, SecretString: text }))
    } catch (error) {
      // Another instance was first.
      if (!(error instanceof aws.ResourceExistsException)) throw error
      await put(id, text)
    }
  }
  // Somebody deleted it by hand, and until the recovery window ends its name is taken.
  const restore = async (id: string, text: string): Promise<void> => {
    await client.send(new aws.RestoreSecretCommand({ SecretId: id }))
    await put(id, text)
  }
  const isGone = (error: unknown) =>
    error instanceof aws.ResourceNotFoundException || error instanceof aws.InvalidRequestException
  return {
    get: (ref) =>
      withStoreErrors('read', async () => {
        const found = await orUndefined(isGone, () =>
          client.send(new aws.GetSecretValueCommand({ SecretId: idOf(ref) })),
        )
        return found === undefined ? undefined : secretIn(found.SecretString ?? '')
      }),
    set: (ref, secret) => withStoreErrors('save', () => save(idOf(ref), storedTextOf(secret))),
    remove: (ref) =>
      withStoreErrors('remove', async () => {
        const command = new aws.DeleteSecretCommand({ SecretId: idOf(ref), ForceDeleteWithoutRecovery: true })
        await orUndefined(isGone, () => client.send(command))
      }),
  }
}

async function orUndefined<T>(isGone: (error: unknown) => boolean, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}
