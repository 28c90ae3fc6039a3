import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

// NIST SP 800-38D: 96 random bits of nonce, a 128-bit tag. Far below 2^32 sealings per key, so random nonces do.
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** The first version had no key id, and was bound to the reference. */
const VERSION = 2
const KEY_ID_BYTES = 8

export type UnsealedText = { ok: true; text: string; key: Buffer } | { ok: false; why: 'other_key' | 'damaged' }

/** Tells keys apart and says nothing of them. */
const keyIdOf = (key: Buffer): Buffer =>
  createHmac('sha256', key).update('patchbay key id').digest().subarray(0, KEY_ID_BYTES)

/** AES-256-GCM: version, key id, nonce, tag, ciphertext. `bound` is authenticated but not stored, so a sealing moved elsewhere does not open. */
export function encryptCredential(key: Buffer, bound: string, secret: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(bound))
  const hidden = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.from([VERSION]), keyIdOf(key), nonce, cipher.getAuthTag(), hidden])
}

/** Opens a sealed text with the key that fits. Else it says whether the key is another one, or the bytes were changed. `former`: what the first version bound its seals to. */
export function decryptCredential(keys: Buffer[], bound: string, sealed: Buffer, former?: string): UnsealedText {
  if (sealed[0] === 1) return decryptFormer(keys, former, sealed.subarray(1))
  const body = sealed.subarray(1 + KEY_ID_BYTES)
  if (sealed[0] !== VERSION || body.length < NONCE_BYTES + TAG_BYTES) return { ok: false, why: 'damaged' }
  const id = sealed.subarray(1, 1 + KEY_ID_BYTES)
  const key = keys.find((one) => keyIdOf(one).equals(id))
  if (key === undefined) return { ok: false, why: 'other_key' }
  const text = openWith(key, bound, body)
  return text === undefined ? { ok: false, why: 'damaged' } : { ok: true, text, key }
}

function decryptFormer(keys: Buffer[], bound: string | undefined, body: Buffer): UnsealedText {
  if (bound === undefined || body.length < NONCE_BYTES + TAG_BYTES) return { ok: false, why: 'damaged' }
  for (const key of keys) {
    const text = openWith(key, bound, body)
    if (text !== undefined) return { ok: true, text, key }
  }
  return { ok: false, why: 'other_key' }
}

function openWith(key: Buffer, bound: string, body: Buffer): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(bound))
  decipher.setAuthTag(body.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  const start = decipher.update(body.subarray(NONCE_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([start, decipher.final()]).toString('utf8')
  } catch (error) {
    // Node gives this error no code: the tag is not that of these bytes.
    if (error instanceof Error) return undefined
    throw error
  }
}
