import { setTimeout as sleep } from 'node:timers/promises'
import { query } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { lookOf } from '../support/person.ts'
import { createRandom, type Random } from '../support/seeded-random.ts'
import {
  ask,
  type Card,
  denyCard,
  editCard,
  openCards,
  pressCard,
  pressStop,
  settingClaim,
  submitQuestion,
  workingRuns,
} from './acts.ts'
import { buildStorm, INSTANCES, type Storm } from './build-storm.ts'
import { confirm, doAndNote, emptyResult, type Note, noteIn, type StormResult, total } from './claims.ts'

/** What is asked in each burst. */
const REQUESTS = 5
/** Longer than Slack waits, so that whoever acknowledges without having stored is found out. */
const STALL_MS = 3_800

export type StormOptions = { databaseUrl: string; seed: number; kills: number; endMs: number; say(line: string): void }

/** Bursts of requests, presses, commands and submissions, while instances are killed and the database says nothing at seeded moments. */
export async function runStorm(options: StormOptions): Promise<StormResult> {
  await using stack = new AsyncDisposableStack()
  const storm = await buildStorm(stack, options.databaseUrl)
  const random = createRandom(options.seed)
  const result = emptyResult()
  const note = noteIn(result)
  const end = Date.now() + options.endMs
  for (let round = 0; result.kills < options.kills && Date.now() < end; round++) {
    await storm.ready()
    const stalls = random.chance(0.7)
    const victim = random.below(INSTANCES)
    const killAfterMs = stalls ? 2_700 + random.below(700) : random.below(400)
    const burst = burstOf(storm, { round, random, note })
    const resume = stalls ? storm.database.stall() : undefined
    const resumed = resume && sleep(STALL_MS).then(resume)
    await sleep(killAfterMs)
    await storm.restart(victim)
    result.kills++
    if (stalls) result.stalls++
    await Promise.all([burst, resumed])
    await confirm(storm.url, note)
    if (result.kills % 25 === 0)
      options.say(`${result.kills} kills, ${total(result.acked)} acknowledged, ${result.lost.length} lost`)
  }
  await settle(storm, result)
  return result
}

type Burst = { round: number; random: Random; note: Note }

async function burstOf(storm: Storm, { round, random, note }: Burst): Promise<void> {
  const [edited, ...cards] = await openCards(storm)
  const presses = cards.map((card) => pressCard(note, card))
  const asksQuestion = round % 3 === 0
  // A person has one modal at a time.
  const sendsForm = (card: Card) =>
    random.chance(0.5) ? denyCard(note, card) : editCard(note, card, `r${round}edited`)
  const editing = edited && (asksQuestion ? pressCard(note, edited) : sendsForm(edited))
  const stops = (await workingRuns(storm)).filter(() => random.chance(0.3)).map((run) => pressStop(note, run))
  const asking = Array.from({ length: REQUESTS }, (_, at) =>
    ask(storm, `r${round}x${at}`, at % 2 ? storm.owner : storm.member),
  )
  const approvers = round % 2 ? '@approver' : 'none'
  const command = doAndNote(note, settingClaim(round, approvers), () => storm.owner.command(`approvers ${approvers}`))
  const submission = asksQuestion ? submitQuestion(storm, note, round) : undefined
  await Promise.all([...presses, editing, ...stops, ...asking, command, submission])
}

/** Nothing is killed any more: what is still open is pressed again, then everything has its end, once. */
async function settle(storm: Storm, result: StormResult): Promise<void> {
  await storm.ready()
  const note = noteIn({ ...emptyResult(), lost: result.lost })
  await eventually(async () => {
    for (const card of await openCards(storm)) await pressCard(note, card)
    const open = await query(storm.url, `select id, status from runs where status <> 'closed'`)
    if (open.length > 0) throw new Error(`${open.length} runs are open`)
  }, 60_000).catch(() => undefined)
  await confirm(storm.url, note)
  const open = await query(storm.url, `select id, status from runs where status <> 'closed'`)
  result.open.push(
    ...open.map((run) => JSON.stringify(run)),
    ...(await openCards(storm)).map(({ approval }) => approval),
  )
  result.twice.push(...[...storm.entries].filter(([, times]) => times > 1).map(([id]) => id))
  const texts = new Set(
    (await query(storm.url, `select body ->> 'text' as text from run_events where type = 'started'`)).map((row) =>
      String(row.text),
    ),
  )
  for (const { seat, channel, thread, text } of storm.asked) {
    if (texts.has(text)) continue
    // A request that met no database is acknowledged, and its sender is asked to send it again.
    const told = (await seat.messages(channel, thread)).some((message) => /ask again/.test(lookOf(message)))
    if (!told) result.unheard.push(text)
  }
}
