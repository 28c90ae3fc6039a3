import { z } from 'zod'
import { UserId } from '../../ids.ts'
import { isPermanentError, type WebApi } from './web-api.ts'

/** A new owner is known after this at the latest. */
const KNOWN_FOR_MS = 10 * 60_000

const Members = z.object({
  members: z.array(
    z.object({
      id: UserId,
      is_owner: z.boolean().nullish(),
      deleted: z.boolean().nullish(),
      is_bot: z.boolean().nullish(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().nullish() }).nullish(),
})

/** A workspace of more people is not read to the end. */
const MOST_PAGES_OF_PEOPLE = 20

async function fetchOwners(webApi: WebApi): Promise<UserId[]> {
  const owners: UserId[] = []
  let cursor = ''
  for (let page = 0; page < MOST_PAGES_OF_PEOPLE; page += 1) {
    const found = await webApi.call('users.list', { limit: 1_000, ...(cursor && { cursor }) }, Members, 0)
    const here = found.members.filter(({ is_owner, deleted, is_bot }) => is_owner && !deleted && !is_bot)
    owners.push(...here.map(({ id }) => id))
    cursor = found.response_metadata?.next_cursor ?? ''
    if (cursor === '') break
  }
  return owners
}

/** Reads the owners of a workspace, for all who ask in the next minutes. */
export function createOwnersReader(webApi: WebApi): () => Promise<UserId[]> {
  let known: { owners: Promise<UserId[]>; until: number } | undefined
  return () => {
    if (known && known.until > Date.now()) return known.owners
    const owners = fetchOwners(webApi).catch((error) => {
      known = undefined
      throw error
    })
    known = { owners, until: Date.now() + KNOWN_FOR_MS }
    return owners
  }
}

/** Those of the people who are full members of the workspace. Throws AppError `slack_failed`. */
export async function findMembers(
  users: UserId[],
  of: (user: UserId) => Promise<{ outsider: unknown }>,
): Promise<UserId[]> {
  const found = users.map(async (user) => {
    const shown = await findShown(of(user))
    return shown !== undefined && shown.outsider === undefined ? [user] : []
  })
  return (await Promise.all(found)).flat()
}

/** What Slack shows of a person; undefined where it shows nobody of that id any more. Throws AppError `slack_failed`. */
export async function findShown<T>(shown: Promise<T>): Promise<T | undefined> {
  try {
    return await shown
  } catch (error) {
    if (!isPermanentError(error)) throw error
    return undefined
  }
}
