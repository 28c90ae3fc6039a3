import { z } from 'zod'
import { count, type Methods, method, page, refuse } from '../args.ts'
import { PEOPLE } from '../seed.ts'
import { userObject } from '../slack-objects.ts'
import type { Workspace } from '../workspace.ts'

/** users.* */
export function userMethods(workspace: Workspace): Methods {
  return {
    'users.info': method(z.object({ user: z.string() }), ({ user }) => {
      const found = PEOPLE.find((one) => one.id === user)
      return found === undefined ? refuse('user_not_found') : { ok: true, user: userObject(found, workspace.team.id) }
    }),
    'users.list': method(z.object({ limit: count.optional(), cursor: z.string().optional() }), ({ limit, cursor }) => {
      const { items, response_metadata } = page(
        PEOPLE.map((one) => userObject(one, workspace.team.id)),
        limit ?? 1_000,
        cursor,
      )
      return { ok: true, members: items, response_metadata }
    }),
    'users.lookupByEmail': method(z.object({ email: z.string() }), ({ email }) => {
      const found = PEOPLE.find((one) => !one.bot && one.email === email.toLowerCase())
      return found === undefined ? refuse('users_not_found') : { ok: true, user: userObject(found, workspace.team.id) }
    }),
  }
}
