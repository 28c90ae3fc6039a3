/**
 * Stores secrets, each under a reference. `undefined` means "not there"; every other failure throws
 * `credential_store_failed`. `remove` of what is not there does nothing.
 */
export type CredentialStore = {
  get(ref: string): Promise<string | undefined>
  set(ref: string, secret: string): Promise<void>
  remove(ref: string): Promise<void>
}
