import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { type Instance, startInstance as start } from '../support/instance.ts'
import { lookOf, personIn } from '../support/person.ts'

let dataDir = ''
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'patchbay-start-'))
})
const started: Instance[] = []
const startInstance = (settings: Record<string, string>): Instance => {
  const instance = start(settings)
  started.push(instance)
  return instance
}
/** One that a failed test left would keep the folder from all that follow. */
afterEach(async () => {
  for (const instance of started.splice(0)) {
    instance.kill('SIGTERM')
    await instance.ended
  }
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

async function settings(): Promise<Record<string, string>> {
  return { DATA_DIR: dataDir, PORT: String(await freePort()), LOCAL_PORT: String(await freePort()) }
}

/** Processes that mention the folder in their command line or environment: Postgres, MCP servers, the app. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8')}`
      } catch {
        return ''
      }
    })
    .filter((line) => line.includes(folder))
}

async function stopInOrder(app: Instance): Promise<void> {
  const began = Date.now()
  app.kill('SIGINT')
  expect(await app.ended, app.output()).toBe(0)
  expect(Date.now() - began).toBeLessThan(5_000)
  await eventually(() => expect(processesOf(dataDir)).toEqual([]), 5_000)
}

test('with no settings at all it starts on stand-ins, does the main job, and stops leaving nothing', {
  timeout: 120_000,
}, async () => {
  const set = await settings()
  const app = startInstance(set)
  await app.ready
  expect(app.output()).toContain(`http://127.0.0.1:${set.LOCAL_PORT}`)
  expect(app.output().match(/stand-in/g)).toHaveLength(3)
  const member = personIn(`http://127.0.0.1:${set.LOCAL_PORT}`, 'member')
  await member.connect('filesystem')
  const where = await member.dm('Write a file called hello.txt that says Hello from Patchbay')
  await member.decide(where, 'Approve')
  await member.see(where, /[Oo]ffline model/)
  await member.connect('demo-database')
  const asked = await member.dm('How many employees are there?')
  await member.see(asked, /[Oo]ffline model/, 30_000)
  expect((await member.messages('dm', asked.thread)).map(lookOf).join('\n')).toMatch(/\d+/)
  await stopInOrder(app)
})

test('a kill -9 in the middle loses nothing: the next start goes on', { timeout: 120_000 }, async () => {
  const set = await settings()
  const first = startInstance(set)
  await first.ready
  const member = personIn(`http://127.0.0.1:${set.LOCAL_PORT}`, 'member')
  const where = await member.dm('Write a file called again.txt that says still here')
  const card = await member.see(where, /"Approve"/)
  first.kill('SIGKILL')
  await first.ended
  const second = startInstance(set)
  await second.ready
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /[Oo]ffline model/, 45_000)
  await stopInOrder(second)
})

test('a second start on the folder says who uses it, and does no harm', async () => {
  const app = startInstance(await settings())
  await app.ready
  const second = startInstance(await settings())
  expect(await second.ended).toBe(1)
  expect(second.output()).toContain(dataDir)
  expect(second.output()).toContain(String(app.pid))
  await stopInOrder(app)
})

test('what fails while stopping is not said to be a failed start', async () => {
  const app = startInstance(await settings())
  await app.ready
  const lock = join(dataDir, 'running.json')
  await rm(lock)
  await mkdir(lock)
  app.kill('SIGTERM')
  expect(await app.ended).toBe(1)
  expect(app.output()).toContain('"stop failed"')
  expect(app.output()).toContain('EISDIR')
  expect(app.output()).toContain('Not everything could be stopped')
  expect(app.output()).not.toContain('start failed')
  await rm(lock, { recursive: true })
  await eventually(() => expect(processesOf(dataDir)).toEqual([]), 5_000)
})

test('a port in use is named, with who has it', async () => {
  const set = await settings()
  const other = createServer((_request, response) => void response.end('hello'))
  await new Promise<void>((resolve) => other.listen(Number(set.PORT), '127.0.0.1', resolve))
  const app = startInstance(set)
  expect(await app.ended).toBe(1)
  expect(app.output()).toContain(`Port ${set.PORT} is in use`)
  expect(app.output()).toContain(String(process.pid))
  other.close()
  await sleep(100)
  expect(processesOf(dataDir)).toEqual([])
})

test('a bad setting stops the start and says what to put', async () => {
  const app = startInstance({ ...(await settings()), LOCAL_SLACK_MODE: 'pigeon' })
  expect(await app.ended).toBe(1)
  expect(app.output()).toContain('LOCAL_SLACK_MODE: http or socket')
  expect(app.output()).not.toMatch(/\n\s+at /)
})

test('a data folder that cannot be used is said, at once', async () => {
  for (const folder of ['/proc/nowhere', join(import.meta.filename, 'below-a-file')]) {
    const app = startInstance({ ...(await settings()), DATA_DIR: folder })
    expect(await app.ended).toBe(1)
    expect(app.output()).toContain(`DATA_DIR ${folder} cannot be used`)
  }
})

test('a run cut off by kill -9 goes on right after the next start, not when a lease runs out', {
  timeout: 60_000,
}, async () => {
  const set = await settings()
  const first = startInstance(set)
  await first.ready
  const member = personIn(`http://127.0.0.1:${set.LOCAL_PORT}`, 'member')
  await member.connect('everything')
  const where = await member.dm('use trigger long running operation with duration 20 and steps 20')
  const begun = await member.see(where, /"Approve"|"Stop"/)
  if (/"Approve"/.test(lookOf(begun))) await member.press(where, begun.ts, 'Approve')
  await sleep(1_000)
  first.kill('SIGKILL')
  await first.ended
  const second = startInstance({ ...set, LOG_LEVEL: 'info' })
  await second.ready
  // Either the call is made once more (it only waits) or it is given up as unknown; both are written down at once.
  await eventually(() => expect(second.output()).toMatch(/"event":"(called|returned)"/), 5_000)
  expect(second.output()).toContain('took over from processes that are gone')
  await stopInOrder(second)
})
