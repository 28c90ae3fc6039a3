import type { ServerFeatures } from '../../registry/connection.ts'
import { type ListPage, listPages } from '../features/list-pages.ts'
import { supportsSkills } from '../features/skills.ts'
import type { Session } from '../protocol/session.ts'

/** What the server offers beside tools: what it declares and has at least one of at this moment. */
export async function readServerFeatures(
  { client }: Pick<Session, 'client'>,
  signal: AbortSignal,
): Promise<ServerFeatures> {
  const declared = client.getServerCapabilities() ?? {}
  const has = async (known: boolean, listing: ListPage) =>
    known && ((await listPages(client, listing, 1, signal))?.items.length ?? 0) > 0
  const isRead = declared.resources !== undefined
  const [plain, made, prompts, skills] = await Promise.all([
    has(isRead, { method: 'resources/list', field: 'resources' }),
    has(isRead, { method: 'resources/templates/list', field: 'resourceTemplates' }),
    has(declared.prompts !== undefined, { method: 'prompts/list', field: 'prompts' }),
    has(supportsSkills(client), { method: 'skills/list', field: 'skills' }),
  ])
  const resources = plain || made
  return {
    resources,
    prompts,
    skills,
    completions: declared.completions !== undefined,
    subscriptions: resources && declared.resources?.subscribe === true,
  }
}
