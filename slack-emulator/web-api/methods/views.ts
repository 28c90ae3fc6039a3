import { z } from 'zod'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { problemLinesOf } from '../../workspace/blocks.ts'
import { createView, type ModalStacks, replaceViewContent, viewObjectOf } from '../../workspace/modal-stacks.ts'
import type { Json, View } from '../../workspace/records.ts'
import type { TriggerIds } from '../../workspace/trigger-ids.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { defineMethod, jsonObjectArg, type MethodResponse, type Methods, refuse } from '../method-args.ts'

type Deps = { workspace: Workspace; modals: ModalStacks; triggers: TriggerIds }

const Opened = z.object({ trigger_id: z.string(), view: jsonObjectArg })
const Updated = z.object({
  view: jsonObjectArg,
  view_id: z.string().optional(),
  external_id: z.string().optional(),
  hash: z.string().optional(),
})
const Published = z.object({ user_id: z.string(), view: jsonObjectArg, hash: z.string().optional() })

/** views.* */
export function createViewMethods(deps: Deps): Methods {
  return {
    'views.open': defineMethod(Opened, (args) => {
      const refused = refuseView(args.view, 'modal', deps.modals)
      if (refused !== undefined) return refused
      const trigger = deps.triggers.take(args.trigger_id)
      if (typeof trigger === 'string') return refuse(trigger)
      return shown(deps, deps.modals.open(trigger.user, args.view))
    }),
    'views.push': defineMethod(Opened, (args) => {
      const refused = refuseView(args.view, 'modal', deps.modals)
      if (refused !== undefined) return refused
      const trigger = deps.triggers.take(args.trigger_id)
      if (typeof trigger === 'string') return refuse(trigger)
      if (!trigger.modal) return refuse('invalid_trigger_id', ['push needs a trigger from inside a modal'])
      const pushed = deps.modals.push(trigger.user, args.view)
      return typeof pushed === 'string' ? refuse(pushed) : shown(deps, pushed)
    }),
    'views.update': defineMethod(Updated, (args) => update(deps, args)),
    'views.publish': defineMethod(Published, (args) => publish(deps, args)),
  }
}

const shown = ({ workspace }: Deps, view: View): MethodResponse => ({
  ok: true,
  view: viewObjectOf(view, workspace.team.id),
})

/** Slack's refusal of a view, or undefined. */
export function refuseView(
  view: Json,
  type: View['type'],
  modals: ModalStacks,
  own?: View,
): MethodResponse | undefined {
  if (view.type !== type) return refuse('invalid_arguments', [`view.type must be "${type}" [json-pointer:/view/type]`])
  const problems = checkView(view)
  if (problems.some((found) => found.constraint?.type === 'max_bytes')) return refuse('view_too_large')
  if (problems.length > 0) {
    return {
      ...refuse(
        'invalid_arguments',
        problemLinesOf(problems).map((line) => line.replace('pointer:', 'pointer:/view')),
      ),
      errors: problems,
    }
  }
  const external = view.external_id
  const taken = typeof external === 'string' && external !== '' ? modals.find({ external }) : undefined
  return taken !== undefined && taken.id !== own?.id ? refuse('duplicate_external_id') : undefined
}

function update(deps: Deps, args: z.infer<typeof Updated>): MethodResponse {
  const { modals } = deps
  const found = modals.find({ view: args.view_id, external: args.external_id })
  if (found === undefined) return refuse('not_found')
  const refused = refuseView(args.view, 'modal', modals, found)
  if (refused !== undefined) return refused
  if (args.hash !== undefined && args.hash !== found.hash) return refuse('hash_conflict')
  return shown(deps, modals.replace(found, args.view))
}

function publish(deps: Deps, args: z.infer<typeof Published>): MethodResponse {
  const { workspace, modals } = deps
  const person = workspace.person(args.user_id)
  if (person === undefined || person.bot || person.id !== args.user_id) return refuse('user_not_found')
  const refused = refuseView(args.view, 'home', modals)
  if (refused !== undefined) return refused
  const before = workspace.homes.get(person.id)
  if (args.hash !== undefined && args.hash !== before?.hash) return refuse('hash_conflict')
  const view = before === undefined ? createView(person.id, 'home', args.view) : replaceViewContent(before, args.view)
  workspace.homes.put(person.id, view)
  workspace.publish({ kind: 'home_published', user: person.id })
  return shown(deps, view)
}
