import { errorChainOf, isAppError } from '../../errors.ts'
import { withDeadline } from '../../timing.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { fetchMessageNames, NO_NAMES } from './message-names.ts'
import type { MessageEvent, PostedMessage } from './read-message-event.ts'
import { authorOf, textOfMessage } from './slack-message.ts'

/** An event has to be acknowledged in 3 s, with two calls to the database in them. */
const NAMES_TIMEOUT_MS = 1_200

/** Keeps what somebody says in a thread that has a run, for the next request there; with `editedTs`, what it was edited to. */
export async function hearMessage(
  deps: WebApiDeps & RunsDeps,
  message: PostedMessage,
  editedTs?: string,
): Promise<void> {
  const { thread_ts: threadTs, channel, ts, user } = message
  if (threadTs === undefined || threadTs === ts) return
  const bot = await deps.bot()
  if (user === bot.user || message.bot_id === bot.bot) return
  const place = { workspace: bot.workspace, channel, threadTs, ts }
  await storeHeard(deps, message, async () => {
    if (!(await deps.runs.knowsThread(bot.workspace, channel, threadTs))) return
    const names = await withDeadline(fetchMessageNames(deps.names, [message]), NAMES_TIMEOUT_MS, NO_NAMES)
    const [author, text] = [authorOf(message, names, bot), textOfMessage(message, names)]
    await deps.runs.heard.keep({ ...place, user, author, text, editedTs })
  })
}

/** Forgets what was heard in a message that is gone. */
export async function forgetMessage(
  deps: WebApiDeps & RunsDeps,
  { channel, ts, before }: Extract<MessageEvent, { kind: 'deleted' }>,
): Promise<void> {
  const { workspace } = await deps.bot()
  await storeHeard(deps, { channel, ts }, async () => {
    await deps.runs.heard.remove({ workspace, channel, ts, threadTs: before?.thread_ts })
  })
}

/** While the database is away nothing is heard: Slack ends subscriptions whose events fail. */
async function storeHeard(
  { log }: WebApiDeps,
  { channel, ts }: { channel: string; ts: string },
  store: () => Promise<void>,
): Promise<void> {
  try {
    await store()
  } catch (error) {
    if (!isAppError(error, 'database_unavailable')) throw error
    log.error({ channel, ts, why: errorChainOf(error) }, 'message not heard')
  }
}
