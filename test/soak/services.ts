import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProtected } from '../fixtures/authorization-server.ts'
import { startLedger } from '../support/ledger.ts'
import { startServerProcess } from '../support/mcp-house.ts'
import { says, startScriptedModel, wishes } from '../support/scripted-model.ts'
import type { Random } from '../support/seeded-random.ts'
import { type FaultyLink, type LinkOptions, startFaultyLink } from './faulty-link.ts'

/** A garbled request or answer of the model would be another request or answer; TLS keeps both whole. */
const WHOLE = ['abort', 'cut', 'stall'] as const
const ALL = ['abort', 'cut', 'stall', 'garble', 'repeat'] as const

export type Services = {
  links: Record<'ledger' | 'old' | 'resource' | 'issuer' | 'model' | 'webApi' | 'events', FaultyLink>
  oldUrl: string
  ledgerUrl: string
  signedUrl: string
  /** How often each entry was made, at either server. */
  entries(): Promise<Map<string, number>>
  [Symbol.asyncDispose](): Promise<void>
}

/** MCP servers of both protocols, one of them behind an OAuth service of its own, and a model; all behind links that spoil what passes. */
export async function startServices(random: Random): Promise<Services> {
  await using starting = new AsyncDisposableStack()
  const link = async (faults: LinkOptions['faults'], share = 0.2) =>
    starting.use(await startFaultyLink({ random, faults, share }))
  const answersSpoiled = { asked: WHOLE, answered: ALL }
  const links = {
    ledger: await link(answersSpoiled),
    old: await link(answersSpoiled),
    resource: await link(answersSpoiled),
    issuer: await link(answersSpoiled),
    model: await link({ asked: WHOLE, answered: WHOLE }, 0.1),
    webApi: await link(answersSpoiled, 0.1),
    events: await link({ asked: ALL, answered: ALL }, 0.1),
  }
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-soak-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  const notes = join(folder, 'old.log')
  const ledger = starting.use(await startLedger())
  const old = starting.use(await startServerProcess('http-old.ts', [], { FIXTURE_LOG: notes }))
  const signed = starting.use(await startProtected({ expiresIn: 5 }, links))
  const model = starting.use(await startScriptedModel())
  model.always((request) => nextStep(JSON.stringify(request.messages), request.tools?.map(({ name }) => name) ?? []))
  links.ledger.lead(Number(new URL(ledger.url).port))
  links.old.lead(old.port)
  links.model.lead(Number(new URL(model.baseURL).port))
  const things = starting.move()
  return {
    links,
    ledgerUrl: `${links.ledger.url}/mcp`,
    oldUrl: `${links.old.url}/mcp`,
    signedUrl: signed.url,
    async entries() {
      const lines = (await readFile(notes, 'utf8')).split('\n')
      const appended = lines.flatMap((line) => /^appended (\S+)/.exec(line)?.[1] ?? [])
      const entries = new Map(ledger.entries)
      for (const entry of appended) entries.set(entry, (entries.get(entry) ?? 0) + 1)
      return entries
    },
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}

/** What people ask for, and the calls it takes. */
const STEPS: Record<string, (id: string, step: number) => { tool: string; input: Record<string, string | number> }> = {
  enter: (id, step) => ({ tool: 'ledger__enter', input: { id: `${id}_${step}` } }),
  append: (id, step) => ({ tool: 'old__append', input: { text: `${id}_${step}` } }),
  wait: () => ({ tool: 'old__slow', input: { ms: 1_500 } }),
  whoami: () => ({ tool: 'signed__whoami', input: {} }),
  look: () => ({ tool: 'filesystem__list_directory', input: { path: '.' } }),
}
export const TASKS = ['enter', 'enter', 'append', 'append', 'wait', 'whoami', 'look'] as const
const CALLS_PER_RUN = 2

function nextStep(said: string, tools: string[]): ReturnType<typeof says> {
  const [, task = '', id = ''] = [...said.matchAll(/please (\w+) (\w+)/g)].at(-1) ?? []
  const step = said.split('"tool_result"').length - 1
  const call = STEPS[task]?.(id, step)
  if (call === undefined || step >= CALLS_PER_RUN || !tools.includes(call.tool)) return says(`All done with ${id}.`)
  return wishes(call.tool, call.input)
}
