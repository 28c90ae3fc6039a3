import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import { z } from 'zod'
import { addIds } from '../../workspace/blocks.ts'
import { systemClock } from '../../workspace/clock.ts'
import { fileObjectOf, sharesOf, stubOf } from '../../workspace/objects/file-object.ts'
import type { Channel, StoredFile } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { channelFor, threadFor } from './chat-common.ts'
import {
  acceptJson,
  blocksArg,
  countArg,
  defineMethod,
  type MethodResponse,
  type Methods,
  refuse,
  tsArg,
} from './method-args.ts'
import { refuseBlocks } from './refuse-blocks.ts'

const MIME_TYPES: Record<string, string> = {
  '.txt': 'text/plain',
  '.md': 'text/markdown',
  '.csv': 'text/csv',
  '.json': 'application/json',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
}

const Complete = z.object({
  files: acceptJson(z.array(z.object({ id: z.string(), title: z.string().optional() })).min(1)),
  channel_id: z.string().optional(),
  thread_ts: tsArg.optional(),
  initial_comment: z.string().optional(),
  blocks: blocksArg.optional(),
})

/** Slack answers before it has posted the file (docs.slack.dev/reference/methods/files.completeUploadExternal). */
const SHARING_MS = 50

/** The three steps of an upload (docs.slack.dev/messaging/working-with-files#upload), and files.info. */
export function createFileMethods(workspace: Workspace): Methods {
  // Sharing takes real time even under a test's clock, because an app cannot hurry it.
  const later = (act: () => void) => void systemClock.after(SHARING_MS, act)
  return {
    'files.getUploadURLExternal': defineMethod(
      z.object({ filename: z.string().min(1), length: z.coerce.number().int().min(1), alt_txt: z.string().optional() }),
      ({ filename, length }) => {
        const file = createFileRecord(filename, length, workspace.now())
        workspace.files.put(file.id, file)
        return { ok: true, upload_url: `${workspace.url}/upload/v1/${file.id}/${file.ticket}`, file_id: file.id }
      },
    ),
    'files.completeUploadExternal': defineMethod(Complete, (args) => complete(workspace, args, later)),
    'files.info': defineMethod(z.object({ file: z.string(), count: countArg.optional() }), ({ file }) => {
      const found = workspace.files.get(file)
      if (found === undefined || !found.complete || found.stub === 'access_denied') return refuse('file_not_found')
      if (found.stub === 'tombstone') return refuse('file_deleted')
      if (found.stub === 'hidden_by_limit') return { ok: true, file: stubOf(found), comments: [] }
      return { ok: true, file: { ...fileObjectOf(found, workspace), shares: sharesOf(found, workspace) }, comments: [] }
    }),
    'files.delete': defineMethod(z.object({ file: z.string() }), ({ file }) => {
      if (workspace.files.get(file) === undefined) return refuse('file_not_found')
      workspace.files.drop(file)
      return { ok: true }
    }),
  }
}

export function createFileRecord(name: string, size: number, created: number): StoredFile {
  return {
    id: `F${randomBytes(5).toString('hex').toUpperCase()}`,
    name,
    title: name,
    mimetype: MIME_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream',
    size,
    created,
    ticket: randomBytes(16).toString('hex'),
    uploaded: false,
    complete: false,
    channels: [],
  }
}

function complete(
  workspace: Workspace,
  args: z.infer<typeof Complete>,
  later: (act: () => void) => void,
): MethodResponse {
  const found = args.files.map(({ id, title }) => ({ file: workspace.files.get(id), title }))
  const files = found.flatMap(({ file, title }) =>
    file?.uploaded === true && !file.complete ? [{ ...file, title: title ?? file.name }] : [],
  )
  if (files.length < found.length) return refuse('file_not_found', ['upload the bytes to upload_url first'])
  const refused = refuseBlocks(args.blocks)
  if (refused !== undefined) return refused
  const channel = args.channel_id === undefined ? undefined : channelFor(workspace, args.channel_id)
  if (typeof channel === 'string') return refuse(channel)
  for (const file of files) workspace.files.put(file.id, { ...file, complete: true })
  if (channel !== undefined) later(() => share(workspace, channel, args))
  return { ok: true, files: files.map(({ id, title }) => ({ id, title })) }
}

/** Posts the files to their channel, at its top where the thread is gone. */
function share(workspace: Workspace, channel: Channel, args: z.infer<typeof Complete>): void {
  const thread = threadFor(workspace, channel.id, args.thread_ts)
  for (const { id } of args.files) {
    const file = workspace.files.get(id)
    if (file !== undefined) workspace.files.put(id, { ...file, channels: [channel.id] })
  }
  workspace.post({
    channel: channel.id,
    user: APP.user,
    subtype: 'file_share',
    text: args.initial_comment ?? '',
    files: args.files.map((file) => file.id),
    ...(typeof thread === 'string' ? {} : thread),
    ...(args.blocks === undefined ? {} : { blocks: addIds(args.blocks) }),
  })
}
