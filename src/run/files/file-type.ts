import { fileTypeFromBuffer } from 'file-type'

/** What a file is by its bytes. */
export type FileType = { extension: string; mimeType: string }

/** The type that the bytes begin with; undefined for text, and where they are nothing known. */
export async function fileTypeIn(bytes: Buffer): Promise<FileType | undefined> {
  const found = await fileTypeFromBuffer(bytes)
  return found && { extension: found.ext, mimeType: found.mime }
}

/** `PDF, 60 KB`. */
export const describeFile = (type: FileType | undefined, size: number): string =>
  `${type?.extension.toUpperCase() ?? 'of an unknown kind'}, ${sizeText(size)}`

function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
