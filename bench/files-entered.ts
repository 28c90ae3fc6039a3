import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import WebSocket from 'ws'
import { z } from 'zod'
import { ROOT } from '../test/support/paths.ts'
import { type Ground, startGround } from './ground.ts'

const IDLE_MS = 4_000
/** What follows the visible end of an action: the last writes and paintings. */
const AFTERMATH_MS = 1_500
const PATIENCE_MS = 30_000

const Coverage = z.object({
  result: z.array(
    z.object({
      url: z.string(),
      functions: z.array(
        z.object({
          functionName: z.string(),
          ranges: z.array(z.object({ startOffset: z.number(), count: z.number() })),
        }),
      ),
    }),
  ),
})
const Messages = z.object({ messages: z.array(z.object({ ts: z.string() }).loose()) })

/** How many files of src/ somebody would have to open to follow an action: those of which a named function ran, idle work subtracted. */
export async function filesEntered(): Promise<string[]> {
  await using ground = await startGround({ NODE_OPTIONS: '--inspect=127.0.0.1:0' })
  // Closed before the app is: Node waits for a debugger to disconnect.
  await using coverage = await watchCoverage(ground)
  await coverage.take()
  await sleep(IDLE_MS)
  const idle = await coverage.take()
  const during = async (act: () => Promise<void>): Promise<Set<string>> => {
    await coverage.take()
    await act()
    await sleep(AFTERMATH_MS)
    const ran = await coverage.take()
    return new Set([...ran].filter((one) => !idle.has(one)))
  }

  await post(ground, 'command', { channel: 'dm', text: 'connect filesystem' })
  await until(async () => /filesystem/i.test(JSON.stringify(await get(ground, 'modal?as=member'))))
  const connect = await during(async () => {
    await post(ground, 'submit', { values: {} })
    await until(async () => /Connected!/.test(JSON.stringify(await get(ground, 'modal?as=member'))))
  })
  let thread = ''
  const ask = await during(async () => {
    const said = await post(ground, 'say', { channel: 'dm', text: 'Write a file called hello.txt that says Hello' })
    thread = z.object({ ts: z.string() }).parse(said).ts
    await until(async () => (await cardIn(ground, thread)) !== undefined)
  })
  const approve = await during(async () => {
    const ts = await cardIn(ground, thread)
    await post(ground, 'press', { channel: 'dm', ts, button: 'Approve' })
    await until(async () => /offline model/i.test(JSON.stringify((await messagesIn(ground, thread)).slice(1))))
    await until(async () => (await cardIn(ground, thread)) === undefined)
  })
  return [
    counted('DM to approval card', ask),
    counted('Approve to answer', approve),
    counted('connect submit to connected', connect),
  ]
}

function counted(name: string, functions: Set<string>): string {
  const files = new Set([...functions].map((one) => one.split('#')[0] ?? ''))
  const rooms = new Map<string, number>()
  for (const file of files) {
    const [, room = ''] = file.split('/')
    rooms.set(room, (rooms.get(room) ?? 0) + 1)
  }
  const shares = [...rooms].sort(([, a], [, b]) => b - a).map(([room, many]) => `${room} ${many}`)
  return `${name.padEnd(28)} ${String(files.size).padStart(3)} files, ${functions.size} functions (${shares.join(', ')})`
}

type CoverageWatch = { take(): Promise<Set<string>>; [Symbol.asyncDispose](): Promise<void> }

/** Counts function calls in the app's process through its inspector (Chrome DevTools Protocol, Profiler domain). */
async function watchCoverage(ground: Ground): Promise<CoverageWatch> {
  await until(async () => /ws:\/\/\S+/.test(ground.app.output()))
  const socket = new WebSocket(/ws:\/\/\S+/.exec(ground.app.output())?.[0] ?? '')
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  let last = 0
  const send = (method: string, params = {}): Promise<unknown> => {
    const id = ++last
    const answer = new Promise((resolve) => {
      const hear = (data: Buffer) => {
        const { id: of, result } = z
          .object({ id: z.number().optional(), result: z.unknown() })
          .parse(JSON.parse(String(data)))
        if (of !== id) return
        socket.off('message', hear)
        resolve(result)
      }
      socket.on('message', hear)
    })
    socket.send(JSON.stringify({ id, method, params }))
    return answer
  }
  await send('Profiler.enable')
  await send('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  return {
    take: async () => calledIn(Coverage.parse(await send('Profiler.takePreciseCoverage'))),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.close()
      await closed
    },
  }
}

/** `src/file.ts#function@offset` of each named function of the app that ran; stand-ins are left out. */
function calledIn({ result }: z.infer<typeof Coverage>): Set<string> {
  const called = new Set<string>()
  for (const { url, functions } of result) {
    if (!url.startsWith('file:')) continue
    const file = fileURLToPath(url).slice(ROOT.length).replace(/^\//, '')
    if (!file.startsWith('src/') || file.startsWith('src/local/')) continue
    for (const { functionName, ranges } of functions) {
      const [range] = ranges
      if (functionName !== '' && range !== undefined && range.count > 0)
        called.add(`${file}#${functionName}@${range.startOffset}`)
    }
  }
  return called
}

async function post({ slack }: Ground, action: string, body: Record<string, unknown>): Promise<unknown> {
  const response = await fetch(new URL(`/local/${action}`, slack.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ as: 'member', ...body }),
  })
  const answer: unknown = await response.json()
  if (!response.ok) throw new Error(`${action}: ${JSON.stringify(answer)}`)
  return answer
}

const get = async ({ slack }: Ground, path: string): Promise<unknown> =>
  (await fetch(new URL(`/local/${path}`, slack.url))).json()

const messagesIn = async (ground: Ground, thread: string) =>
  Messages.parse(await get(ground, `messages?as=member&channel=dm&thread_ts=${thread}`)).messages

const cardIn = async (ground: Ground, thread: string): Promise<string | undefined> =>
  (await messagesIn(ground, thread)).find((one) => JSON.stringify(one).includes('approval_approve'))?.ts

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    if (await done()) return
    await sleep(50)
  }
  throw new Error(`not there after ${PATIENCE_MS} ms`)
}
