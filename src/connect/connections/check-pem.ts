import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Card } from '../../cards/card.ts'
import { placeholdersIn } from '../../cards/placeholders.ts'
import type { InputProblem } from '../connect-types.ts'

/** Which inputs of a card are a client certificate, its key, and the CA of the server. */
function tlsInputsOf({ server, inputs }: Card): {
  certificate?: string | undefined
  key?: string | undefined
  ca?: string | undefined
} {
  const { certificate = '', key = '', ca = '' } = tlsTextsOf(server)
  // A service's key is a word; what is in PEM form has several lines.
  const inputIn = (text: string) => {
    const [name] = placeholdersIn(text)
    return inputs.some((one) => one.name === name && one.lines === true) ? name : undefined
  }
  return { certificate: inputIn(certificate), key: inputIn(key), ca: inputIn(ca) }
}

function tlsTextsOf(server: Card['server']) {
  if (server.kind === 'http') return server.tls ?? {}
  if (server.kind === 'stdio') return {}
  const { cert, key, ca } = server.settings
  return { certificate: cert, key, ca }
}

/** What is wrong with the certificates and keys that were filled in. Problems never repeat a value. */
export function findPemProblems(card: Card, filled: Record<string, string>, now = new Date()): InputProblem[] {
  const fields = tlsInputsOf(card)
  const [certificate, key, ca] = [fields.certificate, fields.key, fields.ca].map((field) => field && filled[field])
  const problems: [field: string | undefined, message: string | undefined][] = [
    [fields.certificate, certificate && certificateProblemIn(certificate, now)],
    [fields.ca, ca && certificateProblemIn(ca, now)],
    [fields.key, key && keyProblemIn(key)],
  ]
  if (problems.every(([, message]) => !message)) problems.push(...pairProblems(fields, certificate, key))
  return problems.flatMap(([field, message]) => (field && message ? [{ field, message }] : []))
}

function pairProblems(
  fields: ReturnType<typeof tlsInputsOf>,
  certificate: string | undefined,
  key: string | undefined,
): [string | undefined, string | undefined][] {
  if (certificate && !key) return [[fields.key, 'The certificate works only with its key. Enter that, too.']]
  if (key && !certificate) return [[fields.certificate, 'The key works only with its certificate. Enter that, too.']]
  if (!certificate || !key) return []
  const [own] = certificatesIn(certificate)
  const belongs = own !== undefined && new X509Certificate(own).checkPrivateKey(createPrivateKey(key))
  return belongs ? [] : [[fields.key, 'This key belongs to another certificate. Enter the one that was made with it.']]
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

const certificatesIn = (text: string): string[] => text.match(CERTIFICATE) ?? []

/** There may be several: the chain to the CA, or several CAs. */
function certificateProblemIn(text: string, now: Date): string | undefined {
  const found = certificatesIn(text)
  if (found.length === 0) return 'This is no certificate in PEM form. It begins with -----BEGIN CERTIFICATE-----.'
  for (const one of found) {
    const ends = endOf(one)
    if (ends === undefined) return 'I cannot read this certificate. Copy it again, all of it.'
    if (ends < now) return `This certificate expired on ${ends.toISOString().slice(0, 10)}. Enter a current one.`
  }
  return undefined
}

function endOf(certificate: string): Date | undefined {
  try {
    return new Date(new X509Certificate(certificate).validTo)
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

function keyProblemIn(text: string): string | undefined {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text))
    return 'This key is locked with a password. Enter it without one: openssl pkey -in key.pem -out open.pem'
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(text))
    return 'This is no private key in PEM form. It begins with -----BEGIN PRIVATE KEY----- or the like.'
  return privateKeyIn(text) === undefined ? 'I cannot read this key. Copy it again, all of it.' : undefined
}

function privateKeyIn(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}
