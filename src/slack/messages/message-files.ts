import { z } from 'zod'
import type { AttachedFile } from '../../run/state/attached-file.ts'

/** More than this Slack's own composer does not take well, and no model. */
const MOST_FILES = 20

const File = z.object({
  id: z.string(),
  name: z.string().nullish(),
  title: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nullish(),
})

/** The files of a message, as payloads and events carry them; what is no file any more is left out. */
export const MessageFiles = z
  .array(z.unknown())
  .default([])
  .transform((files) => files.flatMap((file) => attached(File.safeParse(file).data)))

function attached(file: z.infer<typeof File> | undefined): AttachedFile[] {
  if (file === undefined) return []
  const { id, name, title, mimetype, size } = file
  return [{ id, name: name || title || 'a file', mimeType: mimetype ?? '', size: size ?? 0 }]
}

/** The first twenty, and what to say of the rest. */
export function limitFiles(files: AttachedFile[]): { files: AttachedFile[]; left: string | undefined } {
  const left = files.length - MOST_FILES
  const [rest, them] = left === 1 ? ['one', 'it'] : [left, 'them']
  const words = `Only the first ${MOST_FILES} files of a message are read. To have the other ${rest} read, send ${them} in a new message.`
  return { files: files.slice(0, MOST_FILES), left: left > 0 ? words : undefined }
}
