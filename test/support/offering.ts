import { expect } from 'vitest'
import { eventually } from './eventually.ts'
import { startServerProcess } from './mcp-house.ts'
import { lookOf, type Seat, type SeenMessage } from './person.ts'
import type { WorldOptions } from './world.ts'

/** Lets the app reach servers of this machine. */
export const local: Pick<WorldOptions, 'change'> = {
  change: (settings) => ({ ...settings, egressAllow: ['127.0.0.1'] }),
}

/** A server that offers resources and prompts by the new protocol, connected as "custom". */
export async function offering(seat: Seat): Promise<AsyncDisposable> {
  const server = await startServerProcess('offers-new.ts', ['0'])
  await seat.connect('custom', { url: `http://127.0.0.1:${server.port}/mcp` })
  return server
}

/** Waits for a message at the top of a conversation. */
export const seenIn = (seat: Seat, channel: string, what: RegExp): Promise<SeenMessage> =>
  eventually(async () => {
    const all = await seat.messages(channel)
    const found = all.find((one) => what.test(lookOf(one)))
    if (found === undefined) throw new Error(`nothing like ${what} among:\n${all.map(lookOf).join('\n---\n')}`)
    return found
  }, 30_000)

/** Waits until the modal on top looks like this. */
export const modalOf = (seat: Seat, what: RegExp): Promise<string> =>
  eventually(async () => {
    const view = JSON.stringify(await seat.modal())
    expect(view).toMatch(what)
    return view
  }, 30_000)
