import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import { createLog } from '../../src/log.ts'
import { freePort } from '../support/free-port.ts'
import { type Instance, startInstance } from '../support/instance.ts'
import { personIn } from '../support/person.ts'
import { createRandom, type Random } from '../support/seeded-random.ts'
import { checkRuns, type Findings } from './checks.ts'
import { connectAll, createCrowd } from './people.ts'
import { type Services, startServices } from './services.ts'

export type SoakOptions = {
  seed: number
  seconds: number
  mode: 'http' | 'socket'
  databaseUrl: string
  /** Hears how it goes. */
  say?(line: string): void
}

export type SoakReport = Findings & {
  faults: Record<string, number>
  /** After each calm: open handles, children and resident MB of the app. */
  samples: Sample[]
}
type Sample = { handles: number; children: number; megabytes: number }

// A storm, then a calm in which everything must come to its end.
const STORM_MS = 60_000
const HEAP_MB = 128
const SETTLE_MS = 6_000
const CHILD_KILL_MS = 4_000
// What a calm may have more than one five storms before it: connections that are just being used, and the heap's own ups and downs.
const HANDLES_MORE = 6
const MEGABYTES_MORE = 30

/** Lets people work through links that abort, stall, cut, garble and repeat; then checks that nothing was lost, doubled or told wrongly. */
export async function soak(o: SoakOptions): Promise<SoakReport> {
  await using resources = new AsyncDisposableStack()
  const random = createRandom(o.seed)
  const services = resources.use(await startServices(random))
  const { slackUrl, app } = await startApp(o, services, resources)
  const seats = (['owner', 'approver', 'member'] as const).map((who) => personIn(slackUrl, who))
  const links = Object.values(services.links)
  const calm = (on: boolean): void => {
    for (const link of links) link.calm(on)
  }
  for (const seat of seats) await connectAll(seat, services)
  const crowd = createCrowd([...seats, ...seats], random, `s${o.seed}`)
  const samples: Sample[] = []
  const end = Date.now() + o.seconds * 1_000
  let finished = 0
  while (Date.now() < end) {
    calm(false)
    const until = Math.min(Date.now() + STORM_MS, end)
    await Promise.all([crowd.work(until), killChildren(app.pid, random, until)])
    calm(true)
    await Promise.all(crowd.requests.slice(finished).map((request) => crowd.finish(request)))
    finished = crowd.requests.length
    await sleep(SETTLE_MS)
    samples.push(await sampleOf(app.pid))
    o.say?.(`${finished} requests, ${JSON.stringify(samples.at(-1))}`)
  }
  const findings = await checkRuns({ crowd, app, services, databaseUrl: o.databaseUrl })
  findings.problems.push(
    ...growthOf(samples, 'handles', HANDLES_MORE),
    ...growthOf(samples, 'megabytes', MEGABYTES_MORE),
  )
  return { ...findings, faults: sumOf(links.map(({ struck }) => struck)), samples }
}

/** Compares the middle calms with the last ones; the first ones, in which caches fill, do not count. */
function growthOf(samples: Sample[], what: 'handles' | 'megabytes', allowed: number): string[] {
  const third = Math.floor(samples.length / 3)
  const least = (some: Sample[]): number => Math.min(...some.map((sample) => sample[what]))
  const [before, after] = [least(samples.slice(third, 2 * third)), least(samples.slice(-third))]
  return third > 1 && after - before > allowed ? [`${what} grew from ${before} to ${after}`] : []
}

async function startApp(o: SoakOptions, services: Services, resources: AsyncDisposableStack) {
  const { webApi, events, ledger, old, resource, issuer, model } = services.links
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-soak-'))
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const slack = resources.use(
    await startSlackEmulator({
      port: 0,
      mode: o.mode,
      appUrls: [`${events.url}/slack/events`],
      address: webApi.url,
      log: createLog('fatal'),
      retryDelaysMs: [200, 500, 1_000, 2_000, 4_000, 8_000],
    }),
  )
  webApi.lead(Number(new URL(slack.url).port))
  events.lead(port)
  const app = startInstance({
    SLACK_BOT_TOKEN: slack.botToken,
    ...(o.mode === 'http' ? { SLACK_SIGNING_SECRET: slack.signingSecret } : { SLACK_APP_TOKEN: slack.appToken }),
    SLACK_API_URL: `${webApi.url}/api/`,
    DATABASE_URL: o.databaseUrl,
    ANTHROPIC_BASE_URL: model.url,
    EGRESS_ALLOW: [ledger, old, resource, issuer].map(({ host }) => host).join(','),
    MCP_TOOL_TIMEOUT_SECONDS: '5',
    MCP_REGISTRY_URL: 'off',
    DATA_DIR: folder,
    PORT: String(port),
    LOG_LEVEL: 'warn',
    // A leak ends the process early.
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
  })
  resources.defer(async () => {
    app.kill('SIGTERM')
    await app.ended
  })
  await app.ready
  return { slackUrl: slack.url, app }
}

/** Ends servers that run as children of the app, at any moment. */
async function killChildren(pid: number, random: Random, until: number): Promise<void> {
  while (Date.now() < until) {
    await sleep(Math.min(random.below(CHILD_KILL_MS), Math.max(until - Date.now(), 0)))
    const [first, ...others] = await childrenOf(pid)
    if (first !== undefined) killIfThere(random.pick([first, ...others]))
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

async function sampleOf(pid: Instance['pid']): Promise<Sample> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(status) ?? []
  const handles = await readdir(`/proc/${pid}/fd`)
  return {
    handles: handles.length,
    children: (await childrenOf(pid)).length,
    megabytes: Math.round(Number(kilobytes) / 1_024),
  }
}

function sumOf(counts: Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const count of counts) for (const [name, many] of Object.entries(count)) sums[name] = (sums[name] ?? 0) + many
  return sums
}
