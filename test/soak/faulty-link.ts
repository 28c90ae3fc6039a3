import { once, setMaxListeners } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../support/seeded-random.ts'

/** Abort: reset both ends. Cut: end one direction. Stall: hold the bytes back. Garble: change some. Repeat: send some twice. */
export type Fault = 'abort' | 'cut' | 'stall' | 'garble' | 'repeat'

export type LinkOptions = {
  random: Random
  /** What may happen to the bytes of who connects, and to those of who answers. */
  faults: { asked: readonly [Fault, ...Fault[]]; answered: readonly [Fault, ...Fault[]] }
  /** The share of connections with a fault, for each direction. */
  share: number
}

export type FaultyLink = {
  host: string
  url: string
  /** Where its connections lead; until then they are refused. */
  lead(port: number): void
  /** Whether nothing happens to any byte, as in the beginning. */
  calm(on: boolean): void
  /** How often each fault struck. */
  struck: Record<Fault, number>
  [Symbol.asyncDispose](): Promise<void>
}

// Faults strike within the first 64 KiB of a connection or of what follows the last fault, mostly early.
const REACH_BITS = 16
const STALL_MS = 12_000
const GARBLED_BYTES = 16

type Strike = { fault: Fault; at: number }

/** A TCP port that leads to another one and spoils what passes, at bytes that a seed decides. */
export async function startFaultyLink(o: LinkOptions): Promise<FaultyLink> {
  const struck = { abort: 0, cut: 0, stall: 0, garble: 0, repeat: 0 }
  let target: number | undefined
  let calming = createCalming()
  calming.abort()
  const spoil: Spoil = {
    next: (kinds) => (o.random.chance(o.share) ? strikeOf(o.random, kinds) : undefined),
    isCalm: () => calming.signal.aborted,
    async strike(fault, rest, [from, to]) {
      struck[fault]++
      await STRIKES[fault]({ from, to, rest, random: o.random, calming: calming.signal })
    },
  }
  const open = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    open.add(socket)
    return socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
  }
  const server = createServer({ allowHalfOpen: true }, (asking) => {
    keep(asking)
    if (target === undefined) return void asking.destroy()
    const answering = keep(createConnection({ port: target, host: '127.0.0.1', allowHalfOpen: true }))
    const end = (): void => {
      asking.destroy()
      answering.destroy()
    }
    const both = [
      carry(asking, answering, { spoil, kinds: o.faults.asked }).catch(end),
      carry(answering, asking, { spoil, kinds: o.faults.answered }).catch(end),
    ]
    void Promise.all(both).then(end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the link has no port')
  return {
    host: `127.0.0.1:${address.port}`,
    url: `http://127.0.0.1:${address.port}`,
    lead: (to) => {
      target = to
    },
    calm: (on) => {
      if (on) calming.abort()
      else calming = createCalming()
    },
    struck,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Kinds = LinkOptions['faults']['asked']

type Spoil = {
  next(kinds: Kinds): Strike | undefined
  isCalm(): boolean
  strike(fault: Fault, rest: Buffer, sockets: [Socket, Socket]): Promise<void>
}

const strikeOf = (random: Random, kinds: Kinds): Strike => ({
  fault: random.pick(kinds),
  at: Math.floor(2 ** (random.below(REACH_BITS * 1_000) / 1_000)),
})

/** Carries bytes one way; a fault strikes at its byte, and the next one is chosen. */
async function carry(from: Socket, to: Socket, { spoil, kinds }: { spoil: Spoil; kinds: Kinds }): Promise<void> {
  let coming = spoil.next(kinds)
  for await (const data of from) {
    const chunk = Buffer.from(data)
    if (coming === undefined || spoil.isCalm() || chunk.length <= coming.at) {
      if (coming !== undefined) coming.at = Math.max(coming.at - chunk.length, 0)
      await write(to, chunk)
      continue
    }
    await write(to, chunk.subarray(0, coming.at))
    await spoil.strike(coming.fault, chunk.subarray(coming.at), [from, to])
    coming = spoil.next(kinds)
  }
  to.end()
}

type Struck = { from: Socket; to: Socket; rest: Buffer; random: Random; calming: AbortSignal }

const STRIKES: Record<Fault, (struck: Struck) => Promise<void>> = {
  abort: async ({ from, to }) => {
    from.resetAndDestroy()
    to.resetAndDestroy()
  },
  cut: async ({ from, to }) => {
    to.end()
    from.destroy()
  },
  stall: async ({ to, rest, random, calming }) => {
    // A calm ends the stall.
    await sleep(random.below(STALL_MS), undefined, { signal: calming }).catch(() => undefined)
    await write(to, rest)
  },
  repeat: ({ to, rest }) => write(to, Buffer.concat([rest, rest])),
  garble: ({ to, rest, random }) => write(to, garbled(rest, random)),
}

function createCalming(): AbortController {
  const calming = new AbortController()
  setMaxListeners(0, calming.signal)
  return calming
}

async function write(to: Socket, bytes: Buffer): Promise<void> {
  if (to.destroyed || bytes.length === 0 || to.write(bytes)) return
  await Promise.race([once(to, 'drain'), once(to, 'close')])
}

function garbled(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  for (let at = 0; at < Math.min(GARBLED_BYTES, changed.length); at++) changed[at] = random.below(256)
  return changed
}
