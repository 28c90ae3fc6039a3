import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Db } from '../db/call.ts'
import { AppError } from '../errors.ts'
import { openVaultStore, type VaultSettings, type VaultSignIn } from './hashicorp-vault.ts'
import { openLocalStore } from './local.ts'
import { openMountedFiles } from './mounted-files.ts'
import type { CredentialStore } from './store.ts'
import { openSupabaseVault } from './supabase-vault.ts'

export type CredentialSettings = {
  store: string | undefined
  /** Taken where no store is named and none was begun in the data folder. */
  fallback?: 'google' | 'aws' | 'files' | 'supabase' | undefined
  key: string | undefined
  googleProject?: string | undefined
  awsRegion?: string | undefined
  /** Where secrets are mounted, or a folder kept safe by somebody else. */
  filesFolder?: string | undefined
  vault?: (Omit<VaultSettings, 'signIn'> & { signIn: VaultSignIn | undefined }) | undefined
}

/** `fetch` reaches the operator's own Vault, and nothing else. */
export type CredentialDeps = { dataDir: string; db: Db; fetch: typeof fetch }

const STORE_NAMES = 'local, files, google, aws, vault or supabase'

/** Where the local store is, begun or not. */
export const credentialsFolderIn = (dataDir: string): string => join(dataDir, 'credentials')

/** The name of the store that is set, or taken where none is. */
export const storeNameOf = (o: CredentialSettings & Pick<CredentialDeps, 'dataDir'>): string =>
  o.store ?? (existsSync(credentialsFolderIn(o.dataDir)) ? 'local' : (o.fallback ?? 'local'))

/** The store that CREDENTIAL_STORE names, and how the start says which it is. A setting that is missing is `config_invalid`. */
export async function openCredentials(
  o: CredentialSettings & CredentialDeps,
): Promise<{ store: CredentialStore; place: string }> {
  const folder = credentialsFolderIn(o.dataDir)
  switch (storeNameOf(o)) {
    case 'local':
      return { store: await openLocalStore({ folder, key: o.key }), place: `an encrypted folder, ${folder}` }
    case 'google':
      return openGoogle(o.googleProject)
    case 'aws':
      return openAws(o.awsRegion)
    case 'files':
      return openFiles(o.filesFolder)
    case 'vault':
      return openVault(o)
    case 'supabase':
      return { store: await openSupabaseVault(o.db), place: 'Supabase Vault, in the database' }
    default:
      throw new AppError(
        'config_invalid',
        `CREDENTIAL_STORE=${o.store} is not known: leave it empty, or put ${STORE_NAMES}.`,
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

async function openFiles(folder: string | undefined) {
  if (folder === undefined)
    throw new AppError('config_invalid', 'CREDENTIAL_STORE=files: also set CREDENTIALS_FOLDER, where the files are.')
  const { store, isReadOnly } = await openMountedFiles(folder)
  const how = isReadOnly
    ? 'files that may only be read: nobody can connect with a secret or sign in anew'
    : 'files as they stand'
  return { store, place: `${how}, ${folder}` }
}

function openVault({ vault, fetch }: Pick<CredentialSettings, 'vault'> & Pick<CredentialDeps, 'fetch'>) {
  if (vault === undefined)
    throw new AppError(
      'config_invalid',
      'CREDENTIAL_STORE=vault: also set VAULT_ADDR, for example https://vault.example.com:8200.',
    )
  const { signIn } = vault
  if (signIn === undefined)
    throw new AppError(
      'config_invalid',
      'CREDENTIAL_STORE=vault: also set VAULT_KUBERNETES_ROLE, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_TOKEN.',
    )
  return { store: openVaultStore({ ...vault, signIn }, { fetch }), place: `Vault, ${vault.address}` }
}
