import { z } from 'zod'
import { listOf } from '../../block-kit/rules.ts'
import { AppError } from '../../errors.ts'
import { refuseView } from './api/views.ts'
import { type Placed, placedElements, textOf } from './blocks.ts'
import { enter, missingInputs } from './form-entry.ts'
import { viewObject } from './modals.ts'
import { ask, basePayload, type Stage } from './payloads.ts'
import type { Json, Person, View } from './records.ts'
import { topModal } from './scene.ts'
import { suggest } from './suggest.ts'

export type Submitted = { ok: true } | { ok: false; errors: Record<string, string> }

/** What an app may answer to a submission (docs.slack.dev/surfaces/modals#response_actions). */
const ResponseAction = z.discriminatedUnion('response_action', [
  z.object({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string().min(1)) }),
  z.object({ response_action: z.literal('update'), view: z.record(z.string(), z.unknown()) }),
  z.object({ response_action: z.literal('push'), view: z.record(z.string(), z.unknown()) }),
  z.object({ response_action: z.literal('clear') }),
])
type ResponseAction = z.infer<typeof ResponseAction>

/** Fills the modal on top, checks it as Slack's client does, sends it, and does what the app answers. */
export async function submit(
  stage: Stage,
  person: Person,
  view: View,
  values: Record<string, unknown>,
): Promise<Submitted> {
  const blocks = listOf(view.given.blocks)
  if (view.given.submit === undefined && !blocks.some((block) => block.type === 'input')) {
    throw new AppError('conflict', 'this modal has nothing to submit')
  }
  const filled = await fill(stage, person, view, values)
  stage.modals.keep(filled.view)
  const errors = { ...missingInputs(blocks, filled.view.state), ...filled.errors }
  if (Object.keys(errors).length > 0) return { ok: false, errors }
  const body = await ask(stage.wire, 'interactive', {
    type: 'view_submission',
    ...basePayload(stage.workspace, person),
    trigger_id: stage.triggers.issue(person.id, true),
    view: viewObject(filled.view, stage.workspace.team.id),
    response_urls: [],
  })
  return follow(stage, filled.view, body)
}

/** Puts what a person has typed so far into the modal on top, without submitting; what its fields refuse stays out. */
export async function typeInto(stage: Stage, person: Person, values: Record<string, unknown>): Promise<View> {
  const view = topModal(stage, person)
  if (Object.keys(values).length === 0) return view
  const filled = await fill(stage, person, view, values)
  stage.modals.keep(filled.view)
  return filled.view
}

async function fill(stage: Stage, person: Person, view: View, values: Record<string, unknown>) {
  const errors: Record<string, string> = {}
  let { state } = view
  for (const [name, value] of Object.entries(values)) {
    const placed = fieldNamed(view, name)
    const { element, blockId, actionId } = placed
    const external = String(element.type).endsWith('external_select')
    const spot = {
      container: { type: 'view', view_id: view.id },
      view: viewObject({ ...view, state }, stage.workspace.team.id),
    }
    const offered = external ? await suggestAll(stage, person, { placed, spot }, value) : []
    const entry = enter(element, value, offered)
    if (entry.ok) state = { ...state, [blockId]: { ...state[blockId], [actionId]: entry.state } }
    else errors[blockId] = entry.message
  }
  return { view: { ...view, state }, errors }
}

/** The options for each wanted value, and those already chosen. */
async function suggestAll(
  stage: Stage,
  person: Person,
  at: Parameters<typeof suggest>[2],
  value: unknown,
): Promise<Json[]> {
  const { element } = at.placed
  const initial = [element.initial_option, ...listOf(element.initial_options)]
  const known = listOf(initial).filter((option) => option.value === value || textOf(option.text) === value)
  if (known.length > 0) return known
  const wanted = Array.isArray(value) ? value : [value]
  const offered = await Promise.all(wanted.map((one) => suggest(stage, person, at, String(one))))
  return offered.flat()
}

function fieldNamed(view: View, name: string): Placed {
  const fields = placedElements(listOf(view.given.blocks)).filter(
    ({ blockId, actionId }) => view.state[blockId]?.[actionId] !== undefined,
  )
  const found = fields.find(({ block, blockId, actionId }) =>
    [`${blockId}/${actionId}`, blockId, actionId, textOf(block.label)].includes(name),
  )
  if (found !== undefined) return found
  const there = fields.map(({ block, blockId }) => `"${textOf(block.label) || blockId}"`).join(', ')
  throw new AppError('conflict', `there is no field "${name}" in this modal; there are: ${there || 'none'}`)
}

function follow({ modals }: Stage, view: View, body: unknown): Submitted {
  if (body === undefined || body === '') {
    if (modals.find({ view: view.id }) !== undefined) modals.close(view.user)
    return { ok: true }
  }
  const parsed = ResponseAction.safeParse(body)
  if (!parsed.success)
    throw new AppError('slack_failed', `Slack does not know this answer to a submission: ${JSON.stringify(body)}`)
  return obey(modals, view, parsed.data)
}

function obey(modals: Stage['modals'], view: View, answer: ResponseAction): Submitted {
  switch (answer.response_action) {
    case 'clear':
      modals.close(view.user, true)
      return { ok: true }
    case 'errors':
      return refuseStray(view, answer.errors)
    case 'update':
    case 'push': {
      const refused = refuseView(answer.view, 'modal', modals, view)
      if (refused !== undefined)
        throw new AppError('slack_failed', `Slack refuses the app's view: ${JSON.stringify(refused)}`)
      const pushed =
        answer.response_action === 'push' ? modals.push(view.user, answer.view) : modals.replace(view, answer.view)
      if (typeof pushed === 'string') throw new AppError('slack_failed', `Slack refuses the app's view: ${pushed}`)
      return { ok: true }
    }
    default:
      return answer satisfies never
  }
}

/** Slack shows errors only at input blocks, and fails the whole submission where one names anything else. */
function refuseStray(view: View, errors: Record<string, string>): Submitted {
  const inputs = listOf(view.given.blocks).filter((block) => block.type === 'input')
  const stray = Object.keys(errors).find((id) => !inputs.some((block) => block.block_id === id))
  if (stray === undefined) return { ok: false, errors }
  throw new AppError('slack_failed', `Slack refuses the app's errors: "${stray}" is no input block of this modal`)
}

/** Closes the view on top as its Close button does, or with `away` the whole stack; nobody waits for what the app says to it. */
export function closeModal(stage: Stage, person: Person, away = false): void {
  const all = away || stage.modals.top(person.id)?.given.clear_on_close === true
  for (const closed of stage.modals.close(person.id, all)) {
    if (closed.given.notify_on_close !== true) continue
    const payload = {
      type: 'view_closed',
      ...basePayload(stage.workspace, person),
      view: viewObject(closed, stage.workspace.team.id),
      is_cleared: all,
    }
    void stage.wire.send({ type: 'interactive', payload })
  }
}
