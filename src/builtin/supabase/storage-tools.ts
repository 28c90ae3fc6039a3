import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { cutText, type ProjectToolDeps, READS, rowsResult, USUAL_ROWS, WRITES } from './project-tools.ts'

/** As much as a call may leave in a thread. */
const MAX_FILE_BYTES = 5 * 1024 * 1024

/** The files that the project keeps. */
export function registerStorageTools(deps: ProjectToolDeps): void {
  registerLists(deps)
  registerReadFile(deps)
  registerUpload(deps)
}

function registerLists({ server, client }: ProjectToolDeps): void {
  server.registerTool(
    'list_buckets',
    {
      title: 'List buckets',
      description: 'The buckets of the project’s storage.',
      inputSchema: z.object({}),
      annotations: READS,
    },
    async (_, { mcpReq: { signal } }) => {
      const buckets = await client.ask(signal, (supabase) => supabase.storage.listBuckets())
      const rows = buckets.map(({ name, public: isPublic, created_at }) => ({ name, public: isPublic, created_at }))
      return rowsResult(rows, rows.length === 0 ? 'There are no buckets.' : undefined)
    },
  )
  server.registerTool(
    'list_files',
    {
      title: 'List files',
      description: 'The files and folders of a bucket, or of a folder in it.',
      inputSchema: z.object({
        bucket: z.string().min(1),
        folder: z.string().default('').describe('Left out: the top of the bucket'),
        offset: z.number().int().min(0).default(0),
      }),
      annotations: READS,
    },
    async ({ bucket, folder, offset }, { mcpReq: { signal } }) => {
      const found = await client.ask(signal, (supabase) =>
        supabase.storage.from(encodePath(bucket)).list(folder, { limit: USUAL_ROWS + 1, offset }),
      )
      const rows = found.slice(0, USUAL_ROWS).map(({ name, id, updated_at, metadata }) => ({
        name: id === null ? `${name}/` : name,
        bytes: Number(metadata?.size ?? 0) || null,
        type: typeof metadata?.mimetype === 'string' ? metadata.mimetype : null,
        updated_at: updated_at ?? null,
      }))
      const cut = found.length > USUAL_ROWS ? cutText(USUAL_ROWS, 'Ask on with offset.') : undefined
      return rowsResult(rows, rows.length === 0 ? 'There is nothing in it.' : cut)
    },
  )
}

function registerReadFile({ server, client }: ProjectToolDeps): void {
  server.registerTool(
    'read_file',
    {
      title: 'Read a file',
      description: 'The contents of one file: a text as text, anything else as a file.',
      inputSchema: z.object({ bucket: z.string().min(1), path: z.string().min(1) }),
      annotations: READS,
    },
    async ({ bucket, path }, { mcpReq: { signal } }) => {
      const [inBucket, at] = [encodePath(bucket), encodePath(path)]
      const file = await client.ask(signal, (supabase) => supabase.storage.from(inBucket).download(at))
      if (file.size > MAX_FILE_BYTES)
        throw new AppError('limit_reached', `${path} has ${Math.round(file.size / 1024 / 1024)} MB; 5 MB can be read.`)
      const mimeType = file.type.split(';')[0] || 'application/octet-stream'
      const bytes = Buffer.from(await file.arrayBuffer())
      const uri = `supabase://${inBucket}/${at}`
      const resource = TEXT.test(mimeType)
        ? { uri, mimeType, text: bytes.toString('utf8') }
        : { uri, mimeType, blob: bytes.toString('base64') }
      return { content: [{ type: 'resource', resource }] }
    },
  )
}

/**
 * A bucket or path as part of an address. As it stands, ".." or "?" in it would lead to another service of the project, with the same
 * key. Throws `input_invalid`.
 */
function encodePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '')
  if (parts.length === 0 || parts.some((part) => part === '.' || part === '..'))
    throw new AppError('input_invalid', `"${path}" names nothing in the storage. Nothing was done.`)
  return parts.map(encodeURIComponent).join('/')
}

const TEXT = /^text\/|[/+](?:json|xml|yaml)$/

function registerUpload({ server, client }: ProjectToolDeps): void {
  server.registerTool(
    'upload_file',
    {
      title: 'Upload a file',
      description: 'Puts a new file into a bucket. A file of that name that is there already stays as it is.',
      inputSchema: z.object({
        bucket: z.string().min(1),
        path: z.string().min(1),
        content: z.string(),
        encoding: z.enum(['text', 'base64']).default('text').describe('How the content is written'),
        type: z.string().default('text/plain').describe('Its MIME type'),
      }),
      annotations: WRITES,
    },
    async ({ bucket, path, content, encoding, type }, { mcpReq: { signal } }) => {
      const bytes = Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8')
      if (bytes.length > MAX_FILE_BYTES) throw new AppError('limit_reached', 'A file of at most 5 MB can be uploaded.')
      const [inBucket, at] = [encodePath(bucket), encodePath(path)]
      await client.ask(signal, (supabase) =>
        supabase.storage.from(inBucket).upload(at, bytes, { contentType: type, upsert: false }),
      )
      return { content: [{ type: 'text', text: `Uploaded ${path} to ${bucket}: ${bytes.length} bytes.` }] }
    },
  )
}
