import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { usergroupObjectOf } from '../../workspace/objects/usergroup-object.ts'
import type { Usergroup } from '../../workspace/records.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { defineMethod, flagArg, type MethodResponse, type Methods, refuse } from './method-args.ts'

const handle = z
  .string()
  .transform((given) => given.toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9._-]{1,80}$/, 'bad_handle'))
const description = z.string().max(140, 'description_too_long')
const name = z.string().min(1, 'missing required field: name').max(80, 'name_too_long')
const common = { include_count: flagArg.optional() }
const Create = z.object({ ...common, name, handle: handle.optional(), description: description.optional() })
const Named = z.object({ ...common, usergroup: z.string() })
const Update = Named.extend({ name: name.optional(), handle: handle.optional(), description: description.optional() })

/** usergroups.* (docs.slack.dev/reference/methods/usergroups.create). */
export function createUsergroupMethods(workspace: Workspace): Methods {
  const switchTo = (disabled: boolean) =>
    defineMethod(Named, ({ usergroup }) => {
      const found = workspace.usergroups.get(usergroup)
      return found === undefined
        ? refuse('no_such_subteam')
        : keep(workspace, { ...found, disabled }, 'subteam_updated')
    })
  return {
    'usergroups.list': defineMethod(
      z.object({
        include_users: flagArg.optional(),
        include_count: flagArg.optional(),
        include_disabled: flagArg.optional(),
      }),
      ({ include_users = false, include_disabled = false }) => ({
        ok: true,
        usergroups: workspace.usergroups
          .values()
          .filter(({ disabled }) => include_disabled || disabled !== true)
          .map((one) => usergroupObjectOf(one, workspace, include_users)),
      }),
    ),
    'usergroups.users.list': defineMethod(
      z.object({ usergroup: z.string(), include_disabled: flagArg.optional() }),
      ({ usergroup, include_disabled = false }) => {
        const found = workspace.usergroups.get(usergroup)
        return found === undefined || (found.disabled === true && !include_disabled)
          ? refuse('no_such_subteam')
          : { ok: true, users: found.users }
      },
    ),
    'usergroups.create': defineMethod(Create, ({ name: title, handle: asked, description: words }) => {
      const group = { id: newId(), handle: asked ?? handleFrom(title), name: title, users: [], description: words }
      return refuseTaken(workspace, group) ?? keep(workspace, group, 'subteam_created')
    }),
    'usergroups.update': defineMethod(Update, ({ usergroup, include_count: _, ...given }) => {
      const found = workspace.usergroups.get(usergroup)
      if (found === undefined) return refuse('no_such_subteam')
      const set = Object.entries(given).filter(([, value]) => value !== undefined)
      const group = { ...found, ...Object.fromEntries(set) }
      return refuseTaken(workspace, group) ?? keep(workspace, group, 'subteam_updated')
    }),
    'usergroups.disable': switchTo(true),
    'usergroups.enable': switchTo(false),
  }
}

const newId = () => `S${randomBytes(5).toString('hex').toUpperCase()}`

/** Slack makes a handle of the name where none is given. */
const handleFrom = (title: string): string => title.toLowerCase().replace(/[^a-z0-9._-]+/g, '-')

/** A name is one group's, a handle one group's, person's or channel's. */
function refuseTaken(
  { usergroups, people, channels }: Workspace,
  { id, handle: own, name: title }: Usergroup,
): MethodResponse | undefined {
  const others = usergroups.values().filter((one) => one.id !== id)
  if (others.some((one) => one.name.toLowerCase() === title.toLowerCase())) return refuse('name_already_exists')
  const taken = [
    ...others.map((one) => one.handle),
    ...people.values().map((one) => one.name),
    ...channels.values().flatMap((one) => (one.im === undefined ? [one.name] : [])),
  ]
  return taken.includes(own) ? refuse('handle_already_exists') : undefined
}

function keep(workspace: Workspace, group: Usergroup, type: 'subteam_created' | 'subteam_updated'): MethodResponse {
  workspace.usergroups.put(group.id, group)
  workspace.publish({ kind: 'people_changed', told: [{ type, subteam: usergroupObjectOf(group, workspace, true) }] })
  return { ok: true, usergroup: usergroupObjectOf(group, workspace, false) }
}
