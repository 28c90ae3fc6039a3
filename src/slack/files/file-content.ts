import { isAppError } from '../../errors.ts'
import type { FileContent } from '../../run/deps.ts'
import { decodeText, mayBeText } from '../../run/files/decode-text.ts'
import { isTextName } from '../../run/files/file-ending.ts'
import { fileTypeIn } from '../../run/files/file-type.ts'
import { headOf } from '../../text.ts'
import {
  type FileText,
  isWrittenInSlack,
  noteOn,
  picturesOf,
  previewOf,
  reasonElsewhereOf,
  reasonWithheldOf,
  type SlackFile,
  spokenWordsIn,
  wordsInSlackOf,
} from './slack-file.ts'

export const MAX_FILE_BYTES = 10 * 1024 * 1024

/** Claude takes images of 5 MB, counted as base64 (docs.claude.com, vision); of a larger one, Slack's thumbnail is read. */
const MAX_IMAGE_BYTES = 3_900_000

/** About 15,000 tokens; longer texts are better read in parts with a tool. */
const MAX_TEXT_CHARS = 60_000

/** Gets bytes of Slack and the type it says they have. */
export type FetchFile = (url: string) => Promise<{ bytes: Buffer; type: string }>

/** A file that cannot be read; the message says why. */
export class UnreadableFile extends Error {}

/** What a file holds, or what Slack has in its place; its kind is judged by what `files.info` says. Throws UnreadableFile. */
export async function readSlackFile(file: SlackFile, fetchFile: FetchFile): Promise<FileContent> {
  const withheld = reasonWithheldOf(file)
  if (withheld !== undefined) throw new UnreadableFile(withheld)
  const note = noteOn(file)
  const content = await contentOf(file, fetchFile)
  const notes = [content.note, note].filter(Boolean).join('\n')
  return { ...content, ...(notes !== '' && { note: notes }) }
}

async function contentOf(file: SlackFile, fetchFile: FetchFile): Promise<FileContent> {
  const words = wordsInSlackOf(file) ?? (await transcriptOf(file, fetchFile))
  if (words !== undefined) return textOf(words)
  try {
    return await downloadedContent(file, fetchFile)
  } catch (error) {
    // Slack's picture or preview of a file says more than none.
    if (!(error instanceof UnreadableFile) && !isRefusal(error)) throw error
    const note = `This is only what Slack shows of it. The file itself cannot be read: ${error.message}`
    const standIn = await contentInItsPlace(file, fetchFile, note)
    if (standIn === undefined) throw error
    return standIn
  }
}

async function downloadedContent(file: SlackFile, fetchFile: FetchFile): Promise<FileContent> {
  const why = reasonElsewhereOf(file) ?? whyNotWorthReading(file)
  if (why !== undefined) throw new UnreadableFile(why)
  const [picture] = picturesOf(file)
  const { bytes, type } = await fetchFile(isLargePicture(file) && picture !== undefined ? picture : urlOf(file))
  // Without the scope, Slack answers with its sign-in page.
  if (type.startsWith('text/html') && !/html/.test(`${file.mimetype} ${file.name}`))
    throw new UnreadableFile(
      'Slack did not hand it over; whoever runs Patchbay should check that the app has the scope files:read',
    )
  if (bytes.length === 0) throw new UnreadableFile('it is empty')
  const content = await contentIn(bytes)
  if (content === undefined) throw new UnreadableFile(await whyUnreadable(bytes))
  return content
}

const isPicture = ({ mimetype = '' }: SlackFile): boolean => mimetype.startsWith('image/')
const isLargePicture = (file: SlackFile): boolean => isPicture(file) && (file.size ?? 0) > MAX_IMAGE_BYTES

function urlOf(file: SlackFile): string {
  if ((file.size ?? 0) > MAX_FILE_BYTES) throw new UnreadableFile('it is larger than the 10 MB I can take')
  const url = file.url_private_download ?? file.url_private
  if (url === undefined) throw new UnreadableFile('it is gone from Slack')
  return url
}

function whyNotWorthReading(file: SlackFile): string | undefined {
  if (isWrittenInSlack(file))
    return 'Slack does not hand its words to me; please copy them into a message, or export it and upload the file'
  if (isWorthReading({ name: file.name ?? '', mimeType: file.mimetype ?? '' })) return undefined
  return file.transcription?.status === 'processing'
    ? 'Slack is still writing down what is said in it; please ask me again here in a minute'
    : `${READABLE}, and recordings of which Slack has a transcript`
}

/** What Slack says of a file only spares the download of films and songs; `.ts` is a film's ending as well. */
export const isWorthReading = ({ name, mimeType }: { name: string; mimeType: string }): boolean =>
  !/^(?:audio|video|font)\//i.test(mimeType) || isTextName(name)

async function transcriptOf({ transcription, vtt }: SlackFile, fetchFile: FetchFile): Promise<FileText | undefined> {
  const { content, has_more: isPart = false } = transcription?.preview ?? {}
  if (content === undefined || content.trim() === '') return undefined
  const bytes = isPart && vtt !== undefined ? await bytesIfGiven(vtt, fetchFile) : undefined
  const whole = bytes && spokenWordsIn(decodeText(bytes) ?? '')
  return whole ? { text: whole, isPart: false } : { text: content, isPart }
}

/** Undefined where Slack does not hand it over: there is something else to read. */
async function bytesIfGiven(url: string, fetchFile: FetchFile): Promise<Buffer | undefined> {
  try {
    return (await fetchFile(url)).bytes
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

const isRefusal = (error: unknown): error is Error => isAppError(error, 'slack_failed', 'limit_reached')

/** A PDF or picture that Slack made of a file, or the beginning of its text. */
async function contentInItsPlace(
  file: SlackFile,
  fetchFile: FetchFile,
  note: string,
): Promise<FileContent | undefined> {
  const preview = previewOf(file)
  if (preview !== undefined) return { ...textOf(preview), note }
  for (const url of [file.converted_pdf, ...picturesOf(file)].filter((one) => one !== undefined)) {
    const bytes = await bytesIfGiven(url, fetchFile)
    const content = bytes && (await contentIn(bytes))
    if (content === undefined || content.kind === 'text') continue
    return url === file.converted_pdf || isPicture(file) ? content : { ...content, note }
  }
  return undefined
}

function textOf({ text, isPart }: FileText): FileContent {
  const readable = readableTextOf(text)
  return { kind: 'text', text: isPart ? `${readable}\n[Only the beginning can be read. Tell the person.]` : readable }
}

/** What the bytes are, whatever the name says; undefined where that is nothing the model can take. */
async function contentIn(bytes: Buffer): Promise<FileContent | undefined> {
  const text = decodeText(bytes)
  if (text !== undefined) return { kind: 'text', text: readableTextOf(text) }
  const type = await fileTypeIn(bytes)
  if (type !== undefined && IMAGES.has(type.extension))
    return bytes.length > MAX_IMAGE_BYTES
      ? undefined
      : { kind: 'image', mimeType: type.mimeType, data: bytes.toString('base64') }
  // Other bytes may stand before the mark (ISO 32000, annex H.3.4.1).
  const isPdf = bytes.subarray(0, PDF_MARK_BYTES).includes('%PDF-')
  return isPdf ? { kind: 'pdf', data: bytes.toString('base64') } : undefined
}

const PDF_MARK_BYTES = 1_024
const IMAGES = new Set(['png', 'apng', 'jpg', 'gif', 'webp'])
const READABLE = 'I can only read text, images (PNG, JPEG, GIF, WebP) and PDFs'

async function whyUnreadable(bytes: Buffer): Promise<string> {
  const type = await fileTypeIn(bytes)
  if (type === undefined)
    return mayBeText(bytes)
      ? 'I cannot tell how its letters are encoded; please save it as UTF-8 and send it again'
      : 'it does not look like text'
  return IMAGES.has(type.extension)
    ? 'it is larger than the 4 MB I can take of an image'
    : `it is of the type ${type.extension.toUpperCase()}, and ${READABLE}; a PDF of it would do`
}

const readableTextOf = (text: string): string =>
  text.length <= MAX_TEXT_CHARS
    ? text
    : `${headOf(text, MAX_TEXT_CHARS)}\n[Cut: these are the first ${MAX_TEXT_CHARS} of ${text.length} characters. Tell the person.]`
