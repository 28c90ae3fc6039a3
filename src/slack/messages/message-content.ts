import { z } from 'zod'
import type { AttachedFile } from '../../run/state/events.ts'
import { unescapeEntities } from '../message-text/read-mrkdwn.ts'

/** The text of a slash command as it was typed: Slack makes links of addresses in it, and mentions of names, which stay. */
export const typedTextOf = (text: string): string =>
  unescapeEntities(
    text.replace(/<((?:https?|mailto|tel):[^<>|\s]+)(?:\|([^<>]*))?>/gi, (_all, url: string, label = '') =>
      label !== '' && url.endsWith(label) ? label : url.replace(/^(?:mailto|tel):/i, ''),
    ),
  )

/** Slack's composer and the model take no more than this well. */
const MAX_FILES = 20

const File = z.object({
  id: z.string(),
  name: z.string().nullish(),
  title: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nullish(),
})

/** The files of a message in payloads and events; deleted files are left out. */
export const MessageFiles = z
  .array(z.unknown())
  .default([])
  .catch([])
  .transform((files) => files.flatMap((file) => attachedFilesOf(File.safeParse(file).data)))

function attachedFilesOf(file: z.infer<typeof File> | undefined): AttachedFile[] {
  if (file === undefined) return []
  const { id, name, title, mimetype, size } = file
  return [{ id, name: name || title || 'a file', mimeType: mimetype ?? '', size: size ?? 0 }]
}

/** The first files, and a notice if others are left out. */
export function limitFiles(files: AttachedFile[]): { files: AttachedFile[]; notice: string | undefined } {
  const left = files.length - MAX_FILES
  const [rest, pronoun] = left === 1 ? ['one', 'it'] : [left, 'them']
  const words = `Only the first ${MAX_FILES} files of a message are read. To have the other ${rest} read, send ${pronoun} in a new message.`
  return { files: files.slice(0, MAX_FILES), notice: left > 0 ? words : undefined }
}
