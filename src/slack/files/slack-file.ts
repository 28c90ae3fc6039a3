import { z } from 'zod'
import { withoutNulls } from '../../json.ts'

/** A file as `files.info` gives it (docs.slack.dev/reference/objects/file-object); a message may hold no more than its id. */
export const SlackFile = z.preprocess(
  withoutNulls,
  z.object({
    name: z.string().optional(),
    title: z.string().optional(),
    mimetype: z.string().optional(),
    filetype: z.string().optional(),
    mode: z.string().optional(),
    file_access: z.string().optional(),
    is_external: z.boolean().optional(),
    external_type: z.string().optional(),
    external_url: z.string().optional(),
    size: z.number().optional(),
    url_private: z.string().optional(),
    url_private_download: z.string().optional(),
    converted_pdf: z.string().optional(),
    pjpeg: z.string().optional(),
    thumb_1024: z.string().optional(),
    thumb_960: z.string().optional(),
    thumb_800: z.string().optional(),
    thumb_720: z.string().optional(),
    thumb_480: z.string().optional(),
    thumb_360: z.string().optional(),
    thumb_pdf: z.string().optional(),
    thumb_video: z.string().optional(),
    preview: z.string().optional(),
    preview_plain_text: z.string().optional(),
    preview_is_truncated: z.boolean().optional(),
    plain_text: z.string().optional(),
    subject: z.string().optional(),
    from: z
      .array(z.looseObject({ original: z.string().optional() }))
      .optional()
      .catch(undefined),
    transcription: z
      .object({
        status: z.string().optional(),
        preview: z.object({ content: z.string().optional(), has_more: z.boolean().optional() }).optional(),
      })
      .optional()
      .catch(undefined),
    vtt: z.string().optional(),
    alt_txt: z.string().optional(),
    initial_comment: z.object({ comment: z.string().optional() }).optional().catch(undefined),
  }),
)
export type SlackFile = z.infer<typeof SlackFile>

/** Why Slack does not hand a file over, and what would help; undefined where it does. */
export function reasonWithheldOf(file: SlackFile): string | undefined {
  if (file.mode === 'tombstone') return 'it was deleted from Slack'
  if (file.mode === 'hidden_by_limit')
    return 'Slack hides it, as this workspace is over the limit of its plan; please upload it again'
  if (file.mode === 'file_access' || REFUSED.has(file.file_access ?? ''))
    return 'Slack does not let me see it, as it comes from another organization or a conversation that I am not in; please upload a copy of it here'
  return undefined
}

const REFUSED = new Set(['access_denied', 'file_not_found', 'check_file_info'])

/** Where a file is that Slack only links to. */
export function reasonElsewhereOf({
  is_external,
  mode,
  external_type,
  external_url,
  url_private,
}: SlackFile): string | undefined {
  if (is_external !== true && mode !== 'external') return undefined
  const service = SERVICES[external_type ?? ''] ?? 'another service'
  const link = external_url ?? url_private
  const where = link === undefined ? '' : ` (${link})`
  return `it is in ${service}${where}, and Slack has only the link; please upload a copy here, or ask me to open it if you have connected ${service}`
}

const SERVICES: Record<string, string> = {
  gdrive: 'Google Drive',
  dropbox: 'Dropbox',
  box: 'Box',
  onedrive: 'OneDrive',
  boxnet: 'Box',
  sharepoint: 'SharePoint',
}

/** What Slack itself holds of a file's words, and whether that is all of them. */
export type FileText = { text: string; isPart: boolean }

/** The words of an e-mail, or of what is written in Slack, which no download gives. */
export function wordsInSlackOf(file: SlackFile): FileText | undefined {
  if (isEmail(file)) {
    const from = file.from?.flatMap(({ original }) => original ?? []).join(', ')
    const head = [from && `From: ${from}`, file.subject && `Subject: ${file.subject}`].filter(Boolean).join('\n')
    const words = file.plain_text === undefined ? previewOf(file) : { text: file.plain_text, isPart: false }
    return words && { ...words, text: [head, words.text].filter(Boolean).join('\n\n') }
  }
  return isWrittenInSlack(file) ? previewOf(file) : undefined
}

const isEmail = ({ mode, filetype }: SlackFile): boolean => mode === 'email' || filetype === 'email'

const IN_SLACK = /^(?:space|post|quip|canvas|docs|list)$/
export const isWrittenInSlack = ({ mode = '', filetype = '' }: SlackFile): boolean =>
  IN_SLACK.test(mode) || IN_SLACK.test(filetype)

/** The beginning of a file's text, as Slack shows it below the message. */
export function previewOf(file: SlackFile): FileText | undefined {
  const text = file.preview_plain_text ?? file.preview
  return text === undefined || text.trim() === '' ? undefined : { text, isPart: file.preview_is_truncated !== false }
}

/** Pictures that Slack makes of a file, the largest first. */
export const picturesOf = (file: SlackFile): string[] =>
  [
    file.thumb_1024,
    file.thumb_960,
    file.thumb_800,
    file.thumb_720,
    file.thumb_480,
    file.thumb_360,
    file.pjpeg,
    file.thumb_pdf,
    file.thumb_video,
  ].filter((url) => url !== undefined)

/** What people say of a file: its description and the words it was first sent with. */
export function noteOn({ alt_txt, initial_comment }: SlackFile): string {
  const comment = initial_comment?.comment
  return [alt_txt && `Description: ${alt_txt}`, comment && `Sent with the words: ${comment}`].filter(Boolean).join('\n')
}

/** The words spoken in a WebVTT file (www.w3.org/TR/webvtt1), without its times and marks. */
export const spokenWordsIn = (vtt: string): string =>
  vtt
    .replace(/^\ufeff?WEBVTT[^\n]*\n/, '')
    .split(/\r?\n\s*\r?\n/)
    .filter((block) => block.includes('-->'))
    .map((block) =>
      block
        .slice(block.indexOf('-->'))
        .replace(/^[^\n]*\n?/, '')
        .replace(/<[^<>]*>/g, '')
        .trim(),
    )
    .filter(Boolean)
    .join('\n')
