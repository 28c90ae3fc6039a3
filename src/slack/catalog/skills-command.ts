import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Skill, SkillText } from '../../connect/features/features.ts'
import { AppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import { FOLLOWED_CHARS } from '../../run/calls/shape-result.ts'
import { withDeadline } from '../../timing.ts'
import { doneModal } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, type Command, onButtonPress } from '../interactions/interaction.ts'
import { loadingModal, onViewSubmission, showLoadedView, type ViewSubmission } from '../interactions/modals.ts'
import {
  anchorThread,
  originOf,
  permalinkTextFor,
  placeTextFor,
  READ_WITHIN_MS,
  startRunAt,
} from '../interactions/post-in-thread.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { connectionIdIn, findListConnection, type ListModal, openListModal, readListQuery } from './list-modal.ts'
import { postContents } from './post-contents.ts'
import { skillModal, skillReadMessage, skillRequestText, skillsModal, usedSkillMessage } from './skills-list.ts'

export const SKILLS_LIST: ListModal = {
  id: 'skills',
  title: 'Skills',
  show: async ({ features }, by, query, names) =>
    skillsModal(await features.skills(by, connectionIdIn(query)), query, names),
}

export const skillsCommand: Command = {
  name: 'skills',
  usage: '[connection]',
  description: 'shows written ways of doing things from your connections',
  rare: true,
  run: (deps, { words, responder }) => openListModal(deps, SKILLS_LIST, words, responder),
}

/** The metadata of a skill's modal. */
const SkillMetadata = z.object({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
  uri: z.string(),
  name: z.string().optional(),
})
type SkillMetadata = z.infer<typeof SkillMetadata>

export function registerSkills(app: App, deps: WebApiDeps & RunsDeps & ConnectionDeps): void {
  onButtonPress(app, deps, 'skill_open', (press) => openSkill(deps, press))
  onButtonPress(app, deps, 'skill_read', (press) => postSkill(deps, press))
  onViewSubmission(app, deps, 'skill', (submit) => handleSubmission(deps, submit))
}

async function openSkill(
  deps: WebApiDeps & ConnectionDeps,
  { by, value: uri, view, responder }: BlockAction,
): Promise<void> {
  const { connection, channel, thread } = readListQuery(view?.privateMetadata ?? '')
  const metadata = SkillMetadata.parse({ connection, channel, thread, uri })
  const loadingId = await responder.openModal(loadingModal('Skill', 'One moment…'))
  await showLoadedView(deps, loadingId, async () => {
    const { of, skill } = await findSkill(deps, by, metadata)
    return skillModal(skill, { of, where: placeTextFor(metadata), metadata: { ...metadata, name: skill.name } })
  })
}

async function findSkill(
  deps: ConnectionDeps,
  by: Principal,
  { connection: id, uri }: SkillMetadata,
): Promise<{ of: string; skill: Skill }> {
  const { name: of } = await findListConnection(deps, by, id)
  const skill = (await deps.features.skills(by, id)).skills.find((one) => one.uri === uri)
  if (skill !== undefined) return { of, skill }
  throw new AppError('not_found', `${of} no longer has this skill. Open its list again.`)
}

async function postSkill(deps: WebApiDeps & ConnectionDeps, { by, view }: BlockAction): Promise<void> {
  if (view === undefined) return
  const metadata = SkillMetadata.parse(JSON.parse(view.privateMetadata))
  await deps.webApi.call('views.update', { view_id: view.id, view: loadingModal('Skill', 'Reading…') }, AnyResponse)
  await showLoadedView(deps, view.id, async () => {
    const { of, read } = await readSkillText(deps, by, metadata)
    const anchor = await anchorThread(deps, by, metadata, (who) => skillReadMessage(who, read.skill, of))
    await postContents(deps, anchor, [read.content])
    return doneModal('Skill', `Here is *${escapeMrkdwn(read.skill.name)}*. ${await permalinkTextFor(deps, anchor)}`)
  })
}

async function readSkillText(
  deps: ConnectionDeps,
  by: Principal,
  { connection, uri }: SkillMetadata,
): Promise<{ of: string; read: SkillText }> {
  const { name: of } = await findListConnection(deps, by, connection)
  return { of, read: await deps.features.readSkill(by, connection, uri) }
}

async function handleSubmission(
  deps: WebApiDeps & RunsDeps & ConnectionDeps,
  { by, submissionId, privateMetadata, typed, show }: ViewSubmission,
): Promise<void> {
  const metadata = SkillMetadata.parse(JSON.parse(privateMetadata))
  const wish = typed.wish?.trim() ?? ''
  const stored = () => show(loadingModal('Skill', 'Asking…'))
  await show(await startSkillRun(deps, by, { metadata, wish, submissionId, stored }))
}

type SkillSubmission = { metadata: SkillMetadata; wish: string; submissionId: string; stored(): Promise<void> }

/** Starts a run with the skill beside the request, as its text is the server's; if the server is slow, the run reads it. */
async function startSkillRun(
  deps: WebApiDeps & RunsDeps & ConnectionDeps,
  by: Principal,
  { metadata, wish, submissionId, stored }: SkillSubmission,
) {
  const { connection, uri, name = uri } = metadata
  const { name: of } = await findListConnection(deps, by, connection)
  const read = await withDeadline(deps.features.readSkill(by, connection, uri), READ_WITHIN_MS, undefined)
  const chosen = read === undefined ? undefined : chosenSkillOf(of, read)
  const skill = { uri, name: chosen?.name ?? name }
  const anchor = await anchorThread(deps, by, metadata, (who) => usedSkillMessage(who, skill, of, wish))
  const request = {
    origin: await originOf(deps, by, anchor),
    text: skillRequestText(skill, of, wish),
    ...(chosen === undefined
      ? { first: { connection, does: 'read_skill' as const, input: { skill: uri } } }
      : { skill: chosen }),
    untrusted: [of],
    dedupeKey: `${by.workspace}:skill:${submissionId}`,
  }
  const at = await startRunAt(deps, anchor, request, stored)
  return doneModal('Skill', `I am on it: *${escapeMrkdwn(skill.name)}*. ${await permalinkTextFor(deps, at)}`)
}

/** Throws an AppError where there is nothing to follow. */
function chosenSkillOf(of: string, { skill, content: { text }, checked }: SkillText) {
  if (text === undefined)
    throw new AppError('tool_failed', `${of} sent no text for this skill. Please choose another one.`)
  if (text.length > FOLLOWED_CHARS)
    throw new AppError(
      'limit_reached',
      `This skill is longer than I can follow. Read it here, and ask me for parts of it.`,
    )
  const files = skill.files?.map(({ path }) => path)
  return { connection: of, name: skill.name, uri: skill.uri, text, checked, ...(files && { files }) }
}
