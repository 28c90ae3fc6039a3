import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { ResourceContent } from '../../connect/features/features.ts'
import { AppError } from '../../errors.ts'
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
  placeTextFor,
  type ThreadAnchor,
  uploadFile,
} from '../interactions/post-in-thread.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/view-submission.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import {
  connectionIdIn,
  findListConnection,
  type ListModal,
  openListModal,
  readListQuery,
  registerListModals,
} from './list-modal.ts'
import { contentFileOf, postContents, readContents } from './post-contents.ts'
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

const RESOURCES: ListModal = {
  id: 'resources',
  title: 'Resources',
  show: async ({ offering }, by, look, names) =>
    resourcesModal(await offering.resources(by, connectionIdIn(look)), look, names),
}

export const resourcesCommand: Command = {
  name: 'resources',
  usage: '[connection]',
  what: 'shows what your connections let you read',
  run: (deps, { words, scene }) => openListModal(deps, RESOURCES, words, scene),
}

const Pick = z.object({ uri: z.string(), name: z.string(), kind: z.string() })

/** One resource, as its modal carries it. */
const Kept = Pick.extend({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
})
type Kept = z.infer<typeof Kept>

export function registerResources(app: App, deps: SlackDeps): void {
  registerListModals(app, deps, [RESOURCES, PROMPTS_LIST, SKILLS_LIST])
  onButtonPress(app, deps, 'resource_open', (press) => open(deps, press))
  onButtonPress(app, deps, 'resource_fill', (press) => fillIn(deps, press))
  onButtonPress(app, deps, 'field_plain', async ({ by, view }) => {
    if (view === undefined) return
    const plain = view.callback === 'prompt' ? openPlainPromptForm : plainTemplate
    await showLoadedView(deps, view.id, () => plain(deps, by, view.keep))
  })
  onButtonPress(app, deps, 'resource_read', (press) => readHere(deps, press))
  onButtonPress(app, deps, 'resource_watch', (press) => watch(deps, press))
  onViewSubmission(app, deps, 'resource_template', (submit) => filled(deps, submit))
  onViewSubmission(app, deps, 'resource', (submit) => asked(deps, submit))
}

async function open(deps: SlackDeps, { by, value, view, scene }: BlockAction): Promise<void> {
  const { connection, channel, thread } = readListQuery(view?.keep ?? '')
  const picked = Pick.parse(JSON.parse(value))
  const kept = Kept.parse({ ...picked, connection, channel, thread })
  await scene.openModal(await oneResource(deps, by, kept))
}

async function oneResource(deps: SlackDeps, by: Principal, kept: Kept) {
  const connection = await findListConnection(deps, by, kept.connection)
  const tells = connection.offers?.subscriptions === true
  return resourceModal(kept, { of: connection.name, tells, where: placeTextFor(kept), keep: kept })
}

const Template = z.object({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
  of: z.object({ kind: z.literal('resource'), uriTemplate: z.string() }),
})
type Template = z.infer<typeof Template>

async function fillIn(deps: SlackDeps, { by, value: uriTemplate, view, scene }: BlockAction): Promise<void> {
  const { connection, channel, thread } = readListQuery(view?.keep ?? '')
  const kept = Template.parse({ connection, channel, thread, of: { kind: 'resource', uriTemplate } })
  const waiting = await scene.openModal(loadingModal('Fill in', 'One moment…'))
  await showLoadedView(deps, waiting, () => templateForm(deps, by, kept, false))
}

const plainTemplate = (deps: SlackDeps, by: Principal, keep: string) =>
  templateForm(deps, by, Template.parse(JSON.parse(keep)), true)

/** A template's form; with menus where the server has proposals, unless it is to be plain. */
async function templateForm(deps: SlackDeps, by: Principal, kept: Template, plain: boolean) {
  const { of } = kept
  const connection = await findListConnection(deps, by, kept.connection)
  const { templates } = await deps.offering.resources(by, kept.connection)
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
    proposes: !plain && (await completionsFor(deps, by, { connection, of, names: variables })),
    keep: kept,
  })
}

async function filled(deps: SlackDeps, { by, keep, typed, ack }: ViewSubmission): Promise<void> {
  const { of, ...kept } = Template.parse(JSON.parse(keep))
  const values = enteredValuesIn(typed)
  const empty = Object.entries(values).find(([, value]) => value === '')
  if (empty !== undefined) {
    await ack({
      response_action: 'errors',
      errors: { [templateFieldIdOf({ name: empty[0], required: true })]: 'Fill this in.' },
    })
    return
  }
  const uri = deps.offering.expand(of.uriTemplate, values)
  if (uri === undefined)
    throw new AppError('input_invalid', 'I cannot make an address from these values. Try shorter ones.')
  await ack({ response_action: 'update', view: await oneResource(deps, by, { ...kept, uri, name: uri, kind: '' }) })
}

async function readHere(deps: SlackDeps, { by, view }: BlockAction): Promise<void> {
  if (view === undefined) return
  const kept = Kept.parse(JSON.parse(view.keep))
  await deps.webApi.call('views.update', { view_id: view.id, view: loadingModal('Resource', 'Reading…') }, AnyResponse)
  await showLoadedView(deps, view.id, () => read(deps, by, kept))
}

/** Reads a resource and shows it where the person is. */
async function read(deps: SlackDeps, by: Principal, kept: Kept) {
  const connection = await findListConnection(deps, by, kept.connection)
  const contents = await readContents(deps, by, connection, kept.uri)
  const stand = await anchorThread(deps, by, kept, readResourceMessage(by.user, kept, connection.name))
  await postContents(deps, stand, contents)
  return doneModal('Resource', `Here is *${escapeMrkdwn(kept.name)}*. ${await permalinkTextFor(deps, stand)}`)
}

async function watch(deps: SlackDeps, { by, view }: BlockAction): Promise<void> {
  if (view === undefined) return
  const kept = Kept.parse(JSON.parse(view.keep))
  const connection = await findListConnection(deps, by, kept.connection)
  await showLoadedView(deps, view.id, async () => {
    const stand = await watchResource(deps, by, connection, kept)
    return doneModal(
      'Resource',
      `I will tell you when *${escapeMrkdwn(kept.name)}* changes. ${await permalinkTextFor(deps, stand)}`,
    )
  })
}

async function asked(deps: SlackDeps, { by, viewId, keep, typed, ack }: ViewSubmission): Promise<void> {
  const question = typed.question?.trim() ?? ''
  if (question === '') {
    await ack({ response_action: 'errors', errors: { question: 'What do you want to know?' } })
    return
  }
  const kept = Kept.parse(JSON.parse(keep))
  await ack({ response_action: 'update', view: loadingModal('Resource', 'Reading…') })
  await showLoadedView(deps, viewId, () => ask(deps, by, kept, { question, viewId }))
}

/** A run with the resource attached: it lies in the thread, where people and the model read the same. */
async function ask(
  deps: SlackDeps,
  by: Principal,
  kept: PickedResource & Kept,
  o: { question: string; viewId: string },
) {
  const connection = await findListConnection(deps, by, kept.connection)
  const contents = await deps.offering.read(by, kept.connection, kept.uri)
  const stand = await anchorThread(deps, by, kept, askedOfResourceMessage(by.user, o.question, kept, connection.name))
  const { nothing, ...attached } = await attachedOf(deps, stand, kept, contents)
  await deps.runs.start({
    origin: await originOf(deps, by, stand),
    text: `${o.question}\n[This is about the resource ${kept.uri} of my connection ${connection.name}.${nothing ? ' (There is nothing in it.)' : ''}]`,
    ...attached,
    untrusted: [connection.name],
    dedupeKey: `${by.workspace}:resource:${o.viewId}`,
  })
  return doneModal('Resource', `Asked. ${await permalinkTextFor(deps, stand)}`)
}

/** What was read as files; where its server asks something first, the run reads it. */
async function attachedOf(
  deps: SlackDeps,
  stand: ThreadAnchor,
  { connection, uri }: Kept,
  contents: ResourceContent[] | 'asks',
) {
  if (contents === 'asks')
    return { nothing: false, first: { connection, does: 'read_resource' as const, input: { uri } } }
  const files = []
  for (const one of contents.map(contentFileOf).filter(({ data }) => data.length > 0))
    files.push(await uploadFile(deps, stand, one))
  return { nothing: files.length === 0, files }
}
