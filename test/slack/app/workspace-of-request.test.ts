import { expect, test } from 'vitest'
import { requestWorkspacesOf } from '../../../src/slack/app/workspace-of-request.ts'

const event = (authorization: object | undefined, more: object = {}) => ({
  type: 'event_callback',
  team_id: 'TTHEIRS',
  authorizations: authorization === undefined ? [] : [authorization],
  ...more,
})

test.each<[string, object, string[]]>([
  ['an event counts for whom Slack authorized', event({ team_id: 'TOURS', enterprise_id: null }), ['TOURS']],
  ['else for the context', event(undefined, { context_team_id: 'TOURS' }), ['TOURS']],
  ['else for the team on top', event(undefined), ['TTHEIRS']],
  [
    "an organization's installation comes first where Slack says so",
    event({ team_id: 'TOURS', enterprise_id: 'EOURS', is_enterprise_install: true }),
    ['EOURS', 'TOURS'],
  ],
  ['and second where it does not', event({ team_id: 'TOURS', enterprise_id: 'EOURS' }), ['TOURS', 'EOURS']],
  [
    'without a team it is the organization',
    event({ team_id: null, enterprise_id: 'EOURS', is_enterprise_install: true }, { team_id: undefined }),
    ['EOURS'],
  ],
  [
    'a press counts for whoever posted the message',
    {
      type: 'block_actions',
      team: { id: 'TTHEIRS' },
      user: { id: 'U1', team_id: 'TTHEIRS' },
      message: { team: 'TOURS' },
    },
    ['TOURS'],
  ],
  [
    'a shortcut on somebody’s message for the workspace it was used in',
    { type: 'message_action', team: { id: 'TOURS' }, message: { team: 'TTHEIRS' } },
    ['TOURS'],
  ],
  [
    'a form for the workspace whose app opened it',
    { type: 'view_submission', team: { id: 'TTHEIRS' }, view: { app_installed_team_id: 'TOURS' } },
    ['TOURS'],
  ],
  [
    'in an organization the team may be missing',
    {
      type: 'block_actions',
      team: null,
      enterprise: { id: 'EOURS' },
      is_enterprise_install: true,
      user: { team_id: 'TOURS' },
    },
    ['EOURS', 'TOURS'],
  ],
  [
    'a command says it in words',
    { command: '/mcp', team_id: 'TOURS', enterprise_id: 'EOURS', is_enterprise_install: 'true' },
    ['EOURS', 'TOURS'],
  ],
  ['what is no request counts for nobody', { type: 7 }, []],
])('%s', (_name, sent, expected) => {
  expect(requestWorkspacesOf(sent).map(({ workspace }) => workspace)).toEqual(expected)
})

test('the team is kept beside the organization', () => {
  const sent = event({ team_id: 'TOURS', enterprise_id: 'EOURS', is_enterprise_install: true })
  expect(requestWorkspacesOf(sent)[0]).toEqual({ workspace: 'EOURS', team: 'TOURS' })
})
