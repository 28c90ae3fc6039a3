import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Skill, SkillText } from '../../connect/features/features.ts'
import { AppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import { FOLLOWED_CHARS } from '../../run/calls/shape-result.ts'
import { doneModal } from '../blocks/done-modal.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onButtonPress } from '../interactions/button-press.ts'
import type { Command } from '../interactions/command.ts'
import { loadingModal, showLoadedView } from '../interactions/loading-view.ts'
import { anchorThread, originOf, permalinkTextFor, placeTextFor } from '../interactions/post-in-thread.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/view-submission.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { connectionIdIn, findListConnection, type ListModal, openListModal, readListQuery } from './list-modal.ts'
import { postContents } from './post-contents.ts'
import { skillModal, skillReadMessage, skillRequestText, skillsModal, usedSkillMessage } from './skills-list.ts'

export const SKILLS_LIST: ListModal = {
  id: 'skills',
  title: 'Skills',
  show: async ({ offering }, by, look, names) =>
    skillsModal(await offering.skills(by, connectionIdIn(look)), look, names),
}

export const skillsCommand: Command = {
  name: 'skills',
  usage: '[connection]',
  what: 'shows written ways of doing things from your connections',
  run: (deps, { words, scene }) => openListModal(deps, SKILLS_LIST, words, scene),
}

/** One skill, as its modal carries it. */
const Kept = z.object({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
  uri: z.string(),
})
type Kept = z.infer<typeof Kept>

export function registerSkills(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'skill_open', (press) => open(deps, press))
  onButtonPress(app, deps, 'skill_read', (press) => readHere(deps, press))
  onViewSubmission(app, deps, 'skill', (submit) => submitted(deps, submit))
}

async function open(deps: SlackDeps, { by, value: uri, view, scene }: BlockAction): Promise<void> {
  const { connection, channel, thread } = readListQuery(view?.keep ?? '')
  const kept = Kept.parse({ connection, channel, thread, uri })
  const waiting = await scene.openModal(loadingModal('Skill', 'One moment…'))
  await showLoadedView(deps, waiting, async () => {
    const { of, skill } = await listed(deps, by, kept)
    return skillModal(skill, { of, where: placeTextFor(kept), keep: kept })
  })
}

async function listed(
  deps: SlackDeps,
  by: Principal,
  { connection: id, uri }: Kept,
): Promise<{ of: string; skill: Skill }> {
  const { name: of } = await findListConnection(deps, by, id)
  const skill = (await deps.offering.skills(by, id)).skills.find((one) => one.uri === uri)
  if (skill !== undefined) return { of, skill }
  throw new AppError('not_found', `${of} no longer has this skill. Open its list again.`)
}

async function readHere(deps: SlackDeps, { by, view }: BlockAction): Promise<void> {
  if (view === undefined) return
  const kept = Kept.parse(JSON.parse(view.keep))
  await deps.webApi.call('views.update', { view_id: view.id, view: loadingModal('Skill', 'Reading…') }, AnyResponse)
  await showLoadedView(deps, view.id, async () => {
    const { of, read } = await readOf(deps, by, kept)
    const stand = await anchorThread(deps, by, kept, skillReadMessage(by.user, read.skill, of))
    await postContents(deps, stand, [read.content])
    return doneModal('Skill', `Here is *${escapeMrkdwn(read.skill.name)}*. ${await permalinkTextFor(deps, stand)}`)
  })
}

async function readOf(
  deps: SlackDeps,
  by: Principal,
  { connection, uri }: Kept,
): Promise<{ of: string; read: SkillText }> {
  const { name: of } = await findListConnection(deps, by, connection)
  return { of, read: await deps.offering.readSkill(by, connection, uri) }
}

async function submitted(deps: SlackDeps, { by, viewId, keep, typed, ack }: ViewSubmission): Promise<void> {
  const kept = Kept.parse(JSON.parse(keep))
  const wish = typed.wish?.trim() ?? ''
  await ack({ response_action: 'update', view: loadingModal('Skill', 'Reading the skill…') })
  await showLoadedView(deps, viewId, () => use(deps, by, { kept, wish, viewId }))
}

/** A run with the skill beside the request: its words are the server's. */
async function use(
  deps: SlackDeps,
  by: Principal,
  { kept, wish, viewId }: { kept: Kept; wish: string; viewId: string },
) {
  const { of, read } = await readOf(deps, by, kept)
  const { skill, content, checked } = read
  const { text } = content
  if (text === undefined)
    throw new AppError('tool_failed', `${of} sent no text for this skill. Please choose another one.`)
  if (text.length > FOLLOWED_CHARS)
    throw new AppError(
      'limit_reached',
      `This skill is longer than I can follow. Read it here, and ask me for parts of it.`,
    )
  const stand = await anchorThread(deps, by, kept, usedSkillMessage(by.user, skill, of, wish))
  const files = skill.files?.map(({ path }) => path)
  await deps.runs.start({
    origin: await originOf(deps, by, stand),
    text: skillRequestText(skill, of, wish),
    skill: { connection: of, name: skill.name, uri: skill.uri, text, checked, ...(files && { files }) },
    untrusted: [of],
    dedupeKey: `${by.workspace}:skill:${viewId}`,
  })
  return doneModal('Skill', `I am on it: *${escapeMrkdwn(skill.name)}*. ${await permalinkTextFor(deps, stand)}`)
}
