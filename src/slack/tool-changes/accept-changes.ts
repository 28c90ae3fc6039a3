import type { App } from '@slack/bolt'
import { z } from 'zod'
import { changesOf } from '../../connect/pins/listed-changes.ts'
import { errorChainOf } from '../../errors.ts'
import { ConnectionId, type Principal, WORKSPACE_USER } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { ChangeNote } from '../../registry/tool-changes.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, HomeTabDeps, WebApiDeps } from '../deps.ts'
import { findNamedConnection } from '../interactions/find-by-name.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { type BlockAction, type Command, onDurablePress } from '../interactions/interaction.ts'
import { postMessage } from '../web-api/post-message.ts'
import { AnyResponse, isPermanentError } from '../web-api/web-api.ts'
import { toolChangesMessage } from './tool-changes-message.ts'

const TITLE = 'Changed tools'

/** Runs from buttons where a changed tool is shown. */
export const changesCommand: Command = {
  name: 'changes',
  usage: '[connection]',
  description: 'shows what a server changed',
  hidden: true,
  async run(deps, { words, responder }) {
    const connection = await findNamedConnection(deps, responder, words[0] ?? '', 'changes')
    if (connection !== undefined) await responder.reply(await changesMessageFor(deps, connection), TITLE)
  },
}

const changesMessageFor = async (deps: ConnectionDeps, connection: Connection): Promise<MessageContent> =>
  toolChangesMessage(connection, await otherNamesFor(deps, connection, connection.id))

/** The names of the person's other connections. */
export async function otherNamesFor(
  { registry }: Pick<ConnectionDeps, 'registry'>,
  by: Principal,
  id: ConnectionId,
): Promise<string[]> {
  return (await registry.connectionsOf(by)).filter((one) => one.id !== id).map(({ name }) => name)
}

const Shown = z.object({ id: ConnectionId, hash: z.string(), count: z.number() })

export function registerToolChanges(app: App, deps: WebApiDeps & ConnectionDeps & HomeTabDeps): void {
  onDurablePress(app, deps, 'tool_changes_accept', (press) => acceptChanges(deps, press))
}

async function acceptChanges(
  deps: WebApiDeps & ConnectionDeps & HomeTabDeps,
  { by, value, responder, ack }: BlockAction,
): Promise<void> {
  const { id, hash, count } = Shown.parse(JSON.parse(value))
  const before = await findConnectionFor(deps, by, id)
  if (before === undefined) return responder.replyError('This connection is gone, or it is somebody else’s.')
  const tools = changesOf(before)
    .slice(0, count)
    .map(({ name }) => name)
  const accepted = await deps.pins.accept(by, id, { hash, tools }, before)
  await ack()
  const name = escapeInlineMrkdwn(before.name)
  if (accepted === undefined) {
    const now = (await findConnectionFor(deps, by, id)) ?? before
    const stale =
      now.changes === undefined ? 'That was settled already.' : 'That has changed again, so nothing was accepted.'
    return responder.replace(withFirstLine(stale, await changesMessageFor(deps, now)), TITLE)
  }
  const text = `:white_check_mark: Accepted. I use *${name}* as it is now.`
  const content =
    accepted.changes === undefined
      ? { text, blocks: [sectionBlock(text)] }
      : withFirstLine('Accepted. These are the others:', await changesMessageFor(deps, accepted))
  await responder.replace(content, TITLE)
  deps.refreshHome(by)
}

const withFirstLine = (line: string, { text, blocks }: MessageContent): MessageContent => ({
  text: `${line} ${text}`,
  blocks: [sectionBlock(line), ...blocks],
})

/** Shows a connection's owner what its server changed, in the note that is there or a new one. Never throws. */
export async function tellToolChanges(
  deps: WebApiDeps & ConnectionDeps & HomeTabDeps,
  connection: Connection,
  note: ChangeNote | undefined,
): Promise<ChangeNote | undefined> {
  try {
    const content = await changesMessageFor(deps, connection)
    const keeper = await keeperOf(deps, connection)
    deps.refreshHome({ workspace: connection.workspace, user: keeper })
    if (note !== undefined && (await isRepainted(deps, note, content))) return note
    if (connection.changes === undefined) return note
    const channel = await deps.directMessageOf(keeper)
    if (channel === undefined) return NOWHERE
    return { channel, ts: await postMessage(deps.webApi, { channel, thread: undefined }, content) }
  } catch (error) {
    deps.log.warn({ connection: connection.id, why: errorChainOf(error) }, 'changed tools not told')
    return isPermanentError(error) ? NOWHERE : undefined
  }
}

/** Who hears of changed tools. For a workspace connection: whoever shared it while they are an owner, else another owner. */
async function keeperOf({ people, shared }: WebApiDeps & ConnectionDeps, { id, user, workspace }: Connection) {
  if (user !== WORKSPACE_USER) return user
  const by = (await shared.in(workspace)).find((one) => one.id === id)?.shared?.by
  return by !== undefined && (await people.mayManageNow(by)) ? by : ((await people.owners())[0] ?? user)
}

/** Who cannot be written to sees it on Home. */
const NOWHERE: ChangeNote = { channel: '', ts: '' }

/** False where the note is gone. */
async function isRepainted(
  { webApi }: WebApiDeps,
  { channel, ts }: ChangeNote,
  content: MessageContent,
): Promise<boolean> {
  if (ts === '') return false
  try {
    await webApi.call('chat.update', { channel, ts, ...content }, AnyResponse)
    return true
  } catch (error) {
    if (!isPermanentError(error)) throw error
    return false
  }
}
