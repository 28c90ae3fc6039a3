import { Client } from 'pg'
import type { Instance } from '../support/instance.ts'
import { lookOf } from '../support/person.ts'
import type { Crowd, Request } from './people.ts'
import type { Services } from './services.ts'

export type Findings = {
  requests: number
  runs: number
  calls: number
  /** How calls ended. */
  outcomes: Record<string, number>
  /** What the app told people of failures, and how often. */
  told: Record<string, number>
  /** What must not be; empty if all is well. */
  problems: string[]
}

type Ground = { crowd: Crowd; app: Instance; services: Services; databaseUrl: string }

const CALLS = `
  select j.body ->> 'call' as call, w.body ->> 'outcome' as outcome, w.body ->> 'summary' as summary, a.status,
    exists (select 1 from patchbay.run_events c where c.run_id = j.run_id and c.type = 'called' and c.body ->> 'call' = j.body ->> 'call') as called,
    (select coalesce(c #>> '{input,id}', c #>> '{input,text}') from patchbay.run_events e, jsonb_array_elements(e.body -> 'content') c
     where e.run_id = j.run_id and e.type = 'replied' and c ->> 'id' = j.body ->> 'call' limit 1) as entry
  from patchbay.run_events j
  left join patchbay.run_events w on w.run_id = j.run_id and w.type = 'returned' and w.body ->> 'call' = j.body ->> 'call'
  left join patchbay.approvals a on a.run_id = j.run_id and a.call_id = j.body ->> 'call'
  where j.type = 'judged'`
const OPEN = `
  select r.id, r.status, (select string_agg(e.type, ' ' order by e.seq) from patchbay.run_events e where e.run_id = r.id) as events
  from patchbay.runs r where r.status <> 'closed'`
const TWICE = `
  select run_id, body ->> 'call' as call from patchbay.run_events where type = 'called' group by 1, 2 having count(*) > 1`
const DEDUPED = 'select dedupe_key from patchbay.runs group by 1 having count(*) > 1'

type Row = Record<string, unknown>

/** Holds what stands in the database against what was done at the servers, and reads every thread as people do. */
export async function checkRuns({ crowd, app, services, databaseUrl }: Ground): Promise<Findings> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const rows = async (sql: string): Promise<Row[]> => (await client.query<Row>(sql)).rows
    const calls = await rows(CALLS)
    const runs = await rows('select id from patchbay.runs')
    const entries = await services.entries()
    const threads = await Promise.all(crowd.requests.map(readThread))
    const problems = [
      ...processProblems(app),
      ...(await rows(OPEN)).map((run) => `a run is not closed: ${JSON.stringify(run)}`),
      ...(await rows(TWICE)).map((call) => `a call went out twice: ${JSON.stringify(call)}`),
      ...(await rows(DEDUPED)).map((key) => `one message has two runs: ${JSON.stringify(key)}`),
      ...[...entries].filter(([, times]) => times > 1).map(([entry, times]) => `${entry} was done ${times} times`),
      ...calls.flatMap((call) => problemWithCall(call, entries)),
      ...threads.flatMap(({ problems }) => problems),
    ]
    const told = countOf(threads.flatMap(({ told }) => told))
    const outcomes = countOf(calls.map(({ outcome }) => String(outcome)))
    return { requests: crowd.requests.length, runs: runs.length, calls: calls.length, outcomes, told, problems }
  } finally {
    await client.end()
  }
}

function processProblems({ pid, output }: Instance): string[] {
  const alive = isAlive(pid) ? [] : ['the process ended']
  const traces = output().match(/^.*(uncaught|unhandled|MaxListeners|Warning:).*$/gim) ?? []
  return [...alive, ...traces.map((line) => `the process said: ${line}`)]
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Done means once; refused, denied and certainly failed mean not at all; only "unknown" leaves it open. */
function problemWithCall(
  { call, entry, outcome, summary, status, called }: Row,
  entries: Map<string, number>,
): string[] {
  if (typeof entry !== 'string') return []
  const done = entries.get(entry) ?? 0
  const says = `${entry} (${call}) was told as ${outcome}: ${summary}`
  if (outcome === 'ok' && done !== 1) return [`${says}, and was done ${done} times`]
  if ((status === 'denied' || called === false) && done > 0) return [`${says}, and was done without an approval`]
  if (outcome === 'failed' && done > 0) return [`${says}, and was done`]
  return []
}

// What no person should read: JSON, stack traces, values that are none, and names of system errors.
const NOT_FOR_PEOPLE = /\bat \S+:\d+:\d+|\[object \w+\]|\bundefined\b|\bNaN\b|\{"\w+":|E[A-Z]{5,}\b|_failed\b/

async function readThread(request: Request): Promise<{ told: string[]; problems: string[] }> {
  const [, ...answers] = await request.seat.messages(request.channel, request.thread)
  if (answers.length === 0) return { told: [], problems: [`${request.id} has no answer`] }
  const problems = answers.flatMap((message) => {
    const words = wordsOf(message)
    const buttons = /"text":"(Stop|Approve)"/.exec(lookOf(message))
    return [
      ...(buttons
        ? [
            `${request.id} still shows ${buttons[1]} (refused: ${request.refused}) in:\n${answers.map(wordsOf).join('\n---\n')}`,
          ]
        : []),
      ...(NOT_FOR_PEOPLE.test(words) ? [`${request.id} reads: ${words.slice(0, 300)}`] : []),
    ]
  })
  const told = answers.flatMap(
    (message) => wordsOf(message).match(/^.*(:warning:|:x:|could not|did not|may or may not).*$/gim) ?? [],
  )
  return { told: told.map((line) => line.replace(/s\d+x?\d*x\w*|\d+/g, '#').slice(0, 160)), problems }
}

/** What people read of a message. */
const wordsOf = ({ text, blocks }: { text: string; blocks?: unknown }): string =>
  [text, ...JSON.stringify(blocks ?? []).matchAll(/"text":"((?:[^"\\]|\\.)*)"/g)]
    .map((part) => (typeof part === 'string' ? part : part[1]))
    .join('\n')

function countOf(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
