import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { ResourceContent } from '../../connect/features/features.ts'
import { AppError } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import { Anything } from '../calls.ts'
import { contentsOf, fileOf, postContents } from '../content-files.ts'
import type { Deps } from '../deps.ts'
import { connectionIn, type Listing, openListing, ownOf, readKept, registerLooking } from '../looking.ts'
import { onPress, type Press } from '../press.ts'
import { showIn, waitingModal } from '../show-view.ts'
import { originAt, type Stand, standAt, upload, wayTo, whereWords } from '../stand.ts'
import { onSubmit, type Submit } from '../submit.ts'
import { proposalsFor, typedValues } from '../values.ts'
import { doneModal } from '../views/done.ts'
import { type Picked, resourceModal, resourcesModal, sayAskedOf, sayRead } from '../views/resources.ts'
import { literal } from '../views/text.ts'
import { fieldId, valueForm } from '../views/value-form.ts'
import { watchHere } from '../watching.ts'
import type { Command } from './command.ts'
import { PROMPTS, plainPrompt } from './prompts.ts'
import { SKILLS } from './skills.ts'

const RESOURCES: Listing = {
  id: 'resources',
  title: 'Resources',
  show: async ({ offering }, by, look, names) =>
    resourcesModal(await offering.resources(by, connectionIn(look)), look, names),
}

export const resourcesCommand: Command = {
  name: 'resources',
  usage: '[connection]',
  what: 'shows what your connections let you read',
  run: (deps, { words, scene }) => openListing(deps, RESOURCES, words, scene),
}

const Pick = z.object({ uri: z.string(), name: z.string(), kind: z.string() })

/** One resource, as its modal carries it. */
const Kept = Pick.extend({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
})
type Kept = z.infer<typeof Kept>

export function registerResources(app: App, deps: Deps): void {
  registerLooking(app, deps, [RESOURCES, PROMPTS, SKILLS])
  onPress(app, deps, 'resource_open', (press) => open(deps, press))
  onPress(app, deps, 'resource_fill', (press) => fillIn(deps, press))
  onPress(app, deps, 'field_plain', async ({ by, view }) => {
    if (view === undefined) return
    const plain = view.callback === 'prompt' ? plainPrompt : plainTemplate
    await showIn(deps, view.id, () => plain(deps, by, view.keep))
  })
  onPress(app, deps, 'resource_read', (press) => readHere(deps, press))
  onPress(app, deps, 'resource_watch', (press) => watch(deps, press))
  onSubmit(app, deps, 'resource_template', (submit) => filled(deps, submit))
  onSubmit(app, deps, 'resource', (submit) => asked(deps, submit))
}

async function open(deps: Deps, { by, value, view, scene }: Press): Promise<void> {
  const { connection, channel, thread } = readKept(view?.keep ?? '')
  const picked = Pick.parse(JSON.parse(value))
  const kept = Kept.parse({ ...picked, connection, channel, thread })
  await scene.open(await oneResource(deps, by, kept))
}

async function oneResource(deps: Deps, by: Principal, kept: Kept) {
  const connection = await ownOf(deps, by, kept.connection)
  const tells = connection.offers?.subscriptions === true
  return resourceModal(kept, { of: connection.name, tells, where: whereWords(kept), keep: kept })
}

const Template = z.object({
  connection: ConnectionId,
  channel: z.string().optional(),
  thread: z.string().optional(),
  of: z.object({ kind: z.literal('resource'), uriTemplate: z.string() }),
})
type Template = z.infer<typeof Template>

async function fillIn(deps: Deps, { by, value: uriTemplate, view, scene }: Press): Promise<void> {
  const { connection, channel, thread } = readKept(view?.keep ?? '')
  const kept = Template.parse({ connection, channel, thread, of: { kind: 'resource', uriTemplate } })
  const waiting = await scene.open(waitingModal('Fill in', 'One moment…'))
  await showIn(deps, waiting, () => templateForm(deps, by, kept, false))
}

const plainTemplate = (deps: Deps, by: Principal, keep: string) =>
  templateForm(deps, by, Template.parse(JSON.parse(keep)), true)

/** A template's form; with menus where the server has proposals, unless it is to be plain. */
async function templateForm(deps: Deps, by: Principal, kept: Template, plain: boolean) {
  const { of } = kept
  const connection = await ownOf(deps, by, kept.connection)
  const { templates } = await deps.offering.resources(by, kept.connection)
  const template = templates.find(({ uriTemplate }) => uriTemplate === of.uriTemplate)
  if (template === undefined)
    throw new AppError('not_found', `${connection.name} no longer has this. Open its list again.`)
  const { name, description, variables } = template
  return valueForm({
    id: 'resource_template',
    title: 'Fill in',
    submit: 'Open',
    name,
    of: connection.name,
    description: [description, of.uriTemplate].filter(Boolean).join('\n'),
    fields: variables.map((one) => ({ name: one, title: one, description: '', required: true })),
    values: {},
    proposes: !plain && (await proposalsFor(deps, by, { connection, of, names: variables })),
    keep: kept,
  })
}

async function filled(deps: Deps, { by, keep, typed, ack }: Submit): Promise<void> {
  const { of, ...kept } = Template.parse(JSON.parse(keep))
  const values = typedValues(typed)
  const empty = Object.entries(values).find(([, value]) => value === '')
  if (empty !== undefined) {
    await ack({ response_action: 'errors', errors: { [fieldId({ name: empty[0], required: true })]: 'Fill this in.' } })
    return
  }
  const uri = deps.offering.expand(of.uriTemplate, values)
  if (uri === undefined)
    throw new AppError('input_invalid', 'I cannot make an address from these values. Try shorter ones.')
  await ack({ response_action: 'update', view: await oneResource(deps, by, { ...kept, uri, name: uri, kind: '' }) })
}

async function readHere(deps: Deps, { by, view }: Press): Promise<void> {
  if (view === undefined) return
  const kept = Kept.parse(JSON.parse(view.keep))
  await deps.calls.call('views.update', { view_id: view.id, view: waitingModal('Resource', 'Reading…') }, Anything)
  await showIn(deps, view.id, () => read(deps, by, kept))
}

/** Reads a resource and shows it where the person is. */
async function read(deps: Deps, by: Principal, kept: Kept) {
  const connection = await ownOf(deps, by, kept.connection)
  const contents = await contentsOf(deps, by, connection, kept.uri)
  const stand = await standAt(deps, by, kept, sayRead(by.user, kept, connection.name))
  await postContents(deps, stand, contents)
  return doneModal('Resource', `Here is *${literal(kept.name)}*. ${await wayTo(deps, stand)}`)
}

async function watch(deps: Deps, { by, view }: Press): Promise<void> {
  if (view === undefined) return
  const kept = Kept.parse(JSON.parse(view.keep))
  const connection = await ownOf(deps, by, kept.connection)
  await showIn(deps, view.id, async () => {
    const stand = await watchHere(deps, by, connection, kept)
    return doneModal('Resource', `I will tell you when *${literal(kept.name)}* changes. ${await wayTo(deps, stand)}`)
  })
}

async function asked(deps: Deps, { by, viewId, keep, typed, ack }: Submit): Promise<void> {
  const question = typed.question?.trim() ?? ''
  if (question === '') {
    await ack({ response_action: 'errors', errors: { question: 'What do you want to know?' } })
    return
  }
  const kept = Kept.parse(JSON.parse(keep))
  await ack({ response_action: 'update', view: waitingModal('Resource', 'Reading…') })
  await showIn(deps, viewId, () => ask(deps, by, kept, { question, viewId }))
}

/** A run with the resource attached: it lies in the thread, where people and the model read the same. */
async function ask(deps: Deps, by: Principal, kept: Picked & Kept, o: { question: string; viewId: string }) {
  const connection = await ownOf(deps, by, kept.connection)
  const contents = await deps.offering.read(by, kept.connection, kept.uri)
  const stand = await standAt(deps, by, kept, sayAskedOf(by.user, o.question, kept, connection.name))
  const { nothing, ...attached } = await attachedOf(deps, stand, kept, contents)
  await deps.runs.start({
    origin: await originAt(deps, by, stand),
    text: `${o.question}\n[This is about the resource ${kept.uri} of my connection ${connection.name}.${nothing ? ' (There is nothing in it.)' : ''}]`,
    ...attached,
    untrusted: [connection.name],
    dedupeKey: `${by.workspace}:resource:${o.viewId}`,
  })
  return doneModal('Resource', `Asked. ${await wayTo(deps, stand)}`)
}

/** What was read as files; where its server asks something first, the run reads it. */
async function attachedOf(deps: Deps, stand: Stand, { connection, uri }: Kept, contents: ResourceContent[] | 'asks') {
  if (contents === 'asks')
    return { nothing: false, first: { connection, does: 'read_resource' as const, input: { uri } } }
  const files = []
  for (const one of contents.map(fileOf).filter(({ data }) => data.length > 0))
    files.push(await upload(deps, stand, one))
  return { nothing: files.length === 0, files }
}
