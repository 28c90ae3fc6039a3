import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Prompt } from '../../connect/features/features.ts'
import { AppError, isAppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import { doneModal } from '../blocks/done-modal.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onButtonPress } from '../interactions/button-press.ts'
import type { Command } from '../interactions/command.ts'
import { loadingModal, showLoadedView } from '../interactions/loading-view.ts'
import {
  anchorThread,
  originOf,
  permalinkTextFor,
  type ThreadAnchor,
  uploadFile,
} from '../interactions/post-in-thread.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/view-submission.ts'
import { connectionIdIn, findListConnection, type ListModal, openListModal, readListQuery } from './list-modal.ts'
import { promptPartsOf } from './post-contents.ts'
import { promptRequestText, promptsModal, usedPromptMessage } from './prompts-list.ts'
import { templateFieldIdOf, templateModal } from './template-form.ts'
import { completionsFor, enteredValuesIn } from './template-values.ts'

export const PROMPTS_LIST: ListModal = {
  id: 'prompts',
  title: 'Prompts',
  show: async ({ offering }, by, look, names) =>
    promptsModal(await offering.prompts(by, connectionIdIn(look)), look, names),
}

export const promptsCommand: Command = {
  name: 'prompts',
  usage: '[connection]',
  what: 'shows ready-made requests from your connections',
  run: (deps, { words, scene }) => openListModal(deps, PROMPTS_LIST, words, scene),
}

/** One prompt, as its modal carries it. */
const Kept = z.object({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
  of: z.object({ kind: z.literal('prompt'), name: z.string() }),
})
type Kept = z.infer<typeof Kept>

export function registerPrompts(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'prompt_open', (press) => open(deps, press))
  onViewSubmission(app, deps, 'prompt', (submit) => submitted(deps, submit))
}

async function open(deps: SlackDeps, { by, value: name, view, scene }: BlockAction): Promise<void> {
  const { connection, channel, thread } = readListQuery(view?.keep ?? '')
  const kept = Kept.parse({ connection, channel, thread, of: { kind: 'prompt', name } })
  const waiting = await scene.openModal(loadingModal('Prompt', 'One moment…'))
  await showLoadedView(deps, waiting, () => form(deps, by, kept, {}))
}

/** The same form without menus: a menu takes short values only. */
export const openPlainPromptForm = (deps: SlackDeps, by: Principal, keep: string) =>
  form(deps, by, Kept.parse(JSON.parse(keep)), { plain: true })

type Again = { values?: Record<string, string>; alert?: string; plain?: boolean }

async function form(deps: SlackDeps, by: Principal, kept: Kept, { values = {}, alert, plain = false }: Again) {
  const { connection, prompt } = await promptOf(deps, by, kept)
  const names = prompt.arguments.map((one) => one.name)
  return templateModal({
    id: 'prompt',
    title: 'Prompt',
    submit: 'Run',
    name: prompt.title,
    of: connection.name,
    description: prompt.description,
    fields: prompt.arguments,
    values,
    proposes: !plain && (await completionsFor(deps, by, { connection, of: kept.of, names })),
    alert,
    keep: kept,
  })
}

async function promptOf(deps: SlackDeps, by: Principal, { connection: id, of }: Kept) {
  const connection = await findListConnection(deps, by, id)
  const prompt = (await deps.offering.prompts(by, id)).find(({ name }) => name === of.name)
  if (prompt === undefined)
    throw new AppError('not_found', `${connection.name} no longer has this prompt. Open its list again.`)
  return { connection, prompt }
}

async function submitted(deps: SlackDeps, { by, viewId, keep, typed, ack }: ViewSubmission): Promise<void> {
  const kept = Kept.parse(JSON.parse(keep))
  const values = enteredValuesIn(typed)
  const blank = Object.entries(values).filter(([name, value]) => value === '' && isRequired(typed, name))
  if (blank.length > 0) {
    const errors = blank.map(([name]) => [templateFieldIdOf({ name, required: true }), 'Fill this in.'])
    await ack({ response_action: 'errors', errors: Object.fromEntries(errors) })
    return
  }
  await ack({ response_action: 'update', view: loadingModal('Prompt', 'Getting the prompt…') })
  await showLoadedView(deps, viewId, () => use(deps, by, { kept, values, viewId }))
}

const isRequired = (typed: ViewSubmission['typed'], name: string): boolean =>
  typed[templateFieldIdOf({ name, required: true })] !== undefined

type Use = { kept: Kept; values: Record<string, string>; viewId: string }

/** The prompt becomes the request of a run; what the server does not take stands above the form. */
async function use(deps: SlackDeps, by: Principal, o: Use) {
  const given = Object.fromEntries(Object.entries(o.values).filter(([, value]) => value !== ''))
  try {
    const { connection, prompt } = await promptOf(deps, by, o.kept)
    const messages = await deps.offering.prompt(by, o.kept.connection, { name: prompt.name, arguments: given })
    const used = { ...o, given, prompt, of: connection.name }
    return await run(deps, by, { ...used, parts: messages === 'asks' ? messages : promptPartsOf(messages) })
  } catch (error) {
    if (!isAppError(error, 'input_invalid')) throw error
    return form(deps, by, o.kept, { values: o.values, alert: error.message })
  }
}

type Run = Use & {
  given: Record<string, string>
  prompt: Prompt
  of: string
  /** `asks`: its server wants something first, so the run gets it. */
  parts: ReturnType<typeof promptPartsOf> | 'asks'
}

async function run(deps: SlackDeps, by: Principal, o: Run) {
  const { kept, values, viewId, prompt, of, parts } = o
  const used = { title: prompt.title, of, values }
  const says = parts === 'asks' ? '' : parts.messages[0]?.text
  if (says === undefined) throw new AppError('tool_failed', `${of} sent an empty prompt. Please choose another one.`)
  const stand = await anchorThread(deps, by, kept, usedPromptMessage(by.user, used, says))
  await deps.runs.start({
    origin: await originOf(deps, by, stand),
    text: promptRequestText(used),
    ...(await partsOf(deps, stand, o)),
    untrusted: [of],
    dedupeKey: `${by.workspace}:prompt:${viewId}`,
  })
  return doneModal('Prompt', `I am on it: *${escapeMrkdwn(prompt.title)}*. ${await permalinkTextFor(deps, stand)}`)
}

async function partsOf(deps: SlackDeps, stand: ThreadAnchor, { kept, given, prompt, of, parts }: Run) {
  if (parts === 'asks') {
    const input = { name: prompt.name, arguments: given }
    return { first: { connection: kept.connection, does: 'get_prompt' as const, input } }
  }
  const files = []
  for (const one of parts.files) files.push(await uploadFile(deps, stand, one))
  return { files, prompt: { connection: of, name: prompt.name, messages: parts.messages } }
}
