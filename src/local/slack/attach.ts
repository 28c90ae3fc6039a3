import { AppError } from '../../errors.ts'
import { newFile } from './api/files.ts'
import type { Blobs } from './blobs.ts'
import type { Stage } from './payloads.ts'
import type { Channel, Message } from './records.ts'

/** Far above what a trial needs, and little enough to hold in memory. */
const MAX_BYTES = 25 * 1024 * 1024

/** Keeps a file a person has picked; it is nobody else's until it is shared. */
export function attach(
  { workspace }: Stage,
  blobs: Blobs,
  { name, bytes }: { name: string; bytes: Buffer },
): { ok: true; file: string } | { error: string } {
  if (name === '') return { error: 'name: a file needs a name' }
  if (bytes.length === 0) return { error: `${name} is empty` }
  if (bytes.length > MAX_BYTES) return { error: `${name} is larger than 25 MB` }
  const file = newFile(name, bytes.length, workspace.now())
  blobs.put(file.id, bytes)
  workspace.files.put(file.id, { ...file, uploaded: true, complete: true })
  return { ok: true, file: file.id }
}

/** What a message that shares files has more than another; from then on its channel sees them. */
export function sharedFiles({ workspace }: Stage, channel: Channel, ids: string[]): Pick<Message, 'files' | 'subtype'> {
  if (ids.length === 0) return {}
  for (const id of ids) {
    const file = workspace.files.get(id)
    if (file === undefined) throw new AppError('conflict', `there is no file ${id}: attach it first`)
    workspace.files.put(id, { ...file, channels: [...new Set([...file.channels, channel.id])] })
  }
  return { files: ids, subtype: 'file_share' }
}
