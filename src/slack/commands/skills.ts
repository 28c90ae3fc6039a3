import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Skill, SkillText } from '../../connect/features/features.ts'
import { AppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import { FOLLOWED_CHARS } from '../../run/calls/shape-result.ts'
import { Anything } from '../calls.ts'
import { postContents } from '../content-files.ts'
import type { Deps } from '../deps.ts'
import { connectionIn, type Listing, openListing, ownOf, readKept } from '../looking.ts'
import { onPress, type Press } from '../press.ts'
import { showIn, waitingModal } from '../show-view.ts'
import { originAt, standAt, wayTo, whereWords } from '../stand.ts'
import { onSubmit, type Submit } from '../submit.ts'
import { doneModal } from '../views/done.ts'
import { saySkillRead, sayUsedSkill, skillModal, skillsModal, skillWords } from '../views/skills.ts'
import { literal } from '../views/text.ts'
import type { Command } from './command.ts'

export const SKILLS: Listing = {
  id: 'skills',
  title: 'Skills',
  show: async ({ offering }, by, look, names) =>
    skillsModal(await offering.skills(by, connectionIn(look)), look, names),
}

export const skillsCommand: Command = {
  name: 'skills',
  usage: '[connection]',
  what: 'shows written ways of doing things from your connections',
  run: (deps, { words, scene }) => openListing(deps, SKILLS, words, scene),
}

/** One skill, as its modal carries it. */
const Kept = z.object({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
  uri: z.string(),
})
type Kept = z.infer<typeof Kept>

export function registerSkills(app: App, deps: Deps): void {
  onPress(app, deps, 'skill_open', (press) => open(deps, press))
  onPress(app, deps, 'skill_read', (press) => readHere(deps, press))
  onSubmit(app, deps, 'skill', (submit) => submitted(deps, submit))
}

async function open(deps: Deps, { by, value: uri, view, scene }: Press): Promise<void> {
  const { connection, channel, thread } = readKept(view?.keep ?? '')
  const kept = Kept.parse({ connection, channel, thread, uri })
  const waiting = await scene.open(waitingModal('Skill', 'One moment…'))
  await showIn(deps, waiting, async () => {
    const { of, skill } = await listed(deps, by, kept)
    return skillModal(skill, { of, where: whereWords(kept), keep: kept })
  })
}

async function listed(deps: Deps, by: Principal, { connection: id, uri }: Kept): Promise<{ of: string; skill: Skill }> {
  const { name: of } = await ownOf(deps, by, id)
  const skill = (await deps.offering.skills(by, id)).skills.find((one) => one.uri === uri)
  if (skill !== undefined) return { of, skill }
  throw new AppError('not_found', `${of} no longer has this skill. Open its list again.`)
}

async function readHere(deps: Deps, { by, view }: Press): Promise<void> {
  if (view === undefined) return
  const kept = Kept.parse(JSON.parse(view.keep))
  await deps.calls.call('views.update', { view_id: view.id, view: waitingModal('Skill', 'Reading…') }, Anything)
  await showIn(deps, view.id, async () => {
    const { of, read } = await readOf(deps, by, kept)
    const stand = await standAt(deps, by, kept, saySkillRead(by.user, read.skill, of))
    await postContents(deps, stand, [read.content])
    return doneModal('Skill', `Here is *${literal(read.skill.name)}*. ${await wayTo(deps, stand)}`)
  })
}

async function readOf(deps: Deps, by: Principal, { connection, uri }: Kept): Promise<{ of: string; read: SkillText }> {
  const { name: of } = await ownOf(deps, by, connection)
  return { of, read: await deps.offering.readSkill(by, connection, uri) }
}

async function submitted(deps: Deps, { by, viewId, keep, typed, ack }: Submit): Promise<void> {
  const kept = Kept.parse(JSON.parse(keep))
  const wish = typed.wish?.trim() ?? ''
  await ack({ response_action: 'update', view: waitingModal('Skill', 'Reading the skill…') })
  await showIn(deps, viewId, () => use(deps, by, { kept, wish, viewId }))
}

/** A run with the skill beside the request: its words are the server's. */
async function use(deps: Deps, by: Principal, { kept, wish, viewId }: { kept: Kept; wish: string; viewId: string }) {
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
  const stand = await standAt(deps, by, kept, sayUsedSkill(by.user, skill, of, wish))
  const files = skill.files?.map(({ path }) => path)
  await deps.runs.start({
    origin: await originAt(deps, by, stand),
    text: skillWords(skill, of, wish),
    skill: { connection: of, name: skill.name, uri: skill.uri, text, checked, ...(files && { files }) },
    untrusted: [of],
    dedupeKey: `${by.workspace}:skill:${viewId}`,
  })
  return doneModal('Skill', `I am on it: *${literal(skill.name)}*. ${await wayTo(deps, stand)}`)
}
