import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { METHODS } from '../../src/slack/methods.ts'
import { registered } from '../support/registered.ts'

const FILES = {
  asking: 'test/slack/asking.test.ts',
  connecting: 'test/slack/connecting.test.ts',
  painter: 'test/slack/painter.test.ts',
  pressing: 'test/slack/pressing.test.ts',
  approvals: 'test/path/approvals.test.ts',
  approvers: 'test/path/approvers.test.ts',
  elicit: 'test/path/elicit.test.ts',
  feedback: 'test/path/feedback.test.ts',
  home: 'test/path/home.test.ts',
  files: 'test/path/files.test.ts',
  mainJob: 'test/path/main-job.test.ts',
  prompts: 'test/path/prompts.test.ts',
  reach: 'test/path/reach.test.ts',
  resources: 'test/path/resources.test.ts',
  search: 'test/path/search.test.ts',
  signIn: 'test/path/sign-in.test.ts',
  stop: 'test/path/stop.test.ts',
  survive: 'test/path/survive.test.ts',
  thread: 'test/path/thread.test.ts',
  workspaces: 'test/path/workspaces.test.ts',
} as const

type Proof = [file: keyof typeof FILES, title: string]

/** Every Web API method the app calls and everything it listens to, with a test that goes through it in the local Slack. */
const PROOFS: Record<string, Proof> = {
  'method agents.sessions.setStatus': ['reach', 'a session is processing, suspended while a person decides'],
  'method assistant.threads.setStatus': ['asking', 'a DM is answered in its thread'],
  'method assistant.threads.setSuggestedPrompts': ['reach', 'prompts follow what is connected'],
  'method auth.test': ['asking', 'a DM is answered in its thread'],
  'method chat.appendStream': ['asking', 'a DM is answered in its thread'],
  'method chat.delete': ['asking', 'words taken back by the model are not left standing'],
  'method chat.getPermalink': ['connecting', 'connect, straight to the card'],
  'method chat.postEphemeral': ['reach', "Slack's own Stop button stops the run"],
  'method chat.postMessage': ['painter', 'a quick answer is one post'],
  'method chat.startStream': ['asking', 'a DM is answered in its thread'],
  'method chat.stopStream': ['asking', 'a DM is answered in its thread'],
  'method chat.update': ['painter', 'a stream that Slack ended is finished by changing the message'],
  'method conversations.members': ['approvers', 'an approver who cannot see the thread'],
  'method conversations.history': ['reach', 'a newcomer is welcomed once, also'],
  'method conversations.open': ['approvals', 'a request in a DM reaches the approver in theirs'],
  'method conversations.replies': ['thread', 'a thread that was there before the app was asked'],
  'method files.info': ['files', 'a file is fetched once, not at each turn'],
  'method files.uploadV2': ['mainJob', 'long results come as a file'],
  'method users.info': ['asking', 'a DM is answered in its thread'],
  'method views.open': ['connecting', 'connect, straight to the card'],
  'method views.publish': ['connecting', 'the Home tab: what waits for me comes first'],
  'method views.push': ['connecting', 'connect, straight to the card'],
  'method views.update': ['connecting', 'connect, straight to the card'],
  'event agent_session_stopped': ['reach', "Slack's own Stop button stops the run"],
  'event app_home_opened': ['reach', 'a newcomer is welcomed once, connects'],
  'event app_mention': ['asking', 'mentions arrive twice and make one run'],
  'event app_uninstalled': ['workspaces', 'a removed app stops, forgets and keeps the record'],
  'event tokens_revoked': ['workspaces', 'a removed app stops, forgets and keeps the record'],
  'event message': ['asking', 'a DM is answered in its thread'],
  'command /mcp': ['connecting', 'help, list, tools, test'],
  'shortcut ask_about_message': ['reach', 'a question about a message is answered in its thread'],
  'shortcut connect_tool': ['reach', 'the global shortcut opens the form to connect'],
  'action approval_always': ['mainJob', '"Always allow" holds from then on'],
  'action approval_approve': ['approvals', 'what destroys goes to the approvers'],
  'action approval_deny': ['mainJob', 'a denied call is not made'],
  'action approval_edit': ['mainJob', 'edited arguments are checked'],
  'action approval_reason': ['asking', 'only the right person decides'],
  'action call_again': ['survive', 'a write whose server breaks off in the middle'],
  'action command_run': ['connecting', 'help, list, tools, test'],
  'action connect_pick': ['connecting', 'connect: choose a card'],
  'action disconnect_no': ['pressing', '"Keep it" keeps the connection'],
  'action disconnect_yes': ['connecting', 'disconnect asks first and names what is lost'],
  'action input_answer': ['elicit', 'a form of the new protocol is answered in a modal'],
  'action input_decline': ['elicit', 'only who asked may answer'],
  'action input_done': ['elicit', 'a page to open'],
  'action input_open': ['elicit', 'a page to open'],
  'action input_see': ['elicit', 'in a channel the page is shown to who asked alone'],
  'action field_plain': ['resources', 'a template is filled in'],
  'action look_of': ['resources', 'a picture is shown as one'],
  'action look_page': ['resources', 'long lists are turned'],
  'action look_words': ['resources', 'long lists are turned'],
  'action prompt_open': ['prompts', 'a prompt with arguments and completion'],
  'action resource_fill': ['resources', 'a template is filled in'],
  'action resource_open': ['resources', 'resources are listed, searched and read'],
  'action resource_read': ['resources', 'resources are listed, searched and read'],
  'action resource_watch': ['resources', 'changes are told in the thread'],
  'action rule_revoke': ['connecting', 'rules are listed and taken back'],
  'action run_again': ['pressing', 'a request that failed is asked again'],
  'action run_feedback': ['feedback', 'what people think of an answer'],
  'action search_page': ['search', 'without words a field and examples'],
  'action search_words': ['search', 'without words a field and examples'],
  'action setting_approvers': ['home', 'owners change the workspace’s settings in Home'],
  'action setting_budget': ['home', 'owners change the workspace’s settings in Home'],
  'action setting_card': ['home', 'owners change the workspace’s settings in Home'],
  'action setting_cards': ['home', 'owners change the workspace’s settings in Home'],
  'action setting_channel': ['approvers', 'an approvals channel gets the card'],
  'action setting_channel_none': ['home', 'owners change the workspace’s settings in Home'],
  'action run_stop': ['stop', 'Stop ends a streaming answer within 2 s'],
  'action input_sign_in': ['signIn', 'a sign-in that has ended in the middle of a run'],
  'action sign_in_again': ['signIn', 'a sign-in is tried as often as one likes'],
  'action sign_in_open': ['signIn', 'the way back works once'],
  'action starter_ask': ['connecting', 'connect, straight to the card'],
  'action tools_page': ['connecting', 'help, list, tools, test'],
  'action tools_search': ['connecting', 'help, list, tools, test'],
  'action tools_words': ['pressing', 'Enter in the search of tools searches'],
  'action watch_read': ['resources', 'changes are told in the thread'],
  'action watch_stop': ['resources', 'changes are told in the thread'],
  'action welcome_ask': ['reach', 'a newcomer is welcomed once, connects'],
  'options field_value': ['resources', 'a template is filled in'],
  'view approval_edit': ['asking', 'arguments are edited in a modal and checked'],
  'view approval_reason': ['asking', 'only the right person decides'],
  'view ask_about': ['reach', 'a question about a message is answered in its thread'],
  'view connect': ['connecting', 'connect, straight to the card'],
  'view input_answer': ['elicit', 'a form of the new protocol is answered in a modal'],
  'view prompt': ['prompts', 'a prompt with arguments and completion'],
  'view prompts': ['prompts', 'a prompt without arguments runs at once'],
  'view resource': ['resources', 'a question about a resource'],
  'view resource_template': ['resources', 'a template is filled in'],
  'view resources': ['resources', 'resources are listed, searched and read'],
  'view search': ['search', 'without words a field and examples'],
  'view setting_budget': ['home', 'owners change the workspace’s settings in Home'],
  'view tools': ['connecting', 'help, list, tools, test'],
}

test('each method, event and interaction the app uses has a test that proves it', () => {
  const used = [...Object.keys(METHODS).map((method) => `method ${method}`), ...registered()]
  const proven = Object.keys(PROOFS)
  expect(
    used.filter((one) => !proven.includes(one)),
    'add a proof',
  ).toEqual([])
  expect(
    proven.filter((one) => !used.includes(one)),
    'used no more',
  ).toEqual([])
})

test.each(Object.entries(PROOFS))('%s', (_used, [file, title]) => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', FILES[file]), 'utf8')
  const titles = [...text.matchAll(/^test(?:\.each\([^\n]*\))?\((['"`])(.*?)\1, /gm)].map((found) => found[2] ?? '')
  expect(titles.filter((one) => one.startsWith(title))).toHaveLength(1)
})
