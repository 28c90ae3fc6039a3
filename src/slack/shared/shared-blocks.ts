import type { KnownBlock } from '@slack/types'
import type { CardInfo } from '../../connect/connect-types.ts'
import type { Connection, ConnectionShare } from '../../registry/connection.ts'
import { actionsBlock, createCommandButton, headerBlock, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords, mentionOf, pluralize } from '../blocks/text.ts'
import { createChangesButton, waitingChangesText } from '../tool-changes/tool-changes-message.ts'

type CardOf = (connection: Connection) => CardInfo | undefined

/** More do not fit beside a person's own. */
const MOST = 8

/** The workspace connections as one person sees them; an owner can change them. Pure. */
export function sharedBlocks(connections: Connection[], cardOf: CardOf, isOwner: boolean): KnownBlock[] {
  if (connections.length === 0) return []
  return [
    headerBlock('Workspace connections'),
    ...connections
      .slice(0, MOST)
      .flatMap((one) =>
        isOwner ? managedBlocks(one, cardOf) : [sharedBlock(one, cardOf, 'Ask an owner to look at it.')],
      ),
  ]
}

const LEVEL_TEXTS: Record<ConnectionShare['level'], string> = {
  reads: 'It only reads.',
  writes_ask: 'It reads. Before each change I ask.',
  all_ask: 'Before every call I ask.',
}

/** `advice`: what its reader can do where it does not work. */
function sharedBlock(one: Connection, cardOf: CardOf, advice: string): KnownBlock {
  const card = cardOf(one)
  const { shared } = one
  const by = shared === undefined ? '' : `\n${LEVEL_TEXTS[shared.level]} Shared by ${mentionOf(shared.by)}.`
  const status = one.status === 'connected' ? '' : `\n:warning: It does not work at the moment. ${advice}`
  const title = escapeMrkdwn(card?.title ?? one.card)
  return sectionBlock(`${card?.icon ?? ':electric_plug:'} *${escapeMrkdwn(one.name)}* (${title})${by}${status}`)
}

/** The buttons send its id, as the owner may have a connection of the same name. */
function managedBlocks(one: Connection, cardOf: CardOf): KnownBlock[] {
  const waiting = waitingChangesText(one)
  const fromFile = one.shared?.fromFile === true
  const facts = `${pluralize(one.tools.length, 'tool')} · ${one.shared === undefined ? '' : audienceText(one.shared)} may use it.${fromFile ? ' It comes from a file of whoever runs Patchbay here. Only that file changes it.' : ''}`
  const needsSignIn = one.status === 'needs_sign_in' && one.signsIn === true
  const repair = needsSignIn
    ? createCommandButton('Sign in', `sign-in ${one.id}`, 'primary')
    : createCommandButton('Reconnect', `reconnect ${one.id}`)
  return [
    sharedBlock(one, cardOf, adviceFor({ needsSignIn, fromFile })),
    sectionBlock(waiting === '' ? facts : `${facts}\n${waiting}`),
    actionsBlock(
      [
        ...(waiting === '' ? [] : [createChangesButton(one.id)]),
        ...(fromFile ? [] : [createCommandButton('Who may use it', `share ${one.id}`)]),
        createCommandButton('Test', `test ${one.id}`),
        ...(fromFile && !needsSignIn ? [] : [repair]),
        ...(fromFile ? [] : [createCommandButton('Disconnect', `disconnect ${one.id}`)]),
      ],
      `connection ${one.id}`,
    ),
  ]
}

/** What an owner can do where it does not work. */
function adviceFor({ needsSignIn, fromFile }: { needsSignIn: boolean; fromFile: boolean }): string {
  if (needsSignIn) return 'Press *Sign in*.'
  return fromFile ? 'Ask whoever runs Patchbay here: it comes from their file.' : 'Press *Reconnect*.'
}

export function audienceText({ audience, people }: Pick<ConnectionShare, 'audience' | 'people'>): string {
  if (audience === 'everybody') return 'Everybody in this workspace'
  if (audience === 'approvers') return 'Approvers and owners'
  const rest = people.length > 10 ? [`${people.length - 10} more`] : []
  return joinWords([...people.slice(0, 10).map(mentionOf), ...rest], 'and')
}
