import { z } from 'zod'
import { UserId } from '../../ids.ts'
import { escapeMrkdwn, truncate } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import type { Command } from '../interactions/command.ts'
import type { Responder } from '../interactions/responder.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { approversMessage } from './rules-message.ts'

export const approversCommand: Command = {
  name: 'approvers',
  usage: '[@name … | none]',
  what: 'shows or sets who approves destructive calls',
  async run(deps, { words, scene }) {
    const mayManage = await deps.people.mayManageNow(scene.by.user)
    if (words.length === 0) {
      await say(deps, scene, mayManage)
      return
    }
    if (!mayManage) {
      await say(deps, scene, mayManage, 'Only an owner or admin of this workspace can set approvers. ')
      return
    }
    const meant = readPeople(words)
    if (!meant.ok) {
      await scene.replyError(meant.message)
      return
    }
    const unfit = await unfitApprover(deps, meant.people)
    if (unfit !== undefined) {
      await scene.replyError(unfit)
      return
    }
    await deps.rules.setApprovers(scene.by.workspace, scene.by.user, [...meant.people.keys()])
    await say(deps, scene, mayManage, 'Done. ')
  },
}

async function say({ rules }: SlackDeps, scene: Responder, mayManage: boolean, note = ''): Promise<void> {
  await scene.reply(approversMessage(await rules.approversOf(scene.by.workspace), mayManage, note), 'Approvers')
}

/** `people`: each with the name to speak of them. */
type Meant = { ok: true; people: Map<UserId, string> } | { ok: false; message: string }

const Mention = z.templateLiteral(['<@', z.string(), '>'])

/** People as Slack escapes them in commands: `<@U123|name>`. */
function readPeople(words: string[]): Meant {
  if (words.length === 1 && /^(none|nobody)$/i.test(words[0] ?? '')) return { ok: true, people: new Map() }
  const people = new Map<UserId, string>()
  for (const word of words.map((one) => one.replace(/,$/, '')).filter(Boolean)) {
    const [user, label] = Mention.safeParse(word).success ? word.slice(2, -1).split('|') : []
    const id = UserId.safeParse(user)
    if (!id.success) return { ok: false, message: sayUnknown(word) }
    people.set(id.data, `@${label || id.data}`)
  }
  return { ok: true, people }
}

const sayUnknown = (name: string): string =>
  `I don't know who "${escapeMrkdwn(truncate(name, 60))}" is. Type @ and choose the person from the list Slack offers, then send.`

async function unfitApprover({ people }: SlackDeps, meant: Map<UserId, string>): Promise<string | undefined> {
  for (const [user, name] of meant) {
    try {
      const person = await people.of(user)
      if (person.isBot) return `${escapeMrkdwn(person.name)} is a bot, and bots never decide.`
    } catch (error) {
      if (!UNKNOWN.has(slackErrorCodeOf(error) ?? '')) throw error
      return sayUnknown(name)
    }
  }
  return undefined
}

/** Slack's words for a person who is not there, or not for this workspace to see. */
const UNKNOWN = new Set(['user_not_found', 'users_not_found', 'user_not_visible'])
