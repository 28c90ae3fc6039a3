import { once, setMaxListeners } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'

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
  const open = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    open.add(socket)
    return socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
  }
  const next = (kinds: LinkOptions['faults']['asked']): Strike | undefined =>
    o.random.chance(o.share)
      ? { fault: o.random.pick(kinds), at: Math.floor(2 ** (o.random.below(REACH_BITS * 1_000) / 1_000)) }
      : undefined

  const strike = async (fault: Fault, rest: Buffer, [from, to]: [Socket, Socket]): Promise<void> => {
    struck[fault]++
    if (fault === 'abort') {
      from.resetAndDestroy()
      to.resetAndDestroy()
    } else if (fault === 'cut') {
      to.end()
      from.destroy()
    } else if (fault === 'stall') {
      await sleep(o.random.below(STALL_MS), undefined, { signal: calming.signal }).catch(() => undefined)
      await write(to, rest)
    } else if (fault === 'repeat') await write(to, Buffer.concat([rest, rest]))
    else await write(to, garbled(rest, o.random))
  }
  const carry = async (from: Socket, to: Socket, kinds: LinkOptions['faults']['asked']): Promise<void> => {
    let coming = next(kinds)
    for await (const data of from) {
      const chunk = Buffer.from(data)
      if (coming === undefined || calming.signal.aborted || chunk.length <= coming.at) {
        if (coming !== undefined) coming.at -= chunk.length
        await write(to, chunk)
        continue
      }
      await write(to, chunk.subarray(0, Math.max(coming.at, 0)))
      await strike(coming.fault, chunk.subarray(Math.max(coming.at, 0)), [from, to])
      coming = next(kinds)
    }
    to.end()
  }

  const server = createServer({ allowHalfOpen: true }, (asking) => {
    keep(asking)
    if (target === undefined) return void asking.destroy()
    const answering = keep(createConnection({ port: target, host: '127.0.0.1', allowHalfOpen: true }))
    const both = [carry(asking, answering, o.faults.asked), carry(answering, asking, o.faults.answered)]
    const end = (): void => {
      asking.destroy()
      answering.destroy()
    }
    for (const direction of both) direction.catch(end)
    void Promise.allSettled(both).then(end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the link has no port')
  const { port } = address
  return {
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
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
