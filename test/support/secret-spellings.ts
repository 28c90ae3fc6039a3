const hex = (text: string) => Buffer.from(text).toString('hex')
const each = (text: string, write: (byte: number) => string) => [...Buffer.from(text)].map(write).join('')
const units = (text: string, write: (unit: number) => string) =>
  [...Array(text.length).keys()].map((at) => write(text.charCodeAt(at))).join('')

type Spellings = Record<string, (text: string) => string>

/** Ways of writing a text that make another text of it, which can be written so again. */
export const ESCAPES: Spellings = {
  plain: (secret) => secret,
  'percent codes': encodeURIComponent,
  'percent codes in small letters': (secret) =>
    encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
  'percent codes alone': (secret) => each(secret, (byte) => `%${byte.toString(16).padStart(2, '0')}`),
  'percent codes in both cases': (secret) =>
    encodeURIComponent(secret).replace(/%../g, (code, at: number) => (at % 2 ? code.toLowerCase() : code)),
  'hex escapes': (secret) => each(secret, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`),
  JSON: (secret) => JSON.stringify(secret).slice(1, -1),
  'JSON of PHP': (secret) => JSON.stringify(secret).slice(1, -1).replaceAll('/', String.raw`\/`),
  'escapes of JSON': (secret) => units(secret, (unit) => `\\u${unit.toString(16).padStart(4, '0')}`),
  'escapes of JavaScript': (secret) => units(secret, (unit) => `\\u{${unit.toString(16)}}`),
  'references of HTML': (secret) => units(secret, (unit) => `&#${unit};`),
  'hex references of HTML': (secret) => units(secret, (unit) => `&#x${unit.toString(16).toUpperCase()};`),
  'names of HTML': (secret) => secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('/', '&sol;'),
}

/** Ways of writing the bytes of a text. */
export const ENCODINGS: Spellings = {
  'hex in small letters': hex,
  'hex in capitals': (secret) => hex(secret).toUpperCase(),
  'base64 with nothing before': (secret) => Buffer.from(secret).toString('base64'),
  'base64 after one sign': (secret) => Buffer.from(`u${secret}:`).toString('base64'),
  'base64 after two signs': (secret) => Buffer.from(`u:${secret}:more`).toString('base64'),
  'base64 for URLs after a name': (secret) => Buffer.from(`user:${secret}`).toString('base64url'),
  'wrapped base64': (secret) =>
    Buffer.from(`u:${secret}`)
      .toString('base64')
      .replace(/(.{8})/g, '$1\r\n  '),
}
