import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import { z } from 'zod'
import { addIds } from '../../workspace/blocks.ts'
import type { StoredFile } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'
import { fileObjectOf } from '../../workspace/slack-objects.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { channelFor, isThread } from './chat-common.ts'
import {
  acceptJson,
  countArg,
  defineMethod,
  jsonObjectsArg,
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
  blocks: jsonObjectsArg.optional(),
})

/** The three steps of an upload (docs.slack.dev/messaging/working-with-files#upload), and files.info. */
export function createFileMethods(workspace: Workspace): Methods {
  return {
    'files.getUploadURLExternal': defineMethod(
      z.object({ filename: z.string().min(1), length: z.coerce.number().int().min(1), alt_txt: z.string().optional() }),
      ({ filename, length }) => {
        const file = createFileRecord(filename, length, workspace.now())
        workspace.files.put(file.id, file)
        return { ok: true, upload_url: `${workspace.url}/upload/v1/${file.id}/${file.ticket}`, file_id: file.id }
      },
    ),
    'files.completeUploadExternal': defineMethod(Complete, (args) => complete(workspace, args)),
    'files.info': defineMethod(z.object({ file: z.string(), count: countArg.optional() }), ({ file }) => {
      const found = workspace.files.get(file)
      if (found === undefined || !found.complete) return refuse('file_not_found')
      return { ok: true, file: fileObjectOf(found, workspace.filesUrl), comments: [] }
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

function complete(workspace: Workspace, args: z.infer<typeof Complete>): MethodResponse {
  const found = args.files.map(({ id, title }) => ({ file: workspace.files.get(id), title }))
  const files = found.flatMap(({ file, title }) =>
    file?.uploaded === true ? [{ ...file, title: title ?? file.name }] : [],
  )
  if (files.length < found.length) return refuse('file_not_found', ['upload the bytes to upload_url first'])
  const refused = refuseBlocks(args.blocks) ?? share(workspace, args)
  if (refused !== undefined) return refused
  const channels = args.channel_id === undefined ? [] : [args.channel_id]
  const done = files.map((file) => ({ ...file, complete: true, channels }))
  for (const file of done) workspace.files.put(file.id, file)
  return { ok: true, files: done.map((file) => fileObjectOf(file, workspace.filesUrl)) }
}

/** Posts the files to their channel, if there is one; returns Slack's refusal, if there is one. */
function share(workspace: Workspace, args: z.infer<typeof Complete>): MethodResponse | undefined {
  if (args.channel_id === undefined) return undefined
  const channel = channelFor(workspace, args.channel_id)
  if (typeof channel === 'string') return refuse(channel)
  if (args.thread_ts !== undefined && !isThread(workspace, channel.id, args.thread_ts))
    return refuse('invalid_thread_ts')
  workspace.post({
    channel: channel.id,
    user: APP.user,
    subtype: 'file_share',
    text: args.initial_comment ?? '',
    files: args.files.map((file) => file.id),
    ...(args.thread_ts === undefined ? {} : { thread_ts: args.thread_ts }),
    ...(args.blocks === undefined ? {} : { blocks: addIds(args.blocks) }),
  })
  return undefined
}
