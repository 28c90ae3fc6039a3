import { withNulls } from '../event-shape.ts'
import type { Json, Person } from '../records.ts'
import { APP, OTHER_TEAM } from '../seed.ts'
import type { Workspace } from '../workspace.ts'

/** The zone of who has none of their own. */
const HOME_ZONE = 'Europe/Zurich'
/** The fields of a user that are often absent. */
const USER_FIELDS = ['is_stranger', 'tz', 'tz_label', 'tz_offset', 'updated', 'who_can_share_contact_card']

export function userObjectOf(person: Person, workspace: Workspace): Json {
  const user = plainUserObjectOf(person, workspace)
  return workspace.eventShape().nulls ? withNulls(user, USER_FIELDS) : user
}

function plainUserObjectOf(person: Person, workspace: Workspace): Json {
  return {
    id: person.id,
    team_id: teamIdOf(person, workspace.team.id),
    name: person.name,
    real_name: person.realName,
    deleted: person.standing === 'deactivated',
    ...zoneFieldsOf(person, workspace.now()),
    is_admin: person.owner,
    is_owner: person.owner,
    is_primary_owner: person.owner,
    is_restricted: isGuest(person),
    is_ultra_restricted: person.standing === 'single_channel_guest',
    is_bot: person.bot,
    is_app_user: false,
    ...(person.standing === 'stranger' ? { is_stranger: isUnseen(person, workspace) } : {}),
    profile: {
      real_name: person.realName,
      display_name: person.realName,
      ...(showsEmail(person, workspace) ? { email: person.email } : {}),
      ...(person.app === undefined ? {} : { api_app_id: person.app.id, bot_id: person.app.bot }),
    },
  }
}

const isGuest = ({ standing }: Person): boolean => standing === 'guest' || standing === 'single_channel_guest'

/** Slack tells no zone of who was deactivated (docs.slack.dev/reference/objects/user-object). */
function zoneFieldsOf({ standing, tz = HOME_ZONE }: Person, nowMs: number): Json {
  if (standing === 'deactivated') return {}
  const partOf = (timeZoneName: 'long' | 'longOffset') =>
    new Intl.DateTimeFormat('en-US', { timeZone: tz, timeZoneName })
      .formatToParts(nowMs)
      .find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(partOf('longOffset')) ?? []
  const seconds = (Number(hours) * 60 + Number(minutes)) * 60
  return { tz, tz_label: partOf('long'), tz_offset: sign === '-' ? -seconds : seconds }
}

/** Slack shows the address only to an app that may read it (docs.slack.dev/reference/scopes/users.read.email), and never a stranger's. */
const showsEmail = ({ bot, standing }: Person, workspace: Workspace): boolean =>
  !bot && standing !== 'stranger' && (workspace.grantedScopes()?.includes('users:read.email') ?? true)

/** A person of another workspace counts as a stranger only while no channel has both them and the app (docs.slack.dev/reference/objects/user-object). */
const isUnseen = ({ id }: Person, { channels }: Workspace): boolean =>
  !channels.values().some(({ im, members }) => im === undefined && members.includes(id) && members.includes(APP.user))

/** The workspace of people from another company (Slack Connect). */
export const teamIdOf = ({ standing }: Person, teamId: string): string =>
  standing === 'stranger' ? OTHER_TEAM : teamId
