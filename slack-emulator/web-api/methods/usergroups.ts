import { z } from 'zod'
import { usergroupObjectOf } from '../../workspace/objects/usergroup-object.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { defineMethod, flagArg, type Methods, refuse } from './method-args.ts'

/** usergroups.list and usergroups.users.list. */
export function createUsergroupMethods(workspace: Workspace): Methods {
  return {
    'usergroups.list': defineMethod(
      z.object({ include_users: flagArg.optional(), include_count: flagArg.optional() }),
      ({ include_users = false }) => ({
        ok: true,
        usergroups: workspace.usergroups.values().map((one) => usergroupObjectOf(one, workspace, include_users)),
      }),
    ),
    'usergroups.users.list': defineMethod(z.object({ usergroup: z.string() }), ({ usergroup }) => {
      const found = workspace.usergroups.get(usergroup)
      return found === undefined ? refuse('no_such_subteam') : { ok: true, users: found.users }
    }),
  }
}
