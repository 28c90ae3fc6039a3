import type { Channel, Message, Person, Usergroup } from './records.ts'

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

/** A guest, a person of another company, and one who left. */
const OTHERS = { guest: 'UGWENGST1', stranger: 'USASHAST1', departed: 'UDANADEP1' }

/** Other apps: one posts its alerts as blocks, the other as attachments. */
const MONITOR = { id: 'AMONITOR1', bot: 'BMONITOR1', user: 'UMONITOR1', name: 'Monitor' }
const DEPLOYER = { id: 'ADEPLOYR1', bot: 'BDEPLOYR1', user: 'UDEPLOYR1', name: 'Deployer' }

export const PEOPLE: Person[] = [
  person(HUMANS.owner, 'owner', 'Olivia Owner', { owner: true }),
  person(HUMANS.approver, 'approver', 'Avery Approver', { tz: 'America/Los_Angeles' }),
  person(HUMANS.member, 'member', 'Morgan Member'),
  person(APP.user, 'patchbay', APP.name, { bot: true, app: { id: APP.id, bot: APP.bot } }),
  person(SLACKBOT, 'slackbot', 'Slackbot', { bot: true }),
  person(OTHERS.guest, 'gwen', 'Gwen Guest', { standing: 'guest', tz: 'Europe/London' }),
  person(OTHERS.stranger, 'sasha', 'Sasha Stranger', { standing: 'stranger', tz: 'America/New_York' }),
  person(OTHERS.departed, 'dana', 'Dana Departed', { standing: 'deactivated' }),
  person(MONITOR.user, 'monitor', MONITOR.name, { bot: true, app: MONITOR }),
  person(DEPLOYER.user, 'deployer', DEPLOYER.name, { bot: true, app: DEPLOYER }),
]

export const GENERAL = 'CGENERAL1'

const ids = Object.values(HUMANS)
const everyone = [...ids, APP.user]

const ALERTS = 'CALERTS01'

export const CHANNELS: Channel[] = [
  { id: GENERAL, name: 'general', members: everyone },
  { id: 'COPS00001', name: 'ops', members: everyone },
  { id: ALERTS, name: 'alerts', members: [...everyone, OTHERS.guest, MONITOR.user, DEPLOYER.user] },
  { id: 'CPARTNER1', name: 'partners', members: [HUMANS.owner, HUMANS.member, OTHERS.stranger, APP.user] },
  ...[...ids, OTHERS.guest].map((id) => ({
    id: id.replace(/^U/, 'D'),
    name: 'directmessage',
    members: [id, APP.user],
    im: id,
  })),
]

export const USERGROUPS: Usergroup[] = [
  { id: 'SONCALL01', handle: 'oncall', name: 'On call', users: [HUMANS.owner, HUMANS.approver] },
]

const profileOf = ({ id, bot, name }: typeof MONITOR) => ({
  bot_id: bot,
  app_id: id,
  bot_profile: { id: bot, app_id: id, name, deleted: false, updated: 0, team_id: TEAM.id },
})

/** What other apps have posted before anybody comes: an alert in blocks without any text, and one whose words are all in an attachment. */
export const POSTED: Omit<Message, 'ts'>[] = [
  {
    channel: ALERTS,
    user: MONITOR.user,
    text: '',
    blocks: [
      { type: 'header', block_id: 'head', text: { type: 'plain_text', text: 'Checkout is slow' } },
      {
        type: 'section',
        block_id: 'facts',
        fields: [
          { type: 'mrkdwn', text: '*Service*\ncheckout-api' },
          { type: 'mrkdwn', text: '*p95*\n4.2 s (limit 1.5 s)' },
        ],
      },
      { type: 'context', block_id: 'since', elements: [{ type: 'mrkdwn', text: 'Firing for 12 minutes' }] },
    ],
    more: profileOf(MONITOR),
  },
  {
    channel: ALERTS,
    user: DEPLOYER.user,
    subtype: 'bot_message',
    text: 'Deploy failed',
    attachments: [
      {
        id: 1,
        color: 'danger',
        fallback: 'Deploy of checkout-api 4.8.1 failed',
        title: 'checkout-api 4.8.1',
        text: 'Migration `add_coupons` timed out after 300 s.',
        fields: [
          { title: 'Environment', value: 'production', short: true },
          { title: 'By', value: 'Morgan Member', short: true },
        ],
        footer: 'Deployer',
      },
    ],
    more: { ...profileOf(DEPLOYER), username: DEPLOYER.name },
  },
]
