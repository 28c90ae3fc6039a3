import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { ResourceContent } from '../../connect/features/features.ts'
import { AppError, isAppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import { withDeadline } from '../../timing.ts'
import { doneModal } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, RunsDeps, SlackDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, type Command, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { loadingModal, onViewSubmission, showLoadedView, type ViewSubmission } from '../interactions/modals.ts'
import {
  anchorThread,
  originOf,
  permalinkTextFor,
  placeTextFor,
  READ_WITHIN_MS,
  startRunAt,
  type ThreadAnchor,
  uploadFile,
} from '../interactions/post-in-thread.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import {
  connectionIdIn,
  findListConnection,
  type ListModal,
  openListModal,
  readListQuery,
  registerListModals,
} from './list-modal.ts'
import { contentFilesOf, postContents, readContents } from './post-contents.ts'
import { openPlainPromptForm, PROMPTS_LIST } from './prompts-command.ts'
import { watchResource } from './resource-updates.ts'
import {
  askedOfResourceMessage,
  type PickedResource,
  readResourceMessage,
  resourceModal,
  resourcesModal,
} from './resources-list.ts'
import { SKILLS_LIST } from './skills-command.ts'
import { templateFieldIdOf, templateModal } from './template-form.ts'
import { completionsFor, enteredValuesIn } from './template-values.ts'

const RESOURCES_LIST: ListModal = {
  id: 'resources',
  title: 'Resources',
  show: async ({ features }, by, query, names) =>
    resourcesModal(await features.resources(by, connectionIdIn(query)), query, names),
}

export const resourcesCommand: Command = {
  name: 'resources',
  usage: '[connection]',
  description: 'shows what your connections let you read',
  rare: true,
  run: (deps, { words, responder }) => openListModal(deps, RESOURCES_LIST, words, responder),
}

const PickedSchema = z.object({ uri: z.string(), name: z.string(), kind: z.string() })

/** The metadata of a resource's modal. */
const ResourceMetadata = PickedSchema.extend({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
})
type ResourceMetadata = z.infer<typeof ResourceMetadata>

export function registerResources(app: App, deps: SlackDeps): void {
  registerListModals(app, deps, [RESOURCES_LIST, PROMPTS_LIST, SKILLS_LIST])
  onButtonPress(app, deps, 'resource_open', (press) => openResource(deps, press))
  onButtonPress(app, deps, 'resource_fill', (press) => openTemplateForm(deps, press))
  onButtonPress(app, deps, 'field_plain', async ({ by, view }) => {
    if (view === undefined) return
    const plain = view.callbackId === 'prompt' ? openPlainPromptForm : plainTemplateForm
    await showLoadedView(deps, view.id, () => plain(deps, by, view.privateMetadata))
  })
  onButtonPress(app, deps, 'resource_read', (press) => postResource(deps, press))
  onDurablePress(app, deps, 'resource_watch', (press) => watchFromModal(deps, press))
  onViewSubmission(app, deps, 'resource_template', (submit) => submitTemplate(deps, submit))
  onViewSubmission(app, deps, 'resource', (submit) => submitQuestion(deps, submit))
}

async function openResource(deps: ConnectionDeps, { by, value, view, responder }: BlockAction): Promise<void> {
  const { connection, channel, thread } = readListQuery(view?.privateMetadata ?? '')
  const picked = PickedSchema.parse(JSON.parse(value))
  const metadata = ResourceMetadata.parse({ ...picked, connection, channel, thread })
  await responder.openModal(await resourceDetails(deps, by, metadata))
}

async function resourceDetails(deps: ConnectionDeps, by: Principal, metadata: ResourceMetadata) {
  const connection = await findListConnection(deps, by, metadata.connection)
  const canSubscribe = connection.offers?.subscriptions === true
  return resourceModal(metadata, { of: connection.name, canSubscribe, where: placeTextFor(metadata), metadata })
}

const TemplateMetadata = z.object({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
  of: z.object({ kind: z.literal('resource'), uriTemplate: z.string() }),
})
type TemplateMetadata = z.infer<typeof TemplateMetadata>

async function openTemplateForm(
  deps: WebApiDeps & ConnectionDeps,
  { by, value: uriTemplate, view, responder }: BlockAction,
): Promise<void> {
  const { connection, channel, thread } = readListQuery(view?.privateMetadata ?? '')
  const metadata = TemplateMetadata.parse({ connection, channel, thread, of: { kind: 'resource', uriTemplate } })
  const loadingId = await responder.openModal(loadingModal('Fill in', 'One moment…'))
  await showLoadedView(deps, loadingId, () => templateForm(deps, by, metadata, false))
}

const plainTemplateForm = (deps: ConnectionDeps, by: Principal, privateMetadata: string) =>
  templateForm(deps, by, TemplateMetadata.parse(JSON.parse(privateMetadata)), true)

/** A resource template's form; its fields are menus if the server has completions and `plain` is false. */
async function templateForm(deps: ConnectionDeps, by: Principal, metadata: TemplateMetadata, plain: boolean) {
  const { of } = metadata
  const connection = await findListConnection(deps, by, metadata.connection)
  const { templates } = await deps.features.resources(by, metadata.connection)
  const template = templates.find(({ uriTemplate }) => uriTemplate === of.uriTemplate)
  if (template === undefined)
    throw new AppError('not_found', `${connection.name} no longer has this. Open its list again.`)
  const { name, description, variables } = template
  return templateModal({
    id: 'resource_template',
    title: 'Fill in',
    submit: 'Open',
    name,
    of: connection.name,
    description: [description, of.uriTemplate].filter(Boolean).join('\n'),
    fields: variables.map((one) => ({ name: one, title: one, description: '', required: true })),
    values: {},
    hasCompletions: !plain && (await completionsFor(deps, by, { connection, of, names: variables })),
    metadata,
  })
}

async function submitTemplate(
  deps: ConnectionDeps,
  { by, privateMetadata, typed, ack }: ViewSubmission,
): Promise<void> {
  const { of, ...metadata } = TemplateMetadata.parse(JSON.parse(privateMetadata))
  const values = enteredValuesIn(typed)
  const empty = Object.entries(values).find(([, value]) => value === '')
  if (empty !== undefined) {
    await ack({
      response_action: 'errors',
      errors: { [templateFieldIdOf({ name: empty[0], required: true })]: 'Fill this in.' },
    })
    return
  }
  const uri = deps.features.expand(of.uriTemplate, values)
  if (uri === undefined)
    throw new AppError('input_invalid', 'I cannot make an address from these values. Try shorter ones.')
  await ack({
    response_action: 'update',
    view: await resourceDetails(deps, by, { ...metadata, uri, name: uri, kind: '' }),
  })
}

async function postResource(deps: WebApiDeps & ConnectionDeps, { by, view }: BlockAction): Promise<void> {
  if (view === undefined) return
  const metadata = ResourceMetadata.parse(JSON.parse(view.privateMetadata))
  await deps.webApi.call('views.update', { view_id: view.id, view: loadingModal('Resource', 'Reading…') }, AnyResponse)
  await showLoadedView(deps, view.id, () => read(deps, by, metadata))
}

/** Reads a resource and posts it where the person is. */
async function read(deps: WebApiDeps & ConnectionDeps, by: Principal, metadata: ResourceMetadata) {
  const connection = await findListConnection(deps, by, metadata.connection)
  const contents = await readContents(deps, by, connection, metadata.uri)
  const anchor = await anchorThread(deps, by, metadata, (who) => readResourceMessage(who, metadata, connection.name))
  await postContents(deps, anchor, contents)
  return doneModal('Resource', `Here is *${escapeMrkdwn(metadata.name)}*. ${await permalinkTextFor(deps, anchor)}`)
}

/** False when the database was away, which the modal says. */
async function watchFromModal(deps: WebApiDeps & ConnectionDeps, { by, view, ack }: BlockAction): Promise<boolean> {
  if (view === undefined) return true
  const metadata = ResourceMetadata.parse(JSON.parse(view.privateMetadata))
  const connection = await findListConnection(deps, by, metadata.connection)
  const watching = watchResource(deps, by, connection, { ...metadata, ack })
  await showLoadedView(deps, view.id, async () => {
    const link = await permalinkTextFor(deps, await watching)
    return doneModal('Resource', `I will tell you when *${escapeMrkdwn(metadata.name)}* changes. ${link}`)
  })
  return watching.then(
    () => true,
    (error) => !isAppError(error, 'database_unavailable'),
  )
}

async function submitQuestion(
  deps: WebApiDeps & RunsDeps & ConnectionDeps,
  { by, submissionId, privateMetadata, typed, ack, show }: ViewSubmission,
): Promise<void> {
  const question = typed.question?.trim() ?? ''
  if (question === '') {
    await ack({ response_action: 'errors', errors: { question: 'What do you want to know?' } })
    return
  }
  const metadata = ResourceMetadata.parse(JSON.parse(privateMetadata))
  const stored = () => show(loadingModal('Resource', 'Asking…'))
  await show(await startResourceRun(deps, by, metadata, { question, submissionId, stored }))
}

/** Starts a run with the resource attached as a file in the thread, so that people and the model read the same. */
async function startResourceRun(
  deps: WebApiDeps & RunsDeps & ConnectionDeps,
  by: Principal,
  metadata: PickedResource & ResourceMetadata,
  submission: { question: string; submissionId: string; stored(): Promise<void> },
) {
  const connection = await findListConnection(deps, by, metadata.connection)
  const reading = deps.features.read(by, metadata.connection, metadata.uri)
  const contents = await withDeadline(reading, READ_WITHIN_MS, 'asks' as const)
  const anchor = await anchorThread(deps, by, metadata, (who) =>
    askedOfResourceMessage(who, submission.question, metadata, connection.name),
  )
  const { isEmpty, ...attached } = await attachContents(deps, anchor, metadata, contents)
  const request = {
    origin: await originOf(deps, by, anchor),
    text: `${submission.question}\n[This is about the resource ${metadata.uri} of my connection ${connection.name}.${isEmpty ? ' (There is nothing in it.)' : ''}]`,
    ...attached,
    untrusted: [connection.name],
    dedupeKey: `${by.workspace}:resource:${submission.submissionId}`,
  }
  const at = await startRunAt(deps, anchor, request, submission.stored)
  return doneModal('Resource', `Asked. ${await permalinkTextFor(deps, at)}`)
}

/** Uploads the contents as files; if the server elicits input first, the run reads the resource instead. */
async function attachContents(
  deps: WebApiDeps,
  anchor: ThreadAnchor,
  { connection, uri }: ResourceMetadata,
  contents: ResourceContent[] | 'asks',
) {
  if (contents === 'asks')
    return { isEmpty: false, first: { connection, does: 'read_resource' as const, input: { uri } } }
  const files = []
  for (const one of (await Promise.all(contents.map(contentFilesOf))).flat())
    files.push(await uploadFile(deps, anchor, one))
  return { isEmpty: files.length === 0, files }
}
