import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import type { CredentialStore } from './store.ts'
import { secretIn, secretNameOf, storedTextOf, withStoreErrors } from './store-error.ts'

type GoogleSettings = { project: string; client?: ConstructorParameters<typeof SecretManagerServiceClient>[0] }

/** gRPC's numbers: https://grpc.io/docs/guides/status-codes/ */
const NOT_FOUND = 5
const ALREADY_EXISTS = 6
const FAILED_PRECONDITION = 9

/**
 * Secrets in Google Secret Manager, named `patchbay-…`; what was saved before is destroyed. The machine's own Google account is used.
 * https://docs.cloud.google.com/secret-manager/docs/reference/rest
 */
export async function openGoogleStore({ project, client: settings }: GoogleSettings): Promise<CredentialStore> {
  const { SecretManagerServiceClient: Client } = await import('@google-cloud/secret-manager')
  const client = new Client({ fallback: true, ...settings })
  const parent = `projects/${project}`
  const idOf = (ref: string) => `patchbay-${secretNameOf(ref)}`
  const nameOf = (ref: string) => `${parent}/secrets/${idOf(ref)}`
  const create = (ref: string) =>
    unless([ALREADY_EXISTS], () =>
      client.createSecret({ parent, secretId: idOf(ref), secret: { replication: { automatic: {} } } }),
    )
  const add = async (ref: string, text: string): Promise<string> => {
    const [version] = await client.addSecretVersion({ parent: nameOf(ref), payload: { data: Buffer.from(text) } })
    return version.name ?? ''
  }
  const destroyBefore = async (version: string): Promise<void> => {
    const [, start = '', number = '0'] = /^(.*\/versions\/)(\d+)$/.exec(version) ?? []
    if (Number(number) < 2) return
    const name = `${start}${Number(number) - 1}`
    await unless([NOT_FOUND, FAILED_PRECONDITION], () => client.destroySecretVersion({ name }))
  }
  return {
    get: (ref) =>
      withStoreErrors('read', async () => {
        const found = await unless([NOT_FOUND, FAILED_PRECONDITION], () =>
          client.accessSecretVersion({ name: `${nameOf(ref)}/versions/latest` }),
        )
        return found === undefined ? undefined : secretIn(Buffer.from(found[0].payload?.data ?? '').toString('utf8'))
      }),
    set: (ref, secret) =>
      withStoreErrors('save', async () => {
        const text = storedTextOf(secret)
        const version = await unless([NOT_FOUND], () => add(ref, text))
        if (version !== undefined) return destroyBefore(version)
        await create(ref)
        await add(ref, text)
      }),
    remove: (ref) =>
      withStoreErrors('remove', async () => {
        await unless([NOT_FOUND], () => client.deleteSecret({ name: nameOf(ref) }))
      }),
  }
}

/** Undefined when the service answers with one of these. */
async function unless<T>(codes: number[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(Number(error.code))) return undefined
    throw error
  }
}
