import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** A value and the type it should have, as it is called in its package. */
export type Claim = { name: string; type: string; from: '@slack/web-api' | '@slack/types'; value: unknown }

/** Slack's own packages write some words as enums, whose members a literal is not; here a word is a word. */
const PLAIN =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template literal type
  'type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T'

/**
 * What Slack sends although its packages (web-api 8.2, types 3.2) do not list it. The blocks in answers are typed there as one
 * merged shape from before markdown and rich text; they are held by block-kit's own check. Of answers, only what stands in messages.
 */
const UNLISTED: Record<Claim['from'], string[]> = {
  '@slack/types': ['app_id', 'timestamp', 'ims', 'streaming_state', 'user_team', 'source_team'],
  '@slack/web-api': ['blocks', 'thread_ts', 'parent_user_id', 'ts', 'client_msg_id', 'streaming_state'],
}

/** What roots of threads say of their replies; of a broadcast reply's root the packages list it. */
const OF_ROOTS = ['reply_count', 'reply_users', 'reply_users_count', 'latest_reply']

const UNLISTED_OF_SUBTYPE: Record<string, string[]> = {
  file_share: ['team', 'client_msg_id', 'bot_id'],
  thread_broadcast: ['team', 'parent_user_id'],
  bot_message: ['bot_profile'],
}

/** What Slack puts into an attachment itself: numbers, and the fields of forwards. */
const UNLISTED_OF_ATTACHMENT = [
  'id',
  'ts',
  'is_share',
  'is_msg_unfurl',
  'message_blocks',
  'from_url',
  'original_url',
  'author_id',
  'author_subname',
  'channel_id',
  'channel_name',
  'channel_team',
]

/**
 * Asks the compiler whether values that really came over the wire are what Slack's own packages say they are. They are written as
 * literals, so a field that Slack does not have is an error as well as one of the wrong type. Returns what the compiler says.
 */
export async function typeProblems(claims: Claim[]): Promise<string> {
  const folder = join(ROOT, '.patchbay', `typed-${process.pid}`)
  await mkdir(folder, { recursive: true })
  try {
    const imports = claims.map(({ type, from }, at) => `import type { ${type} as T${at} } from '${from}'`)
    const values = claims.map((claim, at) => `// ${claim.name}\nexport const v${at}: Plain<T${at}> = ${literal(claim)}`)
    const options = {
      strict: true,
      module: 'NodeNext',
      target: 'ES2024',
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
    }
    await writeFile(join(folder, 'claims.ts'), `${[...imports, PLAIN, ...values].join('\n')}\n`)
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['claims.ts'] }))
    return await compile(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** `null` is Slack's way to leave a field out, and the absence of a subtype has to be written down. */
function literal({ value, from }: Claim): string {
  const roots = new Set<unknown>()
  const text = JSON.stringify(value, function (this: unknown, key, found: unknown) {
    const counts = (from === '@slack/types' && !isFunction(this)) || isMessage(this)
    if (found === null || (counts && UNLISTED[from].includes(key))) return undefined
    if (unlistedIn(this).includes(key)) return undefined
    if (from === '@slack/types' && OF_ROOTS.includes(key) && !roots.has(this)) return undefined
    if (from !== '@slack/types' || !isMessage(found)) return found
    const message = { ...('subtype' in found ? {} : { subtype: 'THERE IS NONE' }), ...placeOf(this), ...found }
    if (key === 'root') roots.add(message)
    return message
  })
  return text.replaceAll('"THERE IS NONE"', 'undefined')
}

const isMessage = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'message' && 'text' in value

/** Of a function the packages do list `app_id`. */
const isFunction = (value: unknown): boolean => typeof value === 'object' && value !== null && 'callback_id' in value

function unlistedIn(value: unknown): string[] {
  if (isMessage(value)) return 'subtype' in value ? (UNLISTED_OF_SUBTYPE[String(value.subtype)] ?? []) : []
  return typeof value === 'object' && value !== null && 'fallback' in value ? UNLISTED_OF_ATTACHMENT : []
}

/** A message inside an event is typed as if it said once more where it is. */
function placeOf(holder: unknown): object {
  const outer = z.looseObject({ channel: z.string(), channel_type: z.string(), event_ts: z.string() }).safeParse(holder)
  if (!outer.success) return {}
  const { channel, channel_type, event_ts } = outer.data
  return { channel, channel_type, event_ts }
}

const compile = (folder: string): Promise<string> =>
  new Promise((resolve) => {
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
    execFile(tsc, ['-p', folder], (_error, stdout, stderr) => resolve(`${stdout}${stderr}`.trim()))
  })
