import type { RegistryEntry } from '../../registry/entry.ts'
import { headOf } from '../../text.ts'
import { namesSecret } from '../catalog/read-remote.ts'
import { isGap, isKeyLike, labelFor } from './header-inputs.ts'

type ImportedAddress = {
  /** With `{input}` where something is to be filled in. */
  url: string
  inputs: RegistryEntry['inputs']
  /** Parameters that held a key. */
  leftOut: string[]
}

/** A person has to connect such a server by hand, if they know it to be no secret. */
const KEY_IN_ADDRESS =
  'Its address holds what looks like a key, and addresses are not kept as secrets. See whether it takes the key in a header.'

/** What has to be filled in within an address: `${X}`, `{env:X}`, `{x}`, `<your-x>`, `YOUR_X`. */
const OPEN_PART =
  /\$?\{\{?(?:env:|input:)?([A-Za-z_][\w.-]{0,63})(?::-[^{}]*)?\}?\}|\$([A-Z_]\w{0,63})|<([^<>/]{1,60})>|\b(YOUR[-_][A-Z0-9_-]{1,60})\b/g

/** An address without what is secret in it, or why it cannot be taken over. */
export function readImportedAddress(written: string): ImportedAddress | { why: string } {
  const inputs: RegistryEntry['inputs'] = []
  const open = withoutKeys(written).url.replace(OPEN_PART, (_, ...found: (string | undefined)[]) => {
    const name = found.slice(0, 4).find((one) => one !== undefined) ?? 'part'
    const known = inputs.find((one) => one.label === labelFor(name)) ?? openPart(name, inputs.length + 1)
    if (!inputs.includes(known)) inputs.push(known)
    return `{${known.name}}`
  })
  if (inputs.some(({ label }) => namesSecret(label) || isKeyLike(label.replaceAll(' ', ''))))
    return { why: KEY_IN_ADDRESS }
  const why = /^\{part\d+\}$/.test(open) ? undefined : addressTroubleIn(open)
  if (why !== undefined) return { why }
  return { url: open, inputs, leftOut: withoutKeys(written).leftOut }
}

/** What is wrong with an address whose open parts are filled with anything. */
function addressTroubleIn(open: string): string | undefined {
  const sample = URL.parse(open.replace(/:\{part\d+\}/g, ':443').replace(/\{part\d+\}/g, 'part'))
  // What stands behind a third slash is its host to a browser and a path to who reads it.
  if (sample === null || /^https?:(?!\/\/[^/\\])/i.test(open)) return 'Its address cannot be read.'
  if (!/^https?:$/.test(sample.protocol)) return `It is no web address: ${sample.protocol}`
  return sample.pathname.split('/').some(isKeyLike) ? KEY_IN_ADDRESS : undefined
}

const openPart = (name: string, number: number): RegistryEntry['inputs'][number] => ({
  name: `part${number}`,
  label: labelFor(name.replace(/^your[\s_-]+/i, '')),
  hint: 'A piece of the address.',
  secret: false,
  required: true,
})

/** Without a name and password before the host, and without parameters that hold a key or a gap. */
function withoutKeys(written: string): { url: string; leftOut: string[] } {
  const url = written.trim().replace(/^([a-z]+:\/\/)[^/?#@]*@/i, '$1')
  const [head = '', query] = url.split('#', 1).join().split('?', 2)
  if (query === undefined) return { url: head, leftOut: head === written.trim() ? [] : ['the name before its host'] }
  const params = query.split('&').filter((one) => one !== '')
  const isKey = (param: string): boolean => {
    const [name = '', value = ''] = param.split('=', 2)
    return namesSecret(name) || isGap(value) || isKeyLike(value) || isKeyLike(name)
  }
  const kept = params.filter((param) => !isKey(param))
  const leftOut = params.filter(isKey).map(nameOfParam)
  return { url: kept.length === 0 ? head : `${head}?${kept.join('&')}`, leftOut }
}

/** A key may stand without a name, or in its place. */
function nameOfParam(param: string): string {
  const [name = '', value] = param.split('=', 2)
  return value === undefined || isKeyLike(name) ? 'a parameter' : headOf(name, 60)
}

/** Whether a finished address could not be shown to others. */
export const holdsKeyLikePart = (url: string): boolean =>
  'why' in readImportedAddress(url) || withoutKeys(url).leftOut.length > 0
