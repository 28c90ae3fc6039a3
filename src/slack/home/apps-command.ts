import type { UserId } from '../../ids.ts'
import type { NamedApp } from '../../policy/settings.ts'
import { readNamedPeople } from '../approvals/approvers-command.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords, mentionOf } from '../blocks/text.ts'
import type { WebApiDeps } from '../deps.ts'
import type { Command } from '../interactions/interaction.ts'

export const appsCommand: Command = {
  name: 'apps',
  usage: '[@app … | none]',
  description: 'shows or sets which other apps may ask me for work (owners)',
  rare: true,
  durable: true,
  readsMentions: true,
  async run(deps, { words, responder, ack }) {
    const { by } = responder
    const { apps } = await deps.settings.of(by.workspace)
    if (words.length === 0) return responder.reply(appsMessage(apps), 'Apps')
    if (!(await deps.people.mayManageNow(by.user)))
      return responder.reply(appsMessage(apps, 'Only an owner of this workspace can allow apps to ask me. '), 'Apps')
    const users = await readNamedPeople(deps, { words, command: 'apps' }, appProblemOf)
    if (typeof users === 'string') return responder.replyError(users)
    const named = await Promise.all(
      users.map(async (user) => {
        const { bot = '' } = await deps.people.now(user)
        const known = apps.find((app) => app.bot === bot)
        return known && (await deps.people.mayManageNow(known.by)) ? known : { user, bot, by: by.user }
      }),
    )
    await deps.settings.change(by, { apps: named })
    await ack()
    deps.refreshHome(by)
    return responder.reply(appsMessage(named, 'Done. '), 'Apps')
  },
}

/** Why this cannot be an app that asks, as a sentence; undefined if it can. Throws AppError `slack_failed`. */
async function appProblemOf({ people, bot }: WebApiDeps, user: UserId): Promise<string | undefined> {
  if (user === (await bot()).user) return 'I cannot ask myself.'
  const found = await people.now(user)
  return found.outsider === 'bot' && found.bot !== undefined
    ? undefined
    : `${escapeMrkdwn(found.name)} is not an app that posts here. People need no permission to ask me.`
}

const appsMessage = (apps: NamedApp[], note = ''): MessageContent => {
  const text = note + appsTextOf(apps)
  return { text, blocks: [sectionBlock(text)] }
}

const MOST_LISTED = 20

/** Which apps may ask, and for whom. Pure. */
export function appsTextOf(apps: NamedApp[]): string {
  if (apps.length === 0) return 'No other app may ask me for work. An owner can allow one with `/mcp apps @app`.'
  const listed = apps.slice(0, MOST_LISTED).map(({ user, by }) => `${mentionOf(user)} (as ${mentionOf(by)})`)
  return `These apps may ask me: ${joinWords(listed)}. When one of them mentions me in a new message in a channel, I work with the tools of the owner in brackets. I ask that owner before anything that could do harm. What an app writes counts as unchecked. An app cannot approve, stop or change anything.`
}
