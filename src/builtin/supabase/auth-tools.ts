import type { User } from '@supabase/supabase-js'
import { z } from 'zod'
import { cutText, type ProjectToolDeps, READS, rowsResult, USUAL_ROWS } from './project-tools.ts'

/** The people who have signed up with the project. */
export function registerAuthTools({ server, client }: ProjectToolDeps): void {
  server.registerTool(
    'list_users',
    {
      title: 'List users',
      description: 'The users of the project’s sign-in (auth.users), newest first, a page at a time.',
      inputSchema: z.object({ page: z.number().int().min(1).default(1) }),
      annotations: READS,
    },
    async ({ page }, { mcpReq: { signal } }) => {
      const { users } = await client.ask(signal, (supabase) =>
        supabase.auth.admin.listUsers({ page, perPage: USUAL_ROWS }),
      )
      const more = users.length === USUAL_ROWS ? cutText(USUAL_ROWS, `Ask on with page ${page + 1}.`) : undefined
      return rowsResult(
        users.map(userRowOf),
        users.length === 0 ? 'No users.' : more?.replace('there are', 'there may be'),
      )
    },
  )
  server.registerTool(
    'get_user',
    {
      title: 'Get a user',
      description: 'One user of the project’s sign-in, by id.',
      inputSchema: z.object({ id: z.uuid() }),
      annotations: READS,
    },
    async ({ id }, { mcpReq: { signal } }) => {
      const { user } = await client.ask(signal, (supabase) => supabase.auth.admin.getUserById(id))
      if (user === null) return { isError: true, content: [{ type: 'text', text: `There is no user ${id}.` }] }
      const { app_metadata, user_metadata } = user
      return { content: [], structuredContent: { ...userRowOf(user), app_metadata, user_metadata } }
    },
  )
}

/** What says who somebody is; no tokens, no factors. */
const userRowOf = ({ id, email, phone, created_at, last_sign_in_at, email_confirmed_at, app_metadata }: User) => ({
  id,
  email: email || null,
  phone: phone || null,
  provider: app_metadata.provider ?? null,
  confirmed: email_confirmed_at !== undefined,
  created_at,
  last_sign_in_at: last_sign_in_at ?? null,
})
