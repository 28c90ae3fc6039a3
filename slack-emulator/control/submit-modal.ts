import { z } from 'zod'
import { listOf } from '../../src/block-kit/shape-rules.ts'
import { basePayloadFor, sendInteraction } from '../delivery/interaction-payloads.ts'
import { EmulatorError } from '../errors.ts'
import { refuseView } from '../web-api/methods/views.ts'
import { type PlacedElement, placedElementsIn, textObjectOf } from '../workspace/blocks.ts'
import { viewObjectOf } from '../workspace/modal-stacks.ts'
import { fileObjectOf } from '../workspace/objects/file-object.ts'
import type { Json, Person, View } from '../workspace/records.ts'
import { choicesFor } from './directory.ts'
import type { EmulatorParts } from './emulator-parts.ts'
import { enterValue, missingInputsIn } from './enter-value.ts'
import { requestOptions } from './external-options.ts'
import { findTopModal } from './find.ts'

export type SubmitResult = { ok: true } | { ok: false; errors: Record<string, string> }

/** The answers Slack accepts to a submission (docs.slack.dev/surfaces/modals#response_actions). */
const ResponseAction = z.discriminatedUnion('response_action', [
  z.object({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string().min(1)) }),
  z.object({ response_action: z.literal('update'), view: z.record(z.string(), z.unknown()) }),
  z.object({ response_action: z.literal('push'), view: z.record(z.string(), z.unknown()) }),
  z.object({ response_action: z.literal('clear') }),
])
type ResponseAction = z.infer<typeof ResponseAction>

/** Fills the modal on top, checks it as Slack's client does, sends it, and does what the app answers. */
export async function submitModal(
  parts: EmulatorParts,
  person: Person,
  view: View,
  values: Record<string, unknown>,
): Promise<SubmitResult> {
  const blocks = listOf(view.given.blocks)
  if (view.given.submit === undefined && !blocks.some((block) => block.type === 'input')) {
    throw new EmulatorError('conflict', 'this modal has nothing to submit')
  }
  const filled = await fill(parts, person, view, values)
  parts.modals.keep(filled.view)
  const errors = { ...missingInputsIn(blocks, filled.view.state), ...filled.errors }
  if (Object.keys(errors).length > 0) return { ok: false, errors }
  const body = await sendInteraction(parts.transport, 'interactive', {
    type: 'view_submission',
    ...basePayloadFor(parts.workspace, person),
    trigger_id: parts.triggers.issue(person.id, true),
    view: viewObjectOf(filled.view, parts.workspace.team.id),
    response_urls: [],
  })
  return follow(parts, filled.view, body)
}

/** Types values into the modal on top without submitting it; values that a field refuses are left out. */
export async function typeIntoModal(
  parts: EmulatorParts,
  person: Person,
  values: Record<string, unknown>,
): Promise<View> {
  const view = findTopModal(parts, person)
  if (Object.keys(values).length === 0) return view
  const filled = await fill(parts, person, view, values)
  parts.modals.keep(filled.view)
  return filled.view
}

/** Slack sends the file objects, not their ids (docs.slack.dev/reference/block-kit/block-elements/file-input-element). */
function filesOf({ workspace }: EmulatorParts, value: unknown): unknown {
  const ids = Array.isArray(value) ? value.map(String) : []
  return ids.map((id) => {
    const file = workspace.files.get(id)
    if (file === undefined) throw new EmulatorError('input_invalid', `there is no file "${id}"`)
    return fileObjectOf(file, workspace)
  })
}

async function fill(parts: EmulatorParts, person: Person, view: View, values: Record<string, unknown>) {
  const errors: Record<string, string> = {}
  let { state } = view
  for (const [name, value] of Object.entries(values)) {
    const placed = fieldNamed(view, name)
    const { element, blockId, actionId } = placed
    const external = String(element.type).endsWith('external_select')
    const spot = {
      container: { type: 'view', view_id: view.id },
      view: viewObjectOf({ ...view, state }, parts.workspace.team.id),
    }
    const offered = external ? await suggestAll(parts, person, { placed, spot }, value) : []
    const given = element.type === 'file_input' ? filesOf(parts, value) : value
    const entry = enterValue(element, given, { offered, known: choicesFor(parts.workspace, person, element) })
    if (entry.ok) state = { ...state, [blockId]: { ...state[blockId], [actionId]: entry.state } }
    else errors[blockId] = entry.message
  }
  return { view: { ...view, state }, errors }
}

/** Asks for the options of each wanted value; options already chosen need no request. */
async function suggestAll(
  parts: EmulatorParts,
  person: Person,
  at: Parameters<typeof requestOptions>[2],
  value: unknown,
): Promise<Json[]> {
  const { element } = at.placed
  const initial = [element.initial_option, ...listOf(element.initial_options)]
  const known = listOf(initial).filter((option) => option.value === value || textObjectOf(option.text) === value)
  if (known.length > 0) return known
  const wanted = Array.isArray(value) ? value : [value]
  const offered = await Promise.all(wanted.map((one) => requestOptions(parts, person, at, String(one))))
  return offered.flat()
}

function fieldNamed(view: View, name: string): PlacedElement {
  const fields = placedElementsIn(listOf(view.given.blocks)).filter(
    ({ blockId, actionId }) => view.state[blockId]?.[actionId] !== undefined,
  )
  const found = fields.find(({ block, blockId, actionId }) =>
    [`${blockId}/${actionId}`, blockId, actionId, textObjectOf(block.label)].includes(name),
  )
  if (found !== undefined) return found
  const there = fields.map(({ block, blockId }) => `"${textObjectOf(block.label) || blockId}"`).join(', ')
  throw new EmulatorError('conflict', `there is no field "${name}" in this modal; there are: ${there || 'none'}`)
}

function follow({ modals }: EmulatorParts, view: View, body: unknown): SubmitResult {
  if (body === undefined || body === '') {
    if (modals.find({ view: view.id }) !== undefined) modals.close(view.user)
    return { ok: true }
  }
  const parsed = ResponseAction.safeParse(body)
  if (!parsed.success)
    throw new EmulatorError('app_failed', `Slack does not know this answer to a submission: ${JSON.stringify(body)}`)
  return obey(modals, view, parsed.data)
}

function obey(modals: EmulatorParts['modals'], view: View, answer: ResponseAction): SubmitResult {
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
        throw new EmulatorError('app_failed', `Slack refuses the app's view: ${JSON.stringify(refused)}`)
      const pushed =
        answer.response_action === 'push' ? modals.push(view.user, answer.view) : modals.replace(view, answer.view)
      if (typeof pushed === 'string') throw new EmulatorError('app_failed', `Slack refuses the app's view: ${pushed}`)
      return { ok: true }
    }
    default:
      return answer satisfies never
  }
}

/** Slack shows errors only at input blocks, and fails the whole submission where one names anything else. */
function refuseStray(view: View, errors: Record<string, string>): SubmitResult {
  const inputs = listOf(view.given.blocks).filter((block) => block.type === 'input')
  const stray = Object.keys(errors).find((id) => !inputs.some((block) => block.block_id === id))
  if (stray === undefined) return { ok: false, errors }
  throw new EmulatorError('app_failed', `Slack refuses the app's errors: "${stray}" is no input block of this modal`)
}

/** Closes the view on top, or with `away` the whole stack, without waiting for the app's answer. */
export function closeModal(parts: EmulatorParts, person: Person, away = false): void {
  const all = away || parts.modals.top(person.id)?.given.clear_on_close === true
  for (const closed of parts.modals.close(person.id, all)) {
    if (closed.given.notify_on_close !== true) continue
    const payload = {
      type: 'view_closed',
      ...basePayloadFor(parts.workspace, person),
      view: viewObjectOf(closed, parts.workspace.team.id),
      is_cleared: all,
    }
    void parts.transport.send({ type: 'interactive', payload })
  }
}
