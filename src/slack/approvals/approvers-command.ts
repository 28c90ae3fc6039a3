import { z } from 'zod'
import { UserId } from '../../ids.ts'
import { truncate } from '../../text.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { PolicyDeps, WebApiDeps } from '../deps.ts'
import type { Command, Responder } from '../interactions/interaction.ts'
import { mrkdwnTextOf } from '../message-text/read-mrkdwn.ts'
import { approversMessage } from '../rules/rules-message.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { approverProblemOf } from './able-approvers.ts'

export const approversCommand: Command = {
  name: 'approvers',
  usage: '[@name … | none]',
  description: 'shows or sets who decides on what can destroy something',
  rare: true,
  durable: true,
  readsMentions: true,
  async run(deps, { words, responder, ack }) {
    const mayManage = await deps.people.mayManageNow(responder.by.user)
    if (words.length === 0) {
      await replyApprovers(deps, responder, mayManage)
      return
    }
    if (!mayManage) {
      await replyApprovers(deps, responder, mayManage, 'Only an owner of this workspace can set approvers. ')
      return
    }
    const people = await readNamedPeople(deps, { words, command: 'approvers' }, approverProblemOf)
    if (typeof people === 'string') return responder.replyError(people)
    await deps.rules.setApprovers(responder.by.workspace, responder.by.user, people)
    await ack()
    await replyApprovers(deps, responder, mayManage, 'Done. ')
  },
}

type Deps = WebApiDeps & PolicyDeps
/** Why a person cannot be what they are named as, in a sentence. */
type ProblemOf = (deps: Deps, user: UserId) => Promise<string | undefined>

/** The people that a command names, or what is wrong with that. Throws AppError `slack_failed`. */
export async function readNamedPeople(
  deps: Deps,
  { words, command }: { words: string[]; command: string },
  problemOf: ProblemOf,
): Promise<UserId[] | string> {
  const group = words.find((word) => GROUP.test(word))
  if (group !== undefined) return groupText(deps, group, command)
  const parsed = readPeople(words)
  if (!parsed.ok) return parsed.message
  return (await findUnfitPerson(deps, parsed.people, problemOf)) ?? [...parsed.people.keys()]
}

async function replyApprovers(
  { rules }: PolicyDeps,
  responder: Responder,
  mayManage: boolean,
  note = '',
): Promise<void> {
  await responder.reply(approversMessage(await rules.approversOf(responder.by.workspace), mayManage, note), 'Approvers')
}

/** `people`: the users with their names. */
type ParsedApprovers = { ok: true; people: Map<UserId, string> } | { ok: false; message: string }

const Mention = z.templateLiteral(['<@', z.string(), '>'])

/** Reads mentions as Slack escapes them in commands: `<@U123|name>`. */
function readPeople(words: string[]): ParsedApprovers {
  if (words.length === 1 && /^(none|nobody)$/i.test(words[0] ?? '')) return { ok: true, people: new Map() }
  const people = new Map<UserId, string>()
  for (const word of words.map((one) => one.replace(/,$/, '')).filter(Boolean)) {
    const [user, label] = Mention.safeParse(word).success ? word.slice(2, -1).split('|') : []
    const id = UserId.safeParse(user)
    if (!id.success) return { ok: false, message: unknownPersonText(word) }
    people.set(id.data, `@${label || id.data}`)
  }
  return { ok: true, people }
}

/** A user group, everybody in a channel, or a channel. */
const GROUP = /^<(?:!|#)[^<>]*>,?$/

async function groupText(deps: WebApiDeps, mention: string, command: string): Promise<string> {
  const [, id = ''] = /^<!subteam\^([A-Z0-9]+)/.exec(mention) ?? []
  const name = id === '' ? undefined : await deps.names.group(id)
  const names = { person: () => undefined, group: () => name, channel: () => undefined }
  const shown = mrkdwnTextOf(mention.replace(/,$/, ''), names)
  return `${escapeMrkdwn(shown)} is not one person. Name each of them, for example \`/mcp ${command} @ann @bob\`.`
}

const unknownPersonText = (name: string): string =>
  `I don't know who "${escapeMrkdwn(truncate(name, 60))}" is. Type @ and choose the person from the list Slack offers, then send.`

async function findUnfitPerson(
  deps: Deps,
  parsed: Map<UserId, string>,
  problemOf: ProblemOf,
): Promise<string | undefined> {
  for (const [user, name] of parsed) {
    try {
      const problem = await problemOf(deps, user)
      if (problem !== undefined) return `${problem} Nothing was changed.`
    } catch (error) {
      if (!UNKNOWN_USER_CODES.has(slackErrorCodeOf(error) ?? '')) throw error
      return unknownPersonText(name)
    }
  }
  return undefined
}

/** Slack's error codes for a user that does not exist or is not visible to the workspace. */
const UNKNOWN_USER_CODES = new Set(['user_not_found', 'users_not_found', 'user_not_visible'])
