import { z } from 'zod'
import { createFileRecord } from '../../web-api/methods/files.ts'
import type { FileContents } from '../../workspace/file-contents.ts'
import { FileStub, Json, type StoredFile } from '../../workspace/records.ts'
import type { Workspace } from '../../workspace/workspace.ts'

/** What makes a file more than its bytes. */
export const FileForm = z.object({
  /** What the message shows in place of the file. */
  stub: FileStub.optional(),
  /** Where a file is that Slack only links to; it has no bytes then. */
  external_url: z.url().optional(),
  external_type: z.string().default('gdrive'),
  /** What Slack makes of a file that not everything can show: a PDF of a document, or a picture, in base64. */
  converted: z.object({ mimeType: z.string(), data: z.base64() }).optional(),
  /** The first words of a text, as Slack shows them below the message. */
  preview: z.string().optional(),
  /** What is said in a recording. */
  transcript: z.string().optional(),
  /** Any other field of the file object. */
  more: Json.default({}),
})
export type FileForm = z.infer<typeof FileForm>

type Deps = { workspace: Workspace; fileContents: FileContents }

/** The fields that a stored file has beside those of plain ones. */
export function formFields(deps: Deps, form: FileForm, of: Pick<StoredFile, 'user' | 'channels'>): Partial<StoredFile> {
  const more = {
    ...externalFields(form),
    ...convertedFields(deps, form, of),
    ...(form.preview === undefined ? {} : { mode: 'snippet', preview: form.preview, preview_is_truncated: false }),
    ...transcriptFields(deps, form, of),
    ...form.more,
  }
  return {
    ...(form.stub === undefined ? {} : { stub: form.stub }),
    ...(Object.keys(more).length === 0 ? {} : { more }),
  }
}

/** docs.slack.dev/messaging/working-with-files#remote */
function externalFields({ external_url, external_type }: FileForm): Json {
  if (external_url === undefined) return {}
  const address = { external_url, url_private: external_url, permalink: external_url }
  return { mode: 'external', is_external: true, external_type, ...address, url_private_download: undefined }
}

/** The names of Slack's previews: a document's `converted_pdf`, a picture's `thumb_*` (docs.slack.dev/reference/objects/file-object). */
function convertedFields(deps: Deps, { converted }: FileForm, of: Pick<StoredFile, 'user' | 'channels'>): Json {
  if (converted === undefined) return {}
  const isPdf = converted.mimeType === 'application/pdf'
  const url = keepBeside(deps, of, isPdf ? 'converted.pdf' : 'thumb_1024.jpg', converted)
  return isPdf ? { converted_pdf: url } : { thumb_360: url, thumb_720: url, thumb_1024: url, pjpeg: url }
}

/** How much of a transcript the file object itself holds; no page says how much, reports show a sentence or two. */
const TRANSCRIPT_PREVIEW = 200

/** A clip's transcript: its beginning in the object, all of it as WebVTT behind `vtt`. */
function transcriptFields(deps: Deps, { transcript }: FileForm, of: Pick<StoredFile, 'user' | 'channels'>): Json {
  if (transcript === undefined) return {}
  const data = Buffer.from(`WEBVTT\n\n00:00:00.000 --> 00:01:00.000\n${transcript}\n`).toString('base64')
  const preview = { content: transcript.slice(0, TRANSCRIPT_PREVIEW), has_more: transcript.length > TRANSCRIPT_PREVIEW }
  return {
    subtype: 'slack_audio',
    transcription: { status: 'complete', locale: 'en-US', preview },
    vtt: keepBeside(deps, of, 'transcript.vtt', { mimeType: 'text/vtt', data }),
  }
}

/** Keeps bytes that belong to another file, and returns where they are. */
function keepBeside(
  { workspace, fileContents }: Deps,
  of: Pick<StoredFile, 'user' | 'channels'>,
  name: string,
  { mimeType, data }: { mimeType: string; data: string },
): string {
  const bytes = Buffer.from(data, 'base64')
  const made = createFileRecord(name, bytes.length, workspace.now())
  fileContents.put(made.id, bytes)
  workspace.files.put(made.id, { ...made, ...of, mimetype: mimeType, uploaded: true, complete: true })
  return `${workspace.filesUrl}/files/${made.id}/${name}`
}
