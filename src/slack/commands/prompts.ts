import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Prompt } from '../../connect/features/features.ts'
import { AppError, isAppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import { promptParts } from '../content-files.ts'
import type { Deps } from '../deps.ts'
import { connectionIn, type Listing, openListing, ownOf, readKept } from '../looking.ts'
import { onPress, type Press } from '../press.ts'
import { showIn, waitingModal } from '../show-view.ts'
import { originAt, type Stand, standAt, upload, wayTo } from '../stand.ts'
import { onSubmit, type Submit } from '../submit.ts'
import { proposalsFor, typedValues } from '../values.ts'
import { doneModal } from '../views/done.ts'
import { promptsModal, promptWords, sayUsedPrompt } from '../views/server-prompts.ts'
import { literal } from '../views/text.ts'
import { fieldId, valueForm } from '../views/value-form.ts'
import type { Command } from './command.ts'

export const PROMPTS: Listing = {
  id: 'prompts',
  title: 'Prompts',
  show: async ({ offering }, by, look, names) =>
    promptsModal(await offering.prompts(by, connectionIn(look)), look, names),
}

export const promptsCommand: Command = {
  name: 'prompts',
  usage: '[connection]',
  what: 'shows ready-made requests from your connections',
  run: (deps, { words, scene }) => openListing(deps, PROMPTS, words, scene),
}

/** One prompt, as its modal carries it. */
const Kept = z.object({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
  of: z.object({ kind: z.literal('prompt'), name: z.string() }),
})
type Kept = z.infer<typeof Kept>

export function registerPrompts(app: App, deps: Deps): void {
  onPress(app, deps, 'prompt_open', (press) => open(deps, press))
  onSubmit(app, deps, 'prompt', (submit) => submitted(deps, submit))
}

async function open(deps: Deps, { by, value: name, view, scene }: Press): Promise<void> {
  const { connection, channel, thread } = readKept(view?.keep ?? '')
  const kept = Kept.parse({ connection, channel, thread, of: { kind: 'prompt', name } })
  const waiting = await scene.open(waitingModal('Prompt', 'One moment…'))
  await showIn(deps, waiting, () => form(deps, by, kept, {}))
}

/** The same form without menus: a menu takes short values only. */
export const plainPrompt = (deps: Deps, by: Principal, keep: string) =>
  form(deps, by, Kept.parse(JSON.parse(keep)), { plain: true })

type Again = { values?: Record<string, string>; alert?: string; plain?: boolean }

async function form(deps: Deps, by: Principal, kept: Kept, { values = {}, alert, plain = false }: Again) {
  const { connection, prompt } = await promptOf(deps, by, kept)
  const names = prompt.arguments.map((one) => one.name)
  return valueForm({
    id: 'prompt',
    title: 'Prompt',
    submit: 'Run',
    name: prompt.title,
    of: connection.name,
    description: prompt.description,
    fields: prompt.arguments,
    values,
    proposes: !plain && (await proposalsFor(deps, by, { connection, of: kept.of, names })),
    alert,
    keep: kept,
  })
}

async function promptOf(deps: Deps, by: Principal, { connection: id, of }: Kept) {
  const connection = await ownOf(deps, by, id)
  const prompt = (await deps.offering.prompts(by, id)).find(({ name }) => name === of.name)
  if (prompt === undefined)
    throw new AppError('not_found', `${connection.name} no longer has this prompt. Open its list again.`)
  return { connection, prompt }
}

async function submitted(deps: Deps, { by, viewId, keep, typed, ack }: Submit): Promise<void> {
  const kept = Kept.parse(JSON.parse(keep))
  const values = typedValues(typed)
  const blank = Object.entries(values).filter(([name, value]) => value === '' && isRequired(typed, name))
  if (blank.length > 0) {
    const errors = blank.map(([name]) => [fieldId({ name, required: true }), 'Fill this in.'])
    await ack({ response_action: 'errors', errors: Object.fromEntries(errors) })
    return
  }
  await ack({ response_action: 'update', view: waitingModal('Prompt', 'Getting the prompt…') })
  await showIn(deps, viewId, () => use(deps, by, { kept, values, viewId }))
}

const isRequired = (typed: Submit['typed'], name: string): boolean =>
  typed[fieldId({ name, required: true })] !== undefined

type Use = { kept: Kept; values: Record<string, string>; viewId: string }

/** The prompt becomes the request of a run; what the server does not take stands above the form. */
async function use(deps: Deps, by: Principal, o: Use) {
  const given = Object.fromEntries(Object.entries(o.values).filter(([, value]) => value !== ''))
  try {
    const { connection, prompt } = await promptOf(deps, by, o.kept)
    const messages = await deps.offering.prompt(by, o.kept.connection, { name: prompt.name, arguments: given })
    const used = { ...o, given, prompt, of: connection.name }
    return await run(deps, by, { ...used, parts: messages === 'asks' ? messages : promptParts(messages) })
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
  parts: ReturnType<typeof promptParts> | 'asks'
}

async function run(deps: Deps, by: Principal, o: Run) {
  const { kept, values, viewId, prompt, of, parts } = o
  const used = { title: prompt.title, of, values }
  const says = parts === 'asks' ? '' : parts.messages[0]?.text
  if (says === undefined) throw new AppError('tool_failed', `${of} sent an empty prompt. Please choose another one.`)
  const stand = await standAt(deps, by, kept, sayUsedPrompt(by.user, used, says))
  await deps.runs.start({
    origin: await originAt(deps, by, stand),
    text: promptWords(used),
    ...(await partsOf(deps, stand, o)),
    untrusted: [of],
    dedupeKey: `${by.workspace}:prompt:${viewId}`,
  })
  return doneModal('Prompt', `I am on it: *${literal(prompt.title)}*. ${await wayTo(deps, stand)}`)
}

async function partsOf(deps: Deps, stand: Stand, { kept, given, prompt, of, parts }: Run) {
  if (parts === 'asks') {
    const input = { name: prompt.name, arguments: given }
    return { first: { connection: kept.connection, does: 'get_prompt' as const, input } }
  }
  const files = []
  for (const one of parts.files) files.push(await upload(deps, stand, one))
  return { files, prompt: { connection: of, name: prompt.name, messages: parts.messages } }
}
