import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import { createTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { type Instance, startInstance } from '../support/instance.ts'
import { startLedger } from '../support/ledger.ts'
import { memoryLog } from '../support/log.ts'
import { lookOf, personIn, type Seat } from '../support/person.ts'
import { says, startScriptedModel, wishes } from '../support/scripted-model.ts'

const INSTANCES = 3
const RUNS = 36
const KILLS = 15
const ENTRIES_PER_RUN = 2

type Press = { button: string; who: string; refused: boolean }

/** What is known of runs that did not end, for whoever has to find out why. */
async function openRuns(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ line: string }>(`
      select format('%s %s owner %s lease %s fence %s: %s | %s', r.id, r.status, r.owner, r.lease_until, r.fence,
        (select string_agg(e.type, ' ' order by e.seq) from run_events e where e.run_id = r.id),
        (select string_agg(a.status || ' ' || coalesce(a.decided_by, ''), ', ') from approvals a where a.run_id = r.id)) as line
      from runs r where r.status <> 'closed'`)
    return rows.map((row) => row.line).join('\n')
  } finally {
    await client.end()
  }
}

/** Presses like an impatient person: an instance that is just dead loses the press, and Slack says so. */
/** A person has one form open at a time. */
const forms = new Map<Seat, Promise<unknown>>()

function denyNext(seat: Seat, where: { channel: string }, ts: string): Promise<Press> {
  const denied = (forms.get(seat) ?? Promise.resolve()).then(async () => {
    const press = await insist(seat, where, ts, 'Deny')
    // A form that is lost with its instance has decided nothing: the others' presses count.
    if (!press.refused) await seat.sendDenial().catch(() => seat.close().catch(() => undefined))
    return press
  })
  forms.set(seat, denied)
  return denied
}

async function insist(seat: Seat, where: { channel: string }, ts: string, button: string): Promise<Press> {
  for (let attempt = 0; attempt < 60; attempt++) {
    try {
      await seat.press(where, ts, button)
      return { button, who: seat.who, refused: false }
    } catch (error) {
      // The buttons are gone: somebody was faster.
      if (error instanceof Error && /no button|there (is|are) no|not there/i.test(error.message))
        return { button, who: seat.who, refused: true }
      await sleep(150)
    }
  }
  throw new Error(`${seat.who} could not press ${button}`)
}

test('three instances, killed at random: nothing is lost, nothing is done twice', { timeout: 420_000 }, async () => {
  await using resources = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-chaos-'))
  resources.defer(() => rm(dataDir, { recursive: true, force: true }))
  const database = resources.use(await createTestDatabase())
  const ledger = resources.use(await startLedger())
  const model = resources.use(await startScriptedModel())
  model.always((request) => {
    const said = JSON.stringify(request.messages)
    const [, id] = /please enter (\w+)/.exec(said) ?? []
    const done = said.split('"tool_result"').length - 1
    return id === undefined || done >= ENTRIES_PER_RUN
      ? says(`All done with ${id}`)
      : wishes('ledger__enter', { id: `${id}-${done}` })
  })
  const ports = await Promise.all(Array.from({ length: INSTANCES }, () => freePort()))
  const slack = resources.use(
    await startSlackEmulator({
      port: 0,
      mode: 'http',
      appUrls: ports.map((port) => `http://127.0.0.1:${port}/slack/events`),
      log: memoryLog().log,
      retryDelaysMs: [200, 1_000, 3_000],
    }),
  )
  const start = (port: number): Instance =>
    startInstance({
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      DATABASE_URL: database.url,
      ANTHROPIC_BASE_URL: model.baseURL,
      EGRESS_ALLOW: ledger.host,
      DATA_DIR: dataDir,
      PORT: String(port),
      LOG_LEVEL: 'info',
    })
  const instances = ports.map(start)
  resources.defer(async () => {
    for (const instance of instances) instance.kill('SIGKILL')
    await Promise.all(instances.map((instance) => instance.ended))
  })
  await Promise.all(instances.map((instance) => instance.ready))

  const [owner, approver, member] = [
    personIn(slack.url, 'owner'),
    personIn(slack.url, 'approver'),
    personIn(slack.url, 'member'),
  ]
  await owner.command('approvers @approver')
  await owner.connect('custom', { Name: 'ledger', Address: ledger.url })
  await member.connect('custom', { Name: 'ledger', Address: ledger.url })

  let over = false
  const killing = (async () => {
    let kills = 0
    while (!over && kills < KILLS) {
      await sleep(600 + Math.random() * 900)
      const at = Math.floor(Math.random() * INSTANCES)
      instances[at]?.kill('SIGKILL')
      await instances[at]?.ended
      kills++
      instances[at] = start(ports[at] ?? 0)
    }
    return kills
  })()

  const runs = await Promise.all(
    Array.from({ length: RUNS }, async (_, number) => {
      await sleep(number * 250)
      const seat = number % 2 === 0 ? owner : member
      return {
        id: `run${number}`,
        seat,
        where: await seat.mention(`please enter run${number}`, number % 3 === 0 ? 'ops' : 'general'),
      }
    }),
  )

  // Three clicks at once on every card, as it turns up.
  const pressed = new Set<string>()
  const pressing: Promise<Press[]>[] = []
  const closed = async (): Promise<number> => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    try {
      const { rows } = await client.query<{ many: string }>("select count(*) as many from runs where status = 'closed'")
      return Number(rows[0]?.many)
    } finally {
      await client.end()
    }
  }
  const end = Date.now() + 300_000
  while ((await closed()) < RUNS && Date.now() < end) {
    for (const { seat, where } of runs) {
      for (const message of await seat.messages(where.channel, where.thread)) {
        if (pressed.has(message.ts) || !/"Approve"/.test(lookOf(message))) continue
        pressed.add(message.ts)
        const denies = Math.random() < 0.3
        pressing.push(
          Promise.all([
            insist(seat, where, message.ts, 'Approve'),
            denies ? denyNext(approver, where, message.ts) : insist(approver, where, message.ts, 'Approve'),
            insist(seat, where, message.ts, 'Approve'),
          ]),
        )
      }
    }
    await sleep(100)
  }
  over = true
  const kills = await killing
  await Promise.all(pressing)
  expect(kills).toBeGreaterThan(5)
  if ((await closed()) < RUNS) console.log(await openRuns(database.url))
  expect(await closed(), 'runs closed').toBe(RUNS)

  // No side effect twice.
  const twice = [...ledger.entries].filter(([, times]) => times > 1)
  expect(twice).toEqual([])

  const client = new Client({ connectionString: database.url })
  await client.connect()
  resources.defer(() => client.end())
  const all = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await client.query<Record<string, unknown>>(sql)).rows

  // Each approval has one winner, and exactly one answer stands in its run.
  expect(await all("select id from approvals where status = 'pending'")).toEqual([])
  expect(
    await all(
      "select run_id, body ->> 'approval' as approval from run_events where type = 'answered' group by 1, 2 having count(*) > 1",
    ),
  ).toEqual([])
  // One run per message, whatever was retried.
  expect(await all('select count(*)::int as many from runs')).toEqual([{ many: RUNS }])
  expect(
    await all(
      "select run_id from run_events where type = 'called' group by run_id, body ->> 'call' having count(*) > 1",
    ),
  ).toEqual([])

  // What was approved was done once, or is plainly said to be unknown; what was denied was not done.
  const calls = await all(`
    select j.body #>> '{call}' as call, r.dedupe_key, w.body #>> '{outcome}' as outcome, a.status,
      (select c ->> 'input' from run_events e, jsonb_array_elements(e.body -> 'content') c
       where e.run_id = j.run_id and e.type = 'replied' and c ->> 'id' = j.body ->> 'call' limit 1) as input
    from run_events j join runs r on r.id = j.run_id
    left join run_events w on w.run_id = j.run_id and w.type = 'returned' and w.body ->> 'call' = j.body ->> 'call'
    left join approvals a on a.run_id = j.run_id and a.call_id = j.body ->> 'call'
    where j.type = 'judged'`)
  let unknown = 0
  for (const call of calls) {
    const entry = String(JSON.parse(String(call.input)).id)
    const done = ledger.entries.get(entry) ?? 0
    if (call.status === 'denied') expect(done, `${entry} was denied`).toBe(0)
    else if (call.outcome === 'ok') expect(done, `${entry} was reported done`).toBe(1)
    else expect(call.outcome, `${entry} ended`).toBe('unknown')
    if (call.outcome === 'unknown') unknown++
  }

  // And people see it: every thread has its answer, and every card says who decided.
  for (const { seat, where, id } of runs) {
    const looks = (await seat.messages(where.channel, where.thread)).map(lookOf)
    expect(looks.join('\n'), id).toMatch(/All done/)
    expect(
      looks.filter((look) => /"Approve"/.test(look)),
      `${id}: no live buttons are left`,
    ).toEqual([])
  }
  console.log(
    `chaos: ${RUNS} runs, ${kills} kills, ${calls.length} calls, ${ledger.entries.size} entries, ${unknown} unknown, ${pressing.length} cards with three presses each`,
  )
  await eventually(() => expect(instances).toHaveLength(INSTANCES))
})
