import { z } from 'zod'
import type { WebApi } from './web-api.ts'

const Text = z.string().nullish()
const Members = z.object({
  members: z.array(
    z.object({
      name: Text,
      real_name: Text,
      deleted: z.boolean().nullish(),
      profile: z.object({ display_name: Text, real_name: Text }).nullish(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().nullish() }).nullish(),
})

/** A new name is known after this at the latest. */
const KNOWN_FOR_MS = 10 * 60_000
/** A workspace of more people is not read to the end. */
const MOST_PAGES = 20

/** Reads the names of all people and apps of a workspace, for all who ask in the next minutes. Throws AppError `slack_failed`. */
export function createPeopleNames(webApi: WebApi): () => Promise<string[]> {
  let known: { names: Promise<string[]>; until: number } | undefined
  return () => {
    if (known && known.until > Date.now()) return known.names
    const names = fetchNames(webApi).catch((error) => {
      known = undefined
      throw error
    })
    known = { names, until: Date.now() + KNOWN_FOR_MS }
    return names
  }
}

async function fetchNames(webApi: WebApi): Promise<string[]> {
  const names: string[] = []
  let cursor = ''
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await webApi.call('users.list', { limit: 1_000, ...(cursor && { cursor }) }, Members, 0)
    names.push(...found.members.flatMap(namesOfMember))
    cursor = found.response_metadata?.next_cursor ?? ''
    if (cursor === '') break
  }
  return [...new Set(names)]
}

function namesOfMember({ name, real_name, profile, deleted }: z.infer<typeof Members>['members'][number]): string[] {
  if (deleted) return []
  return [name, real_name, profile?.display_name, profile?.real_name].flatMap((one) => (one ? [one] : []))
}
