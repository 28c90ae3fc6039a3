import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { SlackUsers } from './users.ts'
import { isPermanentError, type WebApi } from './web-api.ts'

/** What the ids in messages stand for; undefined where Slack does not say. Never throws: no request fails for a name. */
export type SlackNames = {
  person(id: string): Promise<string | undefined>
  group(id: string): Promise<string | undefined>
  channel(id: string): Promise<string | undefined>
  /** The user groups that are not switched off; none where Slack does not say. */
  groups(): Promise<{ id: string; handle: string }[]>
}

/** A renamed group or channel is known after this at the latest. */
const KNOWN_MS = 10 * 60_000
const MOST_CHANNELS = 5_000

const Groups = z.object({
  usergroups: z.array(z.object({ id: z.string(), handle: z.string(), date_delete: z.number().nullish() })),
})
const Info = z.object({ channel: z.object({ name: z.string().optional() }) })

export function createSlackNames(webApi: WebApi, people: SlackUsers, log: Log): SlackNames {
  const groupsNow = rememberFor(async () => {
    const { usergroups } = await webApi.call('usergroups.list', { include_disabled: true }, Groups, 0)
    return new Map(usergroups.map((group) => [group.id, group]))
  })
  const channels = new Map<string, () => Promise<string | undefined>>()
  const channelNow = (id: string) => {
    const known = channels.get(id)
    if (known !== undefined) return known()
    if (channels.size >= MOST_CHANNELS) channels.clear()
    const fetchName = rememberFor(
      async () => (await webApi.call('conversations.info', { channel: id }, Info, 0)).channel.name,
    )
    channels.set(id, fetchName)
    return fetchName()
  }
  const nameOr = async <T>(id: string, name: Promise<T>): Promise<T | undefined> => {
    try {
      return await name
    } catch (error) {
      log.debug({ id, why: errorChainOf(error) }, 'name not found')
      return undefined
    }
  }
  return {
    person: async (id) => (await nameOr(id, people.of(id)))?.name,
    group: async (id) => (await nameOr(id, groupsNow()))?.get(id)?.handle,
    groups: async () => [...((await nameOr('groups', groupsNow())) ?? []).values()].filter((one) => !one.date_delete),
    channel: (id) => nameOr(id, channelNow(id)),
  }
}

/** Asks anew after a while; a refusal is remembered as well, as an older installation lacks the scope for good. */
function rememberFor<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: { answer: Promise<T>; until: number } | undefined
  return () => {
    if (known !== undefined && known.until > Date.now()) return known.answer
    const answer = ask()
    known = { answer, until: Date.now() + KNOWN_MS }
    answer.catch((error) => {
      if (!isPermanentError(error)) known = undefined
    })
    return answer
  }
}
