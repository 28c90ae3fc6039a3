import { z } from 'zod'
import { checkView } from '../../../block-kit/check-view.ts'
import { type Answer, jsonObject, type Methods, method, refuse } from '../args.ts'
import { linesOf } from '../blocks.ts'
import { type Modals, newView, renewed, viewObject } from '../modals.ts'
import type { Json, View } from '../records.ts'
import type { Triggers } from '../triggers.ts'
import type { Workspace } from '../workspace.ts'

type Deps = { workspace: Workspace; modals: Modals; triggers: Triggers }

const Opened = z.object({ trigger_id: z.string(), view: jsonObject })
const Updated = z.object({
  view: jsonObject,
  view_id: z.string().optional(),
  external_id: z.string().optional(),
  hash: z.string().optional(),
})
const Published = z.object({ user_id: z.string(), view: jsonObject, hash: z.string().optional() })

/** views.* */
export function viewMethods(deps: Deps): Methods {
  return {
    'views.open': method(Opened, (args) => {
      const refused = refuseView(args.view, 'modal', deps.modals)
      if (refused !== undefined) return refused
      const trigger = deps.triggers.take(args.trigger_id)
      if (typeof trigger === 'string') return refuse(trigger)
      return shown(deps, deps.modals.open(trigger.user, args.view))
    }),
    'views.push': method(Opened, (args) => {
      const refused = refuseView(args.view, 'modal', deps.modals)
      if (refused !== undefined) return refused
      const trigger = deps.triggers.take(args.trigger_id)
      if (typeof trigger === 'string') return refuse(trigger)
      if (!trigger.modal) return refuse('invalid_trigger_id', ['push needs a trigger from inside a modal'])
      const pushed = deps.modals.push(trigger.user, args.view)
      return typeof pushed === 'string' ? refuse(pushed) : shown(deps, pushed)
    }),
    'views.update': method(Updated, (args) => update(deps, args)),
    'views.publish': method(Published, (args) => publish(deps, args)),
  }
}

const shown = ({ workspace }: Deps, view: View): Answer => ({ ok: true, view: viewObject(view, workspace.team.id) })

/** Slack's refusal of a view, or undefined. */
export function refuseView(view: Json, type: View['type'], modals: Modals, own?: View): Answer | undefined {
  if (view.type !== type) return refuse('invalid_arguments', [`view.type must be "${type}" [json-pointer:/view/type]`])
  const problems = checkView(view)
  if (problems.some((found) => found.constraint?.type === 'max_bytes')) return refuse('view_too_large')
  if (problems.length > 0) {
    return {
      ...refuse(
        'invalid_arguments',
        linesOf(problems).map((line) => line.replace('pointer:', 'pointer:/view')),
      ),
      errors: problems,
    }
  }
  const external = view.external_id
  const taken = typeof external === 'string' && external !== '' ? modals.find({ external }) : undefined
  return taken !== undefined && taken.id !== own?.id ? refuse('duplicate_external_id') : undefined
}

function update(deps: Deps, args: z.infer<typeof Updated>): Answer {
  const { modals } = deps
  const found = modals.find({ view: args.view_id, external: args.external_id })
  if (found === undefined) return refuse('not_found')
  const refused = refuseView(args.view, 'modal', modals, found)
  if (refused !== undefined) return refused
  if (args.hash !== undefined && args.hash !== found.hash) return refuse('hash_conflict')
  return shown(deps, modals.replace(found, args.view))
}

function publish(deps: Deps, args: z.infer<typeof Published>): Answer {
  const { workspace, modals } = deps
  const person = workspace.person(args.user_id)
  if (person === undefined || person.bot || person.id !== args.user_id) return refuse('user_not_found')
  const refused = refuseView(args.view, 'home', modals)
  if (refused !== undefined) return refused
  const before = workspace.homes.get(person.id)
  if (args.hash !== undefined && args.hash !== before?.hash) return refuse('hash_conflict')
  const view = before === undefined ? newView(person.id, 'home', args.view) : renewed(before, args.view)
  workspace.homes.put(person.id, view)
  workspace.tell({ kind: 'home_published', user: person.id })
  return shown(deps, view)
}
