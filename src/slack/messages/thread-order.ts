import { withDeadline } from '../../timing.ts'
import type { MessageEvent } from './read-message-event.ts'

/** An event looks up names for at most 1.2 s and has to be acknowledged in 3 s, so one that takes longer does not hold up the next. */
const MOST_WAIT_MS = 1_600

/**
 * Handles the events of one thread in the order in which they come to this instance: what was said a moment before a
 * request is kept before the request reads it.
 */
export function createThreadOrder(): (incoming: MessageEvent, handle: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>()
  return async (incoming, handle) => {
    const key = threadKeyOf(incoming)
    const before = last.get(key)
    const handleInTurn = async () => {
      // Whoever waits for the earlier event hears of its failure.
      if (before !== undefined) await withDeadline(Promise.allSettled([before]), MOST_WAIT_MS, undefined)
      await handle()
    }
    const handled = handleInTurn()
    last.set(key, handled)
    try {
      await handled
    } finally {
      if (last.get(key) === handled) last.delete(key)
    }
  }
}

function threadKeyOf(incoming: MessageEvent): string {
  switch (incoming.kind) {
    case 'posted_by_person':
    case 'posted_by_app':
    case 'edited':
      return `${incoming.message.channel} ${incoming.message.thread_ts ?? incoming.message.ts}`
    case 'deleted':
      return `${incoming.channel} ${incoming.before?.thread_ts ?? incoming.ts}`
    case 'ignored':
      return `${incoming.channel} ${incoming.ts}`
    default:
      return incoming satisfies never
  }
}
