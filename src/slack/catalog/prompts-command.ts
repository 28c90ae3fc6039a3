import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Prompt } from '../../connect/features/features.ts'
import { AppError, isAppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
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
  READ_WITHIN_MS,
  startRunAt,
  type ThreadAnchor,
  uploadFile,
} from '../interactions/post-in-thread.ts'
import { connectionIdIn, findListConnection, type ListModal, openListModal, readListQuery } from './list-modal.ts'
import { promptPartsOf } from './post-contents.ts'
import { promptRequestText, promptsModal, usedPromptMessage } from './prompts-list.ts'
import { templateFieldIdOf, templateModal } from './template-form.ts'
import { completionsFor, enteredValuesIn } from './template-values.ts'

export const PROMPTS_LIST: ListModal = {
  id: 'prompts',
  title: 'Prompts',
  show: async ({ features }, by, query, names) =>
    promptsModal(await features.prompts(by, connectionIdIn(query)), query, names),
}

export const promptsCommand: Command = {
  name: 'prompts',
  usage: '[connection]',
  description: 'shows ready-made requests from your connections',
  rare: true,
  run: (deps, { words, responder }) => openListModal(deps, PROMPTS_LIST, words, responder),
}

/** The metadata of a prompt's modal. */
const PromptMetadata = z.object({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
  of: z.object({ kind: z.literal('prompt'), name: z.string() }),
})
type PromptMetadata = z.infer<typeof PromptMetadata>

export function registerPrompts(app: App, deps: WebApiDeps & RunsDeps & ConnectionDeps): void {
  onButtonPress(app, deps, 'prompt_open', (press) => openPrompt(deps, press))
  onViewSubmission(app, deps, 'prompt', (submit) => handleSubmission(deps, submit))
}

async function openPrompt(
  deps: WebApiDeps & ConnectionDeps,
  { by, value: name, view, responder }: BlockAction,
): Promise<void> {
  const { connection, channel, thread } = readListQuery(view?.privateMetadata ?? '')
  const metadata = PromptMetadata.parse({ connection, channel, thread, of: { kind: 'prompt', name } })
  const loadingId = await responder.openModal(loadingModal('Prompt', 'One moment…'))
  await showLoadedView(deps, loadingId, () => promptForm(deps, by, metadata, {}))
}

/** The form with text fields instead of menus, whose values are limited in length. */
export const openPlainPromptForm = (deps: ConnectionDeps, by: Principal, privateMetadata: string) =>
  promptForm(deps, by, PromptMetadata.parse(JSON.parse(privateMetadata)), { plain: true })

type FormOptions = { values?: Record<string, string>; alert?: string; plain?: boolean }

async function promptForm(
  deps: ConnectionDeps,
  by: Principal,
  metadata: PromptMetadata,
  { values = {}, alert, plain = false }: FormOptions,
) {
  const { connection, prompt } = await findPrompt(deps, by, metadata)
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
    hasCompletions: !plain && (await completionsFor(deps, by, { connection, of: metadata.of, names })),
    alert,
    metadata,
  })
}

async function findPrompt(deps: ConnectionDeps, by: Principal, { connection: id, of }: PromptMetadata) {
  const connection = await findListConnection(deps, by, id)
  const prompt = (await deps.features.prompts(by, id)).find(({ name }) => name === of.name)
  if (prompt === undefined)
    throw new AppError('not_found', `${connection.name} no longer has this prompt. Open its list again.`)
  return { connection, prompt }
}

async function handleSubmission(
  deps: WebApiDeps & RunsDeps & ConnectionDeps,
  { by, submissionId, privateMetadata, typed, ack, show }: ViewSubmission,
): Promise<void> {
  const metadata = PromptMetadata.parse(JSON.parse(privateMetadata))
  const values = enteredValuesIn(typed)
  const missing = Object.entries(values).filter(([name, value]) => value === '' && isRequired(typed, name))
  if (missing.length > 0) {
    const errors = missing.map(([name]) => [templateFieldIdOf({ name, required: true }), 'Fill this in.'])
    await ack({ response_action: 'errors', errors: Object.fromEntries(errors) })
    return
  }
  const stored = () => show(loadingModal('Prompt', 'Asking…'))
  await show(await usePrompt(deps, by, { metadata, values, submissionId, stored }))
}

const isRequired = (typed: ViewSubmission['typed'], name: string): boolean =>
  typed[templateFieldIdOf({ name, required: true })] !== undefined

type PromptSubmission = {
  metadata: PromptMetadata
  values: Record<string, string>
  submissionId: string
  stored(): Promise<void>
}

/** Starts a run with the prompt; an error of the server about its arguments is shown above the form. */
async function usePrompt(deps: WebApiDeps & RunsDeps & ConnectionDeps, by: Principal, submission: PromptSubmission) {
  const given = Object.fromEntries(Object.entries(submission.values).filter(([, value]) => value !== ''))
  try {
    const { connection, prompt } = await findPrompt(deps, by, submission.metadata)
    const asked = deps.features.prompt(by, submission.metadata.connection, { name: prompt.name, arguments: given })
    const messages = await withDeadline(asked, READ_WITHIN_MS, 'asks' as const)
    const used = { ...submission, given, prompt, of: connection.name }
    const parts = messages === 'asks' ? messages : await promptPartsOf(messages)
    return await startPromptRun(deps, by, { ...used, parts })
  } catch (error) {
    if (!isAppError(error, 'input_invalid')) throw error
    return promptForm(deps, by, submission.metadata, { values: submission.values, alert: error.message })
  }
}

type PromptRun = PromptSubmission & {
  given: Record<string, string>
  prompt: Prompt
  of: string
  /** `asks`: its server elicits input first, so the run gets the prompt. */
  parts: Awaited<ReturnType<typeof promptPartsOf>> | 'asks'
}

async function startPromptRun(deps: WebApiDeps & RunsDeps, by: Principal, submission: PromptRun) {
  const { metadata, values, submissionId, prompt, of, parts } = submission
  const used = { title: prompt.title, of, values }
  const firstText = parts === 'asks' ? '' : parts.messages[0]?.text
  if (firstText === undefined)
    throw new AppError('tool_failed', `${of} sent an empty prompt. Please choose another one.`)
  const anchor = await anchorThread(deps, by, metadata, (who) => usedPromptMessage(who, used, firstText))
  const request = {
    origin: await originOf(deps, by, anchor),
    text: promptRequestText(used),
    ...(await runPartsOf(deps, anchor, submission)),
    untrusted: [of],
    dedupeKey: `${by.workspace}:prompt:${submissionId}`,
  }
  const at = await startRunAt(deps, anchor, request, submission.stored)
  return doneModal('Prompt', `I am on it: *${escapeMrkdwn(prompt.title)}*. ${await permalinkTextFor(deps, at)}`)
}

async function runPartsOf(deps: WebApiDeps, anchor: ThreadAnchor, { metadata, given, prompt, of, parts }: PromptRun) {
  if (parts === 'asks') {
    const input = { name: prompt.name, arguments: given }
    return { first: { connection: metadata.connection, does: 'get_prompt' as const, input } }
  }
  const files = []
  for (const one of parts.files) files.push(await uploadFile(deps, anchor, one))
  return { files, prompt: { connection: of, name: prompt.name, messages: parts.messages } }
}
