import type { Channel, Person } from './records.ts'

/** Who and what the local workspace is made of. Ids are fixed, so that scripts and tests can name them. */
export const TEAM = { id: 'TLOCAL01', name: 'Local workspace', domain: 'local' }
export const APP = { id: 'APATCHB1', bot: 'BPATCHB1', user: 'UPATCHB1', name: 'Patchbay' }
export const SLACKBOT = 'USLACKBOT'

function person(id: string, name: string, realName: string, more: Partial<Person> = {}): Person {
  return { id, name, realName, email: `${name}@local.test`, owner: false, bot: false, ...more }
}

export const PEOPLE: Person[] = [
  person('UOWNER01', 'owner', 'Olivia Owner', { owner: true }),
  person('UAPPROV1', 'approver', 'Avery Approver'),
  person('UMEMBER1', 'member', 'Morgan Member'),
  person(APP.user, 'patchbay', APP.name, { bot: true }),
  person(SLACKBOT, 'slackbot', 'Slackbot', { bot: true }),
]

const HUMANS = PEOPLE.filter((one) => !one.bot)
const everyone = [...HUMANS.map((one) => one.id), APP.user]

export const CHANNELS: Channel[] = [
  { id: 'CGENERAL1', name: 'general', members: everyone },
  { id: 'COPS00001', name: 'ops', members: everyone },
  ...HUMANS.map((one) => ({
    id: one.id.replace(/^U/, 'D'),
    name: 'directmessage',
    members: [one.id, APP.user],
    im: one.id,
  })),
]
