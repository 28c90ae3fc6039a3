import { EmulatorError } from '../../errors.ts'
import { createFileRecord } from '../../web-api/methods/files.ts'
import type { FileContents } from '../../workspace/file-contents.ts'
import type { Channel, Message } from '../../workspace/records.ts'
import type { EmulatorParts } from '../emulator-parts.ts'

/** Files are held in memory while they are read. */
const MAX_BYTES = 25 * 1024 * 1024

/** Keeps a file that a person has picked; nobody else sees it until it is shared. */
export function keepAttachment(
  { workspace }: EmulatorParts,
  fileContents: FileContents,
  { name, bytes }: { name: string; bytes: Buffer },
): { ok: true; file: string } | { error: string } {
  if (name === '') return { error: 'name: a file needs a name' }
  if (bytes.length === 0) return { error: `${name} is empty` }
  if (bytes.length > MAX_BYTES) return { error: `${name} is larger than 25 MB` }
  const file = createFileRecord(name, bytes.length, workspace.now())
  fileContents.put(file.id, bytes)
  workspace.files.put(file.id, { ...file, uploaded: true, complete: true })
  return { ok: true, file: file.id }
}

/** Shares files with a channel and returns the fields its message needs. */
export function shareFiles(
  { workspace }: EmulatorParts,
  channel: Channel,
  ids: string[],
): Pick<Message, 'files' | 'subtype'> {
  if (ids.length === 0) return {}
  for (const id of ids) {
    const file = workspace.files.get(id)
    if (file === undefined) throw new EmulatorError('conflict', `there is no file ${id}: attach it first`)
    workspace.files.put(id, { ...file, channels: [...new Set([...file.channels, channel.id])] })
  }
  return { files: ids, subtype: 'file_share' }
}
