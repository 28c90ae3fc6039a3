import type { Offers } from '../registry/connection.ts'
import { type Listing, listed } from './lists.ts'
import type { Session } from './session.ts'

/** What the server offers beside tools: what it declares and then also answers to. */
export async function offersOf({ client }: Pick<Session, 'client'>, signal: AbortSignal): Promise<Offers> {
  const declared = client.getServerCapabilities() ?? {}
  const has = async (listing: Listing, mayComeLater: boolean) => {
    const found = await listed(client, listing, 1, signal)
    return found !== undefined && (found.items.length > 0 || mayComeLater)
  }
  const resources = async () => {
    if (declared.resources === undefined) return false
    const later = declared.resources.listChanged === true
    return (
      (await has({ method: 'resources/list', field: 'resources' }, later)) ||
      (await has({ method: 'resources/templates/list', field: 'resourceTemplates' }, false))
    )
  }
  const prompts = async () =>
    declared.prompts !== undefined &&
    (await has({ method: 'prompts/list', field: 'prompts' }, declared.prompts.listChanged === true))
  const [hasResources, hasPrompts] = await Promise.all([resources(), prompts()])
  return {
    resources: hasResources,
    prompts: hasPrompts,
    completions: declared.completions !== undefined,
    subscriptions: hasResources && declared.resources?.subscribe === true,
  }
}
