/**
 * Where secrets rest, each under a reference. `undefined` means "not there"; every other trouble throws
 * `credential_store_failed`. `remove` of what is not there is no trouble.
 */
export type CredentialStore = {
  get(ref: string): Promise<string | undefined>
  set(ref: string, secret: string): Promise<void>
  remove(ref: string): Promise<void>
}
