import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { openLocalStore } from './local.ts'
import type { CredentialStore } from './store.ts'

export type CredentialSettings = {
  store: string | undefined
  /** Taken where no store is named and none was begun in the data folder. */
  fallback?: 'google' | 'aws' | undefined
  key: string | undefined
  googleProject?: string | undefined
  awsRegion?: string | undefined
}

/** The store that CREDENTIAL_STORE names, and how the start says which it is. A setting that is missing is `config_invalid`. */
export async function openCredentials(
  o: CredentialSettings & { dataDir: string },
): Promise<{ store: CredentialStore; place: string }> {
  const folder = join(o.dataDir, 'credentials')
  switch (o.store ?? (existsSync(folder) ? 'local' : (o.fallback ?? 'local'))) {
    case 'local':
      return { store: await openLocalStore({ folder, key: o.key }), place: `an encrypted folder, ${folder}` }
    case 'google':
      return openGoogle(o.googleProject)
    case 'aws':
      return openAws(o.awsRegion)
    default:
      throw new AppError(
        'config_invalid',
        `CREDENTIAL_STORE=${o.store} is not known: leave it empty, or put "local", "google" or "aws".`,
      )
  }
}

async function openGoogle(project: string | undefined) {
  if (project === undefined)
    throw new AppError('config_invalid', 'CREDENTIAL_STORE=google: also set GOOGLE_CLOUD_PROJECT, the project’s id.')
  const { openGoogleStore } = await import('./google.ts')
  return { store: await openGoogleStore({ project }), place: `Google Secret Manager, project ${project}` }
}

async function openAws(region: string | undefined) {
  if (region === undefined)
    throw new AppError('config_invalid', 'CREDENTIAL_STORE=aws: also set AWS_REGION, for example eu-central-1.')
  const { openAwsStore } = await import('./aws.ts')
  return { store: await openAwsStore({ region }), place: `AWS Secrets Manager, ${region}` }
}
