import { pictureTypeIn } from '../../model/check-picture.ts'
import { readBinaryText } from '../files/binary-text.ts'
import { decodeText } from '../files/decode-text.ts'
import {
  decodeBase64,
  decodeDataUrl,
  decodeWholeFile,
  type EncodedFile,
  isBinaryType,
  takeEncodedFiles,
} from '../files/encoded-files.ts'
import { type FileSource, nameFile } from '../files/file-name.ts'
import type { ResultFile } from '../state/shown-result.ts'
import type { ResultPart } from './result-texts.ts'

type Call = FileSource['call']
type Resource = Extract<ResultPart, { type: 'resource' }>
type Media = Extract<ResultPart, { type: 'image' | 'audio' }>

/** A part of a result as what its bytes are: a picture, a text or a file, whatever the server calls it; files have their name. */
export function readByBytes(part: ResultPart, call: Call): Promise<ResultPart[]> {
  switch (part.type) {
    case 'link':
      return Promise.resolve([part])
    case 'text':
      return readText(part.text, call)
    case 'image':
    case 'audio':
      return readMedia(part, call)
    case 'resource':
      return part.data === undefined
        ? readTextResource(part, call)
        : readBytes(part, Buffer.from(part.data, 'base64'), call)
    default:
      return part satisfies never
  }
}

async function readText(text: string, call: Call): Promise<ResultPart[]> {
  const whole = decodeDataUrl(text) ?? (await decodeWholeFile(text))
  if (whole !== undefined) return readEncoded(whole, call)
  const read = await readBinaryText(text)
  if (read?.kind === 'binary') return readBytes({ type: 'resource', uri: '' }, read.bytes, call)
  if (read !== undefined) return [{ type: 'text', text: read.kind === 'text' ? read.text : read.words }]
  const { text: rest, files } = (await takeEncodedFiles(text)) ?? { text, files: [] }
  const parts = await Promise.all(files.map((file) => readEncoded(file, call)))
  return [{ type: 'text', text: rest }, ...parts.flat()]
}

const readEncoded = ({ bytes, ...said }: EncodedFile, call: Call): Promise<ResultPart[]> =>
  readBytes({ type: 'resource', uri: '', ...said }, bytes, call)

/** Some servers put base64 where the text belongs; the declared type tells. */
async function readTextResource(part: Resource, call: Call): Promise<ResultPart[]> {
  const { text = '', mimeType = '' } = part
  const bytes = isBinaryType(mimeType) ? decodeBase64(text) : undefined
  if (bytes !== undefined) return readBytes(part, bytes, call)
  const read = await readBinaryText(text)
  if (read?.kind === 'binary') return readBytes(part, read.bytes, call)
  if (read?.kind === 'damaged')
    return [{ type: 'text', text: part.uri === '' ? read.words : `${part.uri}: ${read.words}` }]
  const { name } = await nameFile({ call, ...part }, 'text')
  return [{ ...part, name, text: read?.text ?? text }]
}

async function readMedia(part: Media, call: Call): Promise<ResultPart[]> {
  const bytes = Buffer.from(part.data, 'base64')
  const text = bytes.length === 0 || /svg/.test(part.mimeType) ? undefined : decodeText(bytes)
  if (text !== undefined) return readTextResource({ type: 'resource', uri: '', name: part.name, text }, call)
  const { name, mimeType } = await nameFile({ call, ...part }, bytes)
  const isSame = mimeType.split('/', 1)[0] === part.mimeType.split('/', 1)[0]
  return isSame || part.type !== 'image' || pictureTypeIn(bytes) !== undefined
    ? [{ ...part, mimeType, name }]
    : [{ type: 'resource', uri: '', name, mimeType, data: part.data }]
}

async function readBytes(part: Resource, bytes: Buffer, call: Call): Promise<ResultPart[]> {
  const data = bytes.toString('base64')
  if (bytes.length === 0) return [{ ...part, text: '', data: undefined }]
  const text = decodeText(bytes)
  if (text !== undefined) return readTextResource({ ...part, mimeType: textTypeOf(part), text, data }, call)
  const { name, mimeType } = await nameFile({ call, ...part }, bytes)
  return pictureTypeIn(bytes) === undefined
    ? [{ type: 'resource', uri: part.uri, name, mimeType, data }]
    : [{ type: 'image', mimeType, data, name }]
}

const textTypeOf = ({ mimeType = '' }: Resource): string | undefined =>
  mimeType === '' || isBinaryType(mimeType) ? undefined : mimeType

/** What of a part is posted: texts of a result are not, but those of its resources. */
export function resultFilesOf(part: ResultPart): ResultFile[] {
  if (part.type === 'text' || part.type === 'link') return []
  const { name = 'file', mimeType = 'text/plain' } = part
  const text = part.type === 'resource' ? part.text : undefined
  const data = text === undefined ? (part.data ?? '') : Buffer.from(text, 'utf8').toString('base64')
  return data === '' ? [] : [{ name, mimeType, data }]
}
