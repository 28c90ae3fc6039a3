import type { KnownBlock } from '@slack/types'
import type { UserId } from '../../ids.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { withCapital } from '../answer/describe-calls.ts'
import { argumentsBlock } from '../blocks/arguments-text.ts'
import { contextBlock } from '../blocks/build-blocks.ts'
import { isSql } from '../blocks/format-sql.ts'
import { escapeMrkdwn, formatDate, mentionFor, mentionOf } from '../blocks/text.ts'

type EditedCall = { state: RunState; call: CallState; approval: ApprovalState }

/** What was asked for and what a person made of it. */
export type CallVersions = { asked: JsonObject; changed: JsonObject; by: UserId | undefined }

/** The call as the model asked for it, whatever a person made of it. */
export const askedCallOf = (call: CallState): CallState => ({ ...call, arguments: call.asked ?? call.arguments })

type VersionOptions = { reader?: UserId | undefined; most?: number }

/** Both versions of a call that a person changed, or wants changed. */
function versionsOf({ call, approval }: Pick<EditedCall, 'call' | 'approval'>): CallVersions | undefined {
  const { proposal, decided } = approval
  if (call.asked) return { asked: call.asked, changed: call.arguments, by: proposal?.by ?? decided?.by }
  return proposal && { asked: call.arguments, changed: proposal.arguments, by: proposal.by }
}

/** The arguments of a call, or both versions where it was changed, each under who it is from; `reader` is "You". */
export function versionBlocks(content: EditedCall, o: VersionOptions = {}): KnownBlock[] {
  const versions = versionsOf(content)
  if (versions === undefined) return [argumentsBlock(content.call.arguments, o.most)]
  const { asked, changed, by } = versions
  const requester = content.state.origin.user
  return [
    contextBlock(`${withCapital(mentionFor(requester, o.reader))} asked for`),
    argumentsBlock(asked, o.most),
    contextBlock(`${withCapital(mentionFor(by ?? requester, o.reader))} changed it to`),
    argumentsBlock(changed, o.most),
  ]
}

/** "@Morgan asked for `a` · @Avery changed it to `b` and approved", undefined where nobody changed it. `reader` is "you". */
export function editedText(content: EditedCall, reader?: UserId): string | undefined {
  const versions = versionsOf(content)
  if (versions === undefined) return undefined
  const { asked, changed, by } = versions
  const requester = content.state.origin.user
  const who = by === undefined || by === requester ? '' : `${mentionFor(by, reader)} `
  const texts = [differenceText(asked, changed), differenceText(changed, asked)]
  const asks = withCapital(mentionFor(requester, reader))
  return `${asks} asked for ${texts[0]} · ${who}changed it to ${texts[1]}${endText(content, reader)}`
}

function endText({ state, approval }: EditedCall, reader: UserId | undefined): string {
  const requester = mentionFor(state.origin.user, reader)
  const { decided, proposal } = approval
  if (decided?.decision === 'approved') return proposal ? ` · ${requester} approved that` : ' and approved'
  if (decided?.decision === 'denied') return ` · ${requester} denied that`
  return decided ? ' · it was not done' : ''
}

/** Says that only the requester can decide now, and until when. */
export function editProposedText({ state, approval }: Pick<EditedCall, 'state' | 'approval'>, reader?: UserId): string {
  const { proposal, expiresAt } = approval
  const who = proposal === undefined ? 'Somebody' : withCapital(mentionFor(proposal.by, reader))
  const requester = mentionOf(state.origin.user)
  return `${who} changed this. It runs with the credentials of ${requester}, who has to confirm it by ${formatDate(expiresAt)}; otherwise it will not be done.`
}

/** Of each version in one line. */
const DIFFERENCE_CHARS = 300

/** What `these` arguments have otherwise than the others: a statement as it is, other values by name. */
function differenceText(these: JsonObject, others: JsonObject): string {
  const names = Object.keys({ ...these, ...others }).filter((name) => !isSame(these[name], others[name]))
  const texts = names.map((name) => namedText(name, these[name], names.length))
  return `\`${escapeMrkdwn(truncate(revealInvisible(texts.join(', ')).replaceAll('`', "'"), DIFFERENCE_CHARS))}\``
}

const isSame = (one: JsonValue | undefined, other: JsonValue | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

function namedText(name: string, value: JsonValue | undefined, count: number): string {
  if (value === undefined) return `no ${name}`
  if (count === 1 && typeof value === 'string' && isSql(name, value)) return value.replace(/\s+/g, ' ').trim()
  return `${name}: ${JSON.stringify(value)}`
}
