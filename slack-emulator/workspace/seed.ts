import type { Channel, Person } from './records.ts'

/** The people and channels of a new workspace have fixed ids, so that scripts and tests can name them. */
export type Team = {
  id: string
  name: string
  domain: string
  /** The organization it belongs to (Enterprise Grid). */
  enterprise?: { id: string; name: string }
}
export const TEAM: Team = { id: 'TLOCAL01', name: 'Local workspace', domain: 'local' }
export const APP = { id: 'APATCHB1', bot: 'BPATCHB1', user: 'UPATCHB1', name: 'Patchbay' }
export const OTHER_TEAM = 'TOTHER01'
export const SLACKBOT = 'USLACKBOT'

function person(id: string, name: string, realName: string, more: Partial<Person> = {}): Person {
  return { id, name, realName, email: `${name}@local.test`, owner: false, bot: false, ...more }
}

export const HUMANS = { owner: 'UOWNER01', approver: 'UAPPROV1', member: 'UMEMBER1' }

export const PEOPLE: Person[] = [
  person(HUMANS.owner, 'owner', 'Olivia Owner', { owner: true }),
  person(HUMANS.approver, 'approver', 'Avery Approver'),
  person(HUMANS.member, 'member', 'Morgan Member'),
  person(APP.user, 'patchbay', APP.name, { bot: true, app: { id: APP.id, bot: APP.bot } }),
  person(SLACKBOT, 'slackbot', 'Slackbot', { bot: true }),
]

export const GENERAL = 'CGENERAL1'

const ids = Object.values(HUMANS)
const everyone = [...ids, APP.user]

export const CHANNELS: Channel[] = [
  { id: GENERAL, name: 'general', members: everyone },
  { id: 'COPS00001', name: 'ops', members: everyone },
  ...ids.map((id) => ({ id: id.replace(/^U/, 'D'), name: 'directmessage', members: [id, APP.user], im: id })),
]
