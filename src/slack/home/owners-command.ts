import type { UserId } from '../../ids.ts'
import { readNamedPeople } from '../approvals/approvers-command.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords, mentionOf } from '../blocks/text.ts'
import type { WebApiDeps } from '../deps.ts'
import type { Command } from '../interactions/interaction.ts'

export const ownersCommand: Command = {
  name: 'owners',
  usage: '[@name … | none]',
  description: 'shows or sets who is an owner here, beside the owners and admins of this Slack workspace',
  rare: true,
  durable: true,
  readsMentions: true,
  async run(deps, { words, responder, ack }) {
    const { by } = responder
    const reply = async (note: string) =>
      responder.reply(ownersMessage((await deps.settings.of(by.workspace)).owners, note), 'Owners')
    if (words.length === 0) return reply('')
    if (!(await deps.people.mayManageNow(by.user))) return reply('Only an owner of this workspace can name owners. ')
    const people = await readNamedPeople(deps, { words, command: 'owners' }, ownerProblemOf)
    if (typeof people === 'string') return responder.replyError(people)
    await deps.settings.setOwners(by, people)
    await ack()
    deps.refreshHome(by)
    return reply('Done. ')
  },
}

/** Why this person cannot be named an owner, as a sentence; undefined if they can. Throws AppError `slack_failed`. */
export async function ownerProblemOf({ people }: WebApiDeps, user: UserId): Promise<string | undefined> {
  const { name, outsider } = await people.now(user)
  return outsider === undefined
    ? undefined
    : `${escapeMrkdwn(name)} is not a full member of this workspace. Only full members can be owners here.`
}

/** Who is an owner here. Pure. */
function ownersMessage(owners: string[], note: string): MessageContent {
  const named = owners.length === 0 ? 'nobody yet' : joinWords(owners.slice(0, 40).map(mentionOf))
  const text = `${note}Owners are the owners and admins of this Slack workspace, and whoever they name here: ${named}. They may change rules and settings, share connections and read the audit.`
  return { text, blocks: [sectionBlock(text)] }
}
