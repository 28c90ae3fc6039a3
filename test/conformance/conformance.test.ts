import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { inspect, promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROOT } from '../support/paths.ts'
import { playScenario, Scenario } from './play-scenario.ts'

const SUITE = join(ROOT, 'node_modules', '@modelcontextprotocol', 'conformance')
// A scenario takes a second; on a machine that does other work it may be far more.
const SCENARIO_MS = 120_000

const Requirements = z.object({
  client: z.array(z.string()),
  not_scored: z.array(z.object({ scenario: z.string(), leg: z.string() })),
})
/** Extensions that Patchbay speaks: the suite counts them to no revision. */
const EXTENSIONS = ['no-prefetch', 'verify-digest', 'verify-size', 'verify-frontmatter'].map(
  (check) => `sep-2640-client-${check}`,
)
const Address = z.object({ port: z.number() })
const ExpectedFailures = z.record(z.string(), z.string().min(20))

const read = (...path: string[]): unknown => parse(readFileSync(join(...path), 'utf8'))
const expected = ExpectedFailures.parse(read(import.meta.dirname, 'expected-failures.yml'))
const run = promisify(execFile)

let folder: string
let player: Server
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patchbay-conformance-'))
  player = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(player, 'listening')
})
afterAll(() => {
  player.close()
  rmSync(folder, { recursive: true, force: true })
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await playScenario(Scenario.parse(JSON.parse(await text(request))))
    response.end()
  } catch (error) {
    response.writeHead(500).end(inspect(error))
  }
}

/** What the suite says of our client in one scenario; it starts the servers and, for each scenario, who asks for the client. */
async function verdictOn(scenario: string, revision: string): Promise<{ passed: boolean; words: string }> {
  const { port } = Address.parse(player.address())
  const client = `"${process.execPath}" "${join(import.meta.dirname, 'ask-player.js')}" http://127.0.0.1:${port}`
  const asked = ['client', '--command', client, '--scenario', scenario, '--spec-version', revision]
  // Forced, as extensions belong to no revision.
  const more = ['--force', '--timeout', String(SCENARIO_MS), '--output-dir', folder]
  try {
    const { stdout, stderr } = await run(process.execPath, [join(SUITE, 'dist', 'index.js'), ...asked, ...more])
    return { passed: /OVERALL: PASSED/.test(stderr), words: stdout + stderr }
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error && 'stderr' in error)) throw error
    return { passed: false, words: `${error.stdout}${error.stderr}` }
  }
}

describe.concurrent.each(['2026-07-28', '2025-11-25'])('revision %s', (revision) => {
  const { client, not_scored } = Requirements.parse(read(SUITE, 'requirements', `${revision}.yaml`))
  const optional = not_scored.filter(({ leg }) => leg === 'client').map(({ scenario }) => scenario)
  const all = [...new Set([...client, ...optional, ...EXTENSIONS])]

  it.each(all.filter((scenario) => !(scenario in expected)))(
    '%s',
    async (scenario) => {
      const { passed, words } = await verdictOn(scenario, revision)
      expect(passed, words.slice(-6_000)).toBe(true)
    },
    SCENARIO_MS,
  )

  it.each(all.filter((scenario) => scenario in expected).map((scenario) => [scenario, expected[scenario]]))(
    '%s fails: %s',
    async (scenario) => {
      const { passed, words } = await verdictOn(String(scenario), revision)
      expect(passed, `${scenario} passes now: take it out of expected-failures.yml`).toBe(false)
      expect(words).toMatch(/OVERALL: FAILED/)
    },
    SCENARIO_MS,
  )

  it('every scenario the revision requires is run, none is expected to fail', () => {
    expect(client.filter((scenario) => scenario in expected)).toEqual([])
  })
})

it('no expected failure is of a scenario that is not run', () => {
  const known = ['2026-07-28', '2025-11-25'].flatMap((revision) =>
    Requirements.parse(read(SUITE, 'requirements', `${revision}.yaml`)).not_scored.map(({ scenario }) => scenario),
  )
  expect(Object.keys(expected).filter((scenario) => !known.includes(scenario))).toEqual([])
})
