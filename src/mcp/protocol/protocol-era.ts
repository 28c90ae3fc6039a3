import { type Client, type PriorDiscovery, specTypeSchemas } from '@modelcontextprotocol/client'
import { z } from 'zod'

// A server may learn the new protocol at any time, and a stale "legacy" never fails by itself.
const ERA_TTL_MS = 24 * 60 * 60 * 1000

/** Which protocol a server spoke last, so that the next open need not ask. `at` is in epoch ms. */
export type ProtocolEra = { kind: 'modern' | 'legacy' | 'sse'; discover?: unknown; at: number }

const StoredEra = z.object({
  kind: z.enum(['modern', 'legacy', 'sse']),
  discover: z.unknown().optional(),
  at: z.number(),
})

/** The verdict in a connection's row, while it is fresh. */
export function readProtocolEra(stored: unknown, now: number): ProtocolEra | undefined {
  const parsed = StoredEra.safeParse(stored)
  return parsed.success && now - parsed.data.at < ERA_TTL_MS ? parsed.data : undefined
}

/** The verdict as the SDK takes it. */
export function priorDiscoveryOf(era: ProtocolEra | undefined): PriorDiscovery | undefined {
  if (era === undefined || era.kind === 'sse') return undefined
  if (era.kind === 'legacy') return { kind: 'legacy' }
  const discover = specTypeSchemas.DiscoverResult['~standard'].validate(era.discover)
  return discover.issues === undefined ? { kind: 'modern', discover: discover.value } : undefined
}

export function protocolEraOf(client: Client, kind: 'sse' | 'other', now: number): ProtocolEra {
  if (kind === 'sse') return { kind: 'sse', at: now }
  const discover = client.getDiscoverResult()
  return discover === undefined ? { kind: 'legacy', at: now } : { kind: 'modern', discover, at: now }
}
