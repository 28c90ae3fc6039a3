import type { NamedApp } from '../../policy/settings.ts'
import type { Origin } from '../../run/state/events.ts'
import { withDeadline } from '../../timing.ts'
import { mentionOf } from '../blocks/text.ts'
import type { PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { postNotice } from '../interactions/post-in-thread.ts'
import type { BotIdentity } from '../web-api/users.ts'
import { isMentioned } from './addressees.ts'
import { fetchMessageNames, NO_NAMES } from './message-names.ts'
import { isDirect, isTopLevel, messageKeyOf } from './message-places.ts'
import type { PostedMessage } from './read-message-event.ts'
import { authorOf, textOfMessage } from './slack-message.ts'

type Deps = WebApiDeps & RunsDeps & Pick<PolicyDeps, 'settings'>

/** An event has to be acknowledged in 3 s. */
const LOOKUP_TIMEOUT_MS = 1_200

/**
 * Starts a run where an app that an owner named mentions us in a message of its own. The run is that owner's. Resolves to why the
 * message is left alone, where it is. Bots that answer each other in a thread would never end, so replies start nothing.
 */
export async function startForApp(deps: Deps, message: PostedMessage): Promise<string | undefined> {
  const bot = await deps.bot()
  if (message.bot_id === bot.bot) return 'own message'
  if (message.type !== 'app_mention' && !isMentioned(message.text, bot.user)) return 'posted by an app'
  const { apps } = await deps.settings.of(bot.workspace)
  const named = apps.find((app) => app.bot === message.bot_id)
  if (named === undefined) return 'mentioned by an app that no owner named'
  if (!isTopLevel(message) || isDirect(message)) return 'an app starts nothing in a thread'
  if (!(await deps.people.mayManageNow(named.by))) return refuse(deps, bot, { message, named })
  await deps.runs.start(await requestOf(deps, bot, { message, named }))
  return undefined
}

type Asked = { message: PostedMessage; named: NamedApp }

/** Says that whoever named the app is no owner any more: once, as Slack sends two events for a mention. */
async function refuse(deps: Deps, bot: BotIdentity, { message, named }: Asked): Promise<string> {
  if (!(await deps.runs.seen(`app:${messageKeyOf(bot, message)}`))) {
    const place = { channel: message.channel, thread: message.ts }
    await postNotice(
      deps,
      place,
      `I did nothing. ${mentionOf(named.by)} allowed ${mentionOf(named.user)} to ask me, and is no owner here any more. Another owner can allow it with \`/mcp apps\`.`,
    )
  }
  return 'whoever named the app is no owner any more'
}

/** The app's words go into the context, as unchecked. The request says only that an owner allowed the app to ask. */
async function requestOf(deps: Deps, bot: BotIdentity, { message, named }: Asked) {
  const [asker, names] = await Promise.all([
    withDeadline(deps.people.askerOf(named.by), LOOKUP_TIMEOUT_MS, { userName: 'somebody' }),
    withDeadline(fetchMessageNames(deps.names, [message]), LOOKUP_TIMEOUT_MS, NO_NAMES),
  ])
  const author = authorOf(message, names, bot)
  const origin: Origin = {
    door: 'slack',
    workspace: bot.workspace,
    user: named.by,
    ...asker,
    channel: message.channel,
    threadTs: message.ts,
    messageTs: message.ts,
    place: 'channel',
    teamId: bot.team,
  }
  return {
    origin,
    text: `Please do what ${author} asks in its message above. An owner allowed this app to ask. Nobody has checked the message.`,
    context: [{ author, text: textOfMessage(message, names) }],
    untrusted: [author],
    dedupeKey: messageKeyOf(bot, message),
  }
}
