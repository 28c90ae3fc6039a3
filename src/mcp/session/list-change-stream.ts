import {
  type Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  type SubscriptionFilter,
} from '@modelcontextprotocol/client'
import { pause } from '../../timing.ts'
import type { ListChange } from '../protocol/notifications.ts'
import type { Session } from '../protocol/session.ts'
import { isLostStream } from '../transport/fail-lost-streams.ts'

// A subscription that held this long was sound; what ended it was its server's restart or a proxy's patience.
const SOUND_MS = 60_000
const FIRST_WAIT_MS = 1_000
const MAX_WAIT_MS = 60_000
const ACK_MS = 10_000

/**
 * Hears of changed lists on the new protocol, where a server tells only those who listen, for as long as the session is
 * open. After a drop it listens again, ever more slowly, and looks once at what it may have missed.
 */
export async function listenForListChanges(
  { client, ended }: Pick<Session, 'client' | 'ended'>,
  onMissed: (what: ListChange) => void,
) {
  const filter = filterOf(client)
  if (client.getProtocolEra() !== 'modern' || Object.keys(filter).length === 0) return
  const closing = new AbortController()
  void ended.then(() => closing.abort())
  const missed = () => {
    if (filter.toolsListChanged) onMissed('tools')
    if (filter.resourcesListChanged || filter.promptsListChanged) onMissed('offers')
  }
  let again = false
  for (let waitMs = FIRST_WAIT_MS; !closing.signal.aborted; waitMs = Math.min(MAX_WAIT_MS, waitMs * 2)) {
    const began = Date.now()
    const how = await listenOnce(client, filter, closing.signal, () => again && missed())
    if (how === 'refused' || closing.signal.aborted) return
    again = true
    if (Date.now() - began > SOUND_MS) waitMs = FIRST_WAIT_MS
    await pause(waitMs * (0.8 + 0.4 * Math.random()), closing.signal)
  }
}

/** Of what the server says it tells. */
function filterOf(client: Client): SubscriptionFilter {
  const { tools, resources, prompts } = client.getServerCapabilities() ?? {}
  return {
    ...(tools?.listChanged === true && { toolsListChanged: true }),
    ...(resources?.listChanged === true && { resourcesListChanged: true }),
    ...(prompts?.listChanged === true && { promptsListChanged: true }),
  }
}

/** Until the subscription ends. A server that does not know it, or honours nothing of it, is not asked again. */
async function listenOnce(
  client: Client,
  filter: SubscriptionFilter,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<'ended' | 'refused'> {
  try {
    const subscription = await client.listen(filter, { signal, timeout: ACK_MS })
    const { toolsListChanged, resourcesListChanged, promptsListChanged } = subscription.honoredFilter
    if (!(toolsListChanged || resourcesListChanged || promptsListChanged)) {
      await subscription.close()
      return 'refused'
    }
    onOpen()
    await subscription.closed
    return 'ended'
  } catch (error) {
    return isTransient(error) ? 'ended' : 'refused'
  }
}

const TRANSIENT: unknown[] = [SdkErrorCode.RequestTimeout, SdkErrorCode.ConnectionClosed, SdkErrorCode.SendFailed]

/** What may be otherwise next time; a server's own no (a protocol error, a 404) is not. */
function isTransient(error: unknown): boolean {
  if (error instanceof SdkHttpError) return (error.status ?? 500) >= 500
  if (error instanceof SdkError) return TRANSIENT.includes(error.code)
  return !(error instanceof ProtocolError) || isLostStream(error)
}
