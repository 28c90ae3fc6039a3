import { z } from 'zod'
import { userObjectOf } from '../../workspace/objects/user-object.ts'
import type { Person } from '../../workspace/records.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { countArg, cursorArg, defineMethod, type Methods, paginate, refuse } from './method-args.ts'

/** Slack's types know `is_stranger` in the answer of users.info alone. */
function listedUserOf(person: Person, workspace: Workspace) {
  const { is_stranger: _, ...user } = userObjectOf(person, workspace)
  return user
}

/** users.* */
export function createUserMethods(workspace: Workspace): Methods {
  return {
    'users.info': defineMethod(z.object({ user: z.string() }), ({ user }) => {
      const found = workspace.people.get(user)
      return found === undefined ? refuse('user_not_found') : { ok: true, user: userObjectOf(found, workspace) }
    }),
    'users.list': defineMethod(
      z.object({ limit: countArg.optional(), cursor: cursorArg.optional() }),
      ({ limit, cursor }) => {
        const { items, response_metadata } = paginate(
          [...workspace.people.values()].map((one) => listedUserOf(one, workspace)),
          limit ?? 1_000,
          cursor,
        )
        return { ok: true, members: items, response_metadata }
      },
    ),
    'users.lookupByEmail': defineMethod(z.object({ email: z.string() }), ({ email }) => {
      const found = [...workspace.people.values()].find((one) => !one.bot && one.email === email.toLowerCase())
      return found === undefined ? refuse('users_not_found') : { ok: true, user: userObjectOf(found, workspace) }
    }),
  }
}
