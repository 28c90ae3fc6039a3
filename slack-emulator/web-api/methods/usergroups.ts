import { z } from 'zod'
import { usergroupObjectOf } from '../../workspace/objects/usergroup-object.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { defineMethod, flagArg, type Methods, refuse } from './method-args.ts'

/** usergroups.list and usergroups.users.list. */
export function createUsergroupMethods(workspace: Workspace): Methods {
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
  }
}
