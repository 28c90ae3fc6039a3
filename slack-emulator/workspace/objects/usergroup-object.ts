import type { Json, Usergroup } from '../records.ts'
import type { Workspace } from '../workspace.ts'

/** docs.slack.dev/reference/objects/usergroup-object */
export function usergroupObjectOf(
  { id, handle, name, users, description = '', disabled }: Usergroup,
  { team }: Workspace,
  withUsers: boolean,
): Json {
  return {
    id,
    team_id: team.id,
    is_usergroup: true,
    is_subteam: true,
    name,
    handle,
    description,
    is_external: false,
    date_create: 0,
    date_update: 0,
    date_delete: disabled === true ? 1 : 0,
    auto_type: null,
    prefs: { channels: [], groups: [] },
    user_count: users.length,
    ...(withUsers ? { users } : {}),
  }
}
