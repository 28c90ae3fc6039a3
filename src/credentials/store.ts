/**
 * Stores secrets, each under a reference. `undefined` means "not there"; what is there and can never be opened throws
 * `credential_missing`, every other failure `credential_store_failed`. `remove` of what is not there does nothing.
 */
export type CredentialStore = {
  get(ref: string): Promise<string | undefined>
  set(ref: string, secret: string): Promise<void>
  remove(ref: string): Promise<void>
}
