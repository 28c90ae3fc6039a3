import type { Client } from '@modelcontextprotocol/client'
import { withDeadline } from '../../timing.ts'
import type { Session } from '../transport/session.ts'

const SUBSCRIBE_MS = 30_000
// A restarted server of the old protocol has lost its subscriptions without saying so, so they are sent again.
const SUBSCRIBE_AGAIN_MS = 60_000

/** `onChanged` gets the address of a watched resource. */
export type ResourceSubscription = {
  uris: string[]
  signal: AbortSignal
  onReady?(): void
  onChanged(uri: string): void
}

/**
 * Listens to changes of resources, with either protocol, until the signal fires or the session or its stream ends.
 * Throws what the SDK throws.
 */
export async function subscribeResources(session: Session, watching: ResourceSubscription): Promise<void> {
  const { client } = session
  const wanted = new Set(watching.uris)
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    const about = [...wanted].find((uri) => isAbout(uri, params.uri))
    if (about !== undefined) watching.onChanged(about)
  })
  try {
    await (session.era.kind === 'modern' ? listen(client, watching) : subscribe(session, watching))
  } finally {
    client.removeNotificationHandler('notifications/resources/updated')
  }
}

/** A change of a part may be reported under the part's own address (the specification, resources, subscriptions). */
const isAbout = (watched: string, changed: string): boolean =>
  changed === watched || changed.startsWith(watched.endsWith('/') ? watched : `${watched}/`)

async function listen(client: Client, { uris, signal, onReady }: ResourceSubscription): Promise<void> {
  const subscription = await client.listen({ resourceSubscriptions: uris }, { timeout: SUBSCRIBE_MS, signal })
  onReady?.()
  const failed = Promise.withResolvers<never>()
  const stop = () => subscription.close().catch(failed.reject)
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (signal.aborted) await stop()
    await Promise.race([subscription.closed, failed.promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function subscribe({ client, ended }: Session, { uris, signal, onReady }: ResourceSubscription): Promise<void> {
  const closed = ended.then(() => true)
  for (let isClosed = false; !isClosed && !signal.aborted; ) {
    for (const uri of uris) await client.subscribeResource({ uri }, { timeout: SUBSCRIBE_MS, signal })
    onReady?.()
    isClosed = await withDeadline(closed, SUBSCRIBE_AGAIN_MS, false, signal)
  }
  // Saying so is a courtesy: a server that is gone has forgotten it anyway.
  if (signal.aborted) await unsubscribe(client, uris)
}

async function unsubscribe(client: Client, uris: string[]): Promise<void> {
  await Promise.allSettled(uris.map((uri) => client.unsubscribeResource({ uri }, { timeout: 1_000 })))
}
