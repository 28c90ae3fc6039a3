import type { ConnectionId } from '../ids.ts'
import type { Probe } from '../mcp/outcome.ts'
import type { Registry } from '../registry/registry.ts'

/** Keeps what a server says of itself beside the connection. */
export async function learn(
  registry: Pick<Registry, 'learn' | 'setOffers'>,
  id: ConnectionId,
  { tools, leftOut, instructions, offers }: Probe,
): Promise<void> {
  await registry.learn(id, { tools, leftOut, instructions })
  await registry.setOffers(id, offers)
}
