import { z } from 'zod'
import { UserId } from '../../ids.ts'
import type { Deps } from '../deps.ts'
import type { Scene } from '../scene.ts'
import { approversSaying } from '../views/rules.ts'
import { clip, literal } from '../views/text.ts'
import type { Command } from './command.ts'

export const approversCommand: Command = {
  name: 'approvers',
  usage: '[@name … | none]',
  what: 'shows or sets who decides destructive calls',
  async run(deps, { words, scene }) {
    const { mayManage } = await deps.people.of(scene.by.user)
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
      await scene.trouble(meant.message)
      return
    }
    const unfit = await unfitApprover(deps, meant.users)
    if (unfit !== undefined) {
      await scene.trouble(unfit)
      return
    }
    await deps.rules.setApprovers(scene.by.workspace, scene.by.user, meant.users)
    await say(deps, scene, mayManage, 'Done. ')
  },
}

async function say({ rules }: Deps, scene: Scene, mayManage: boolean, note = ''): Promise<void> {
  await scene.say(approversSaying(await rules.approversOf(scene.by.workspace), mayManage, note), 'Approvers')
}

type Meant = { ok: true; users: UserId[] } | { ok: false; message: string }

const Mention = z.templateLiteral(['<@', z.string(), '>'])

/** People as Slack escapes them in commands: `<@U123|name>`. */
function readPeople(words: string[]): Meant {
  if (words.length === 1 && /^(none|nobody)$/i.test(words[0] ?? '')) return { ok: true, users: [] }
  const users: UserId[] = []
  for (const word of words.map((one) => one.replace(/,$/, '')).filter(Boolean)) {
    const id = UserId.safeParse(Mention.safeParse(word).success ? word.slice(2, -1).split('|')[0] : undefined)
    if (!id.success) {
      const name = literal(clip(word, 60))
      return {
        ok: false,
        message: `I don't know who "${name}" is. Type @ and choose the person from the list Slack offers, then send.`,
      }
    }
    if (!users.includes(id.data)) users.push(id.data)
  }
  return { ok: true, users }
}

async function unfitApprover({ people }: Deps, users: UserId[]): Promise<string | undefined> {
  for (const user of users) {
    const person = await people.of(user)
    if (person.isBot) return `${literal(person.name)} is a bot, and bots never decide.`
  }
  return undefined
}
