import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { WebClient } from '@slack/web-api'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { METHODS, type MethodName } from '../../../src/slack/web-api/methods.ts'
import { controls, log, plain, portOf, silent, stopServer, until } from '../emulator-with-bolt.ts'
import { ASK_AGENT, manifestWith } from '../manifest-with.ts'
import { type Claim, typeProblems } from './typed.ts'

const Ts = z.looseObject({ ts: z.string() })
const Event = z.object({ event: z.looseObject({ type: z.string(), subtype: z.string().optional() }) })
const Payload = z.looseObject({ trigger_id: z.string() })

/** `chat.postMessage` answers a ChatPostMessageResponse. */
const typeOf = (method: string): string =>
  `${method
    .split('.')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')}Response`

/** Event type, or message subtype, to the type of @slack/types. */
const EVENTS: Record<string, string> = {
  app_home_opened: 'AppHomeOpenedEvent',
  app_mention: 'AppMentionEvent',
  agent_session_stopped: 'AgentSessionStoppedEvent',
  function_executed: 'FunctionExecutedEvent',
  reaction_added: 'ReactionAddedEvent',
  reaction_removed: 'ReactionRemovedEvent',
  'message file_share': 'FileShareMessageEvent',
  'message message_changed': 'MessageChangedEvent',
  'message message_deleted': 'MessageDeletedEvent',
  'message bot_message': 'BotMessageEvent',
  'message me_message': 'MeMessageEvent',
  'message thread_broadcast': 'ThreadBroadcastMessageEvent',
  'message channel_archive': 'ChannelArchiveMessageEvent',
  'message channel_leave': 'ChannelLeaveMessageEvent',
  'message channel_name': 'ChannelNameMessageEvent',
  'message channel_unarchive': 'ChannelUnarchiveMessageEvent',
}

it('what the emulator answers and tells is what @slack/web-api and @slack/types say', async () => {
  const events: z.infer<typeof Event>['event'][] = []
  let trigger = ''
  const ear = createServer((request, response) => {
    void text(request).then((body) => {
      if (body.startsWith('{')) events.push(Event.parse(JSON.parse(body)).event)
      else trigger = Payload.parse(JSON.parse(new URLSearchParams(body).get('payload') ?? '{}')).trigger_id
      response.writeHead(200).end()
    })
  })
  await new Promise<void>((resolve) => ear.listen(0, '127.0.0.1', resolve))
  const appUrls = [`http://127.0.0.1:${portOf(ear)}/slack/events`]
  await using slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls, log })
  const scopes = ['chat:write.customize', 'reactions:read']
  const subscribed = ['function_executed', 'reaction_added', 'reaction_removed']
  slack.setManifest(manifestWith({ scopes, functions: ASK_AGENT, events: subscribed }))
  const people = controls(slack)
  const client = new WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    logger: silent,
  })
  const answers = new Map<string, unknown>()
  const call = async (
    method: MethodName | 'files.getUploadURLExternal' | 'files.completeUploadExternal' | 'reactions.get',
    args: object,
  ) => {
    const { response_metadata: _, ...answer } = await client.apiCall(method, { ...args })
    answers.set(method, answer)
    return answer
  }

  const channel = 'CGENERAL1'
  const { ts } = await people.act('say', { as: 'member', channel: 'general', text: '@Patchbay hello' })
  const { ts: thread_ts } = await people.act('say', { as: 'member', channel: 'general', text: 'to stop' })
  const data = Buffer.from('words').toString('base64')
  await people.act('upload', { as: 'member', channel: 'dm', name: 'a.txt', mimeType: 'text/plain', data })
  await people.look('home', { as: 'member' })
  const shown = (await people.messages('member', 'dm'))[0]?.files[0]

  await call('auth.test', {})
  await call('auth.teams.list', {})
  await call('users.info', { user: 'UMEMBER1' })
  await call('users.list', {})
  await call('usergroups.list', {})
  await call('usergroups.users.list', { usergroup: 'SONCALL01' })
  await call('conversations.open', { users: 'UMEMBER1' })
  await call('files.info', { file: shown?.id })
  const blocks = [
    { type: 'section', text: plain('Hi') },
    { type: 'actions', elements: [{ type: 'button', text: plain('Go'), action_id: 'go' }] },
  ]
  const posted = Ts.parse(await call('chat.postMessage', { channel, thread_ts: ts, text: 'Hi', blocks }))
  await people.act('react', { as: 'member', channel: 'general', ts: posted.ts, emoji: 'eyes' })
  await call('reactions.get', { channel, timestamp: posted.ts })
  await people.act('react', { as: 'member', channel: 'general', ts: posted.ts, emoji: 'eyes', removed: true })
  await client.chat.postMessage({ channel, text: 'Hi', username: 'Reviewer', icon_emoji: ':mag:' })
  await people.act('run-step', { as: 'member', callback_id: 'ask_agent', inputs: { text: 'Hi', user: 'member' } })
  await call('chat.postEphemeral', { channel, user: 'UMEMBER1', text: 'Hi' })
  await call('chat.update', { channel, ts: posted.ts, text: 'Ho', blocks })
  await call('chat.getPermalink', { channel, message_ts: posted.ts })
  await call('conversations.replies', { channel, ts })
  await call('conversations.history', { channel })
  await call('conversations.info', { channel })
  await call('conversations.members', { channel })
  await call('agents.sessions.setStatus', {
    channel_id: channel,
    thread_ts,
    status: 'processing',
    initiator_user_id: 'UMEMBER1',
  })
  await call('assistant.threads.setStatus', { channel_id: channel, thread_ts, status: 'is thinking…' })
  const prompts = [{ title: 'A', message: 'a' }]
  await call('assistant.threads.setSuggestedPrompts', { channel_id: 'DMEMBER1', prompts })
  const recipient = { recipient_team_id: slack.teamId, recipient_user_id: 'UMEMBER1' }
  const stream = Ts.parse(await call('chat.startStream', { channel, thread_ts, ...recipient }))
  await call('chat.appendStream', { channel, ts: stream.ts, markdown_text: 'words' })
  await call('chat.stopStream', { channel, ts: stream.ts })
  await call('agents.sessions.setStatus', { channel_id: channel, thread_ts, status: 'processing' })
  await people.act('stop', { as: 'member', channel: 'general', thread_ts })
  await people.act('press', { as: 'member', channel: 'general', ts: posted.ts, button: 'Go' })
  const modal = {
    type: 'modal',
    title: plain('T'),
    blocks: [
      { type: 'section', text: plain('Hi') },
      { type: 'actions', elements: [{ type: 'button', text: plain('On'), action_id: 'on' }] },
    ],
  }
  const opened = z
    .looseObject({ view: z.looseObject({ id: z.string() }) })
    .parse(await call('views.open', { trigger_id: trigger, view: modal }))
  await people.act('press', { as: 'member', view: true, button: 'On' })
  await call('views.push', { trigger_id: trigger, view: modal })
  await call('views.update', { view_id: opened.view.id, view: modal })
  await call('views.publish', { user_id: 'UMEMBER1', view: { type: 'home', blocks: modal.blocks } })
  const upload = z
    .looseObject({ upload_url: z.string(), file_id: z.string() })
    .parse(await call('files.getUploadURLExternal', { filename: 'x.txt', length: 3 }))
  await fetch(upload.upload_url, { method: 'POST', body: 'abc' })
  await call('files.completeUploadExternal', { files: [{ id: upload.file_id }], channel_id: channel })
  await call('chat.delete', { channel, ts: posted.ts })
  await people.act('say', { as: 'member', channel: 'general', text: 'waves', me: true })
  await people.act('say', { as: 'member', channel: 'general', text: 'for all', thread_ts: ts, broadcast: true })
  const attachments = [{ title: 'Host', text: 'db-1', color: 'danger' }]
  await people.act('app-post', { app: 'monitor', channel: 'general', text: 'Alert', attachments, as_workflow: true })
  await people.act('edit', { as: 'member', channel: 'general', ts, text: '@Patchbay hello again' })
  await people.act('forward', { as: 'member', channel: 'general', ts, to: 'ops' })
  await people.act('archive', { channel: 'ops' })
  await people.act('archive', { channel: 'ops', archived: false })
  await people.act('rename', { channel: 'ops', name: 'operations' })
  await people.act('membership', { channel: 'operations', user: 'approver', member: false })
  await until(() => events.some((event) => event.subtype === 'channel_leave'))
  await until(() => events.some((event) => event.subtype === 'message_deleted'))
  await call('files.delete', { file: upload.file_id })
  await stopServer(ear)

  // files.uploadV2 is the client's own; it is made of the two methods above.
  const used = Object.keys(METHODS).filter((method) => method !== 'files.uploadV2')
  expect(
    used.filter((method) => !answers.has(method)),
    'each method the app uses is looked at',
  ).toEqual([])
  const told = events.map(
    (event) => [event.subtype === undefined ? event.type : `${event.type} ${event.subtype}`, event] as const,
  )
  const kinds = new Set(told.map(([kind]) => kind))
  expect(
    Object.keys(EVENTS).filter((kind) => !kinds.has(kind)),
    'each event was told',
  ).toEqual([])
  const claims: Claim[] = [
    ...[...answers].map(
      ([method, value]): Claim => ({ name: method, type: typeOf(method), from: '@slack/web-api', value }),
    ),
    ...told.map(
      ([kind, value]): Claim => ({
        name: kind,
        type: EVENTS[kind] ?? 'GenericMessageEvent',
        from: '@slack/types',
        value,
      }),
    ),
  ]
  expect(await typeProblems(claims)).toBe('')
})

it('a field that Slack does not have, or of another type, is found', async () => {
  const claims: Claim[] = [
    { name: 'auth.test', type: 'AuthTestResponse', from: '@slack/web-api', value: { ok: true, made_up: 1 } },
  ]
  const problems = await typeProblems(claims)
  expect(problems).toContain('made_up')
  expect(
    await typeProblems([
      { name: 'auth.test', type: 'AuthTestResponse', from: '@slack/web-api', value: { ok: true, team: 5 } },
    ]),
  ).toContain('number')
})
