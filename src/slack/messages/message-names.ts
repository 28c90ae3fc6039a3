import type { MessageNames } from '../message-text/read-mrkdwn.ts'
import type { SlackNames } from '../web-api/slack-names.ts'
import { type SlackMessage, textOfMessage } from './slack-message.ts'

/** For words whose names nobody looks up. */
export const NO_NAMES: MessageNames = { person: () => undefined, group: () => undefined, channel: () => undefined }

type Named = Pick<SlackMessage, 'text' | 'blocks' | 'attachments' | 'files' | 'user'>

/** Looks up every person, group and channel that the messages name, their authors too. */
export async function fetchMessageNames(found: SlackNames, messages: Named[]): Promise<MessageNames> {
  const ids = { person: new Set<string>(), group: new Set<string>(), channel: new Set<string>() }
  const note = (kind: keyof typeof ids) => (id: string) => {
    if (id !== '') ids[kind].add(id)
    return undefined
  }
  const noting = { person: note('person'), group: note('group'), channel: note('channel') }
  for (const message of messages) {
    noting.person(message.user ?? '')
    textOfMessage(message, noting)
  }
  const [people, groups, channels] = await Promise.all([
    namesFor(ids.person, found.person),
    namesFor(ids.group, found.group),
    namesFor(ids.channel, found.channel),
  ])
  return { person: (id) => people.get(id), group: (id) => groups.get(id), channel: (id) => channels.get(id) }
}

const namesFor = async (ids: Set<string>, find: (id: string) => Promise<string | undefined>) =>
  new Map(await Promise.all([...ids].map(async (id) => [id, await find(id)] as const)))
