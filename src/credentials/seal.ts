import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

// NIST SP 800-38D: 96 random bits of nonce, a 128-bit tag. Far below 2^32 sealings per key, so random nonces do.
const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION = Buffer.from([1])

/** AES-256-GCM: version, nonce, tag, ciphertext. `bound` is authenticated but not stored, so a sealing moved elsewhere does not open. */
export function encryptCredential(key: Buffer, bound: string, secret: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(bound))
  const hidden = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return Buffer.concat([VERSION, nonce, cipher.getAuthTag(), hidden])
}

/** The sealed secret. Throws on a wrong key, another binding or changed bytes. */
export function decryptCredential(key: Buffer, bound: string, sealed: Buffer): string {
  const head = VERSION.length + NONCE_BYTES
  if (sealed.length < head + TAG_BYTES || !sealed.subarray(0, VERSION.length).equals(VERSION))
    throw new RangeError('not a sealed credential')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(VERSION.length, head), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(bound))
  decipher.setAuthTag(sealed.subarray(head, head + TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(head + TAG_BYTES)), decipher.final()]).toString('utf8')
}
