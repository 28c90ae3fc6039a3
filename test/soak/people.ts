import { setTimeout as sleep } from 'node:timers/promises'
import { goThere, signInUrlInModal } from '../support/browser-sign-in.ts'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import type { Random } from '../support/seeded-random.ts'
import { type Services, TASKS } from './services.ts'

export type Request = {
  id: string
  seat: Seat
  channel: string
  thread: string
  /** What Slack said when a press failed, the last time. */
  refused?: string
}

export type Crowd = {
  /** All that was asked so far, in the order of asking. */
  requests: Request[]
  /** Begins to ask and to press, until `until` (epoch, ms). */
  work(until: number): Promise<void>
  /** Decides, or stops, whatever still waits for a person. */
  finish(request: Request): Promise<void>
}

const PATIENCE_MS = 15_000
const LOOK_MS = 250
// Between two steps of a run nothing may be there to press.
const OVER_MS = 1_000
const COMMANDS = ['test ledger', 'test old', 'tools signed', 'list'] as const

/** Connects everything that the tasks need, as a person does it. */
export async function connectAll(seat: Seat, services: Services): Promise<void> {
  await seat.connect('filesystem')
  await seat.connect('custom', { Name: 'ledger', Address: services.ledgerUrl })
  await seat.connect('custom', { Name: 'old', Address: services.oldUrl })
  await seat.command('connect custom')
  await eventually(async () => {
    if ((await seat.modal()) === null) throw new Error('the form does not open')
  })
  await seat.submit({ Name: 'signed', Address: services.signedUrl })
  await goThere(await signInUrlInModal(seat))
  await eventually(async () => {
    if (!JSON.stringify(await seat.modal()).includes('Connected!')) throw new Error('the sign-in does not end')
  }, 30_000)
  await seat.close()
}

/** People who ask for work, press what is there to press, stop some of it, and try their connections in between. */
export function createCrowd(seats: Seat[], random: Random, tag: string): Crowd {
  const requests: Request[] = []
  let asked = 0
  const ask = async (seat: Seat): Promise<Request> => {
    const id = `${tag}${asked++}x`
    const text = `please ${random.pick(TASKS)} ${id}`
    const { channel, thread } = random.chance(0.5) ? await seat.dm(text) : await seat.mention(text)
    const request = { id, seat, channel, thread }
    requests.push(request)
    return request
  }
  const press = (): Button => {
    if (random.chance(0.03)) return 'Stop'
    return random.chance(0.85) ? 'Approve' : 'Deny'
  }
  const tryConnections = async (seat: Seat): Promise<void> => {
    if (random.chance(0.2)) await seat.command(random.pick(COMMANDS)).catch(ignoreRefusal)
    if (random.chance(0.1)) await seat.home().catch(ignoreRefusal)
  }
  const chat = async (seat: Seat, until: number): Promise<void> => {
    while (Date.now() < until) {
      const request = await ask(seat)
      await follow(request, Math.min(Date.now() + PATIENCE_MS, until), press)
      await tryConnections(seat)
    }
  }
  return {
    requests,
    work: async (until) => void (await Promise.all(seats.map((seat) => chat(seat, until)))),
    async finish(request) {
      await follow(request, Date.now() + PATIENCE_MS, () => 'Approve')
      await follow(request, Date.now() + PATIENCE_MS, () => 'Stop')
    },
  }
}

type Button = 'Approve' | 'Deny' | 'Stop'

/** Presses, again and again, until the request is over or the time is. */
async function follow(request: Request, until: number, press: () => Button): Promise<void> {
  let overSince = Number.POSITIVE_INFINITY
  while (Date.now() < until && Date.now() - overSince < OVER_MS) {
    if (!(await isOver(request))) overSince = Number.POSITIVE_INFINITY
    else overSince = Math.min(overSince, Date.now())
    await pressLast(request, press())
    await sleep(LOOK_MS)
  }
}

/** Slack said no: the app did not answer in time, or the button is gone. The person goes on. */
function ignoreRefusal(error: unknown): false {
  if (!(error instanceof Error)) throw error
  return false
}

const messagesOf = ({ seat, channel, thread }: Request) => seat.messages(channel, thread)

/** Presses a button of the newest message that has it; false where none has, or Slack said that the press failed. */
async function pressLast(request: Request, button: string): Promise<boolean> {
  const found = (await messagesOf(request)).findLast((message) => lookOf(message).includes(`"text":"${button}"`))
  if (found === undefined) return false
  try {
    await request.seat.press(request, found.ts, button)
    if (button === 'Deny') await request.seat.sendDenial()
    return true
  } catch (error) {
    request.refused = `${button}: ${error instanceof Error ? error.message : String(error)}`
    return false
  }
}

/** It was answered, and nothing of it waits or works any more. */
async function isOver(request: Request): Promise<boolean> {
  const [, ...answers] = await messagesOf(request)
  const looks = answers.map((message) => lookOf(message))
  return (
    looks.length > 0 &&
    !looks.some((look) => /"text":"(Stop|Approve)"/.test(look)) &&
    !answers.some(({ streaming }) => streaming)
  )
}
