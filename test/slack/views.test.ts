import type { View } from '@slack/types'
import { describe, expect, test } from 'vitest'
import { checkMessage } from '../../src/block-kit/check-message.ts'
import { checkView } from '../../src/block-kit/check-view.ts'
import { AppError } from '../../src/errors.ts'
import {
  ApprovalId,
  ChannelId,
  ConnectionId,
  InputId,
  SecretEntryId,
  SignInId,
  UserId,
  WORKSPACE_USER,
} from '../../src/ids.ts'
import type { Rule } from '../../src/policy/rules.ts'
import type { ConnectionShare } from '../../src/registry/connection.ts'
import type { ShownResult } from '../../src/run/state/shown-result.ts'
import type { ApprovalState, CallState } from '../../src/run/state/state.ts'
import { renderAnswer } from '../../src/slack/answer/answer-messages.ts'
import { resultMessages } from '../../src/slack/answer/result-message.ts'
import { approvalReminderMessage } from '../../src/slack/app/expiry-reminders.ts'
import { approvalMessage, pendingApprovalMessage } from '../../src/slack/approvals/approval-card.ts'
import { outcomeMessage } from '../../src/slack/approvals/approval-outcome.ts'
import { denyModal, tooLateModal } from '../../src/slack/approvals/deny-form.ts'
import { editArgumentsModal } from '../../src/slack/approvals/edit-arguments-form.ts'
import { editConfirmationMessage } from '../../src/slack/approvals/edit-confirmation.ts'
import type { MessageContent } from '../../src/slack/blocks/build-blocks.ts'
import { errorHelpButtonsFor, errorMessage, errorModal, errorText } from '../../src/slack/blocks/error-message.ts'
import { noSuchToolsMessage, type ToolLine, toolsMessage, toolsModal } from '../../src/slack/catalog/tools-list.ts'
import { helpMessage, noSuchCommandMessage } from '../../src/slack/commands/help-message.ts'
import { connectModal, connectPickerModal, connectTestingModal } from '../../src/slack/connections/connect-form.ts'
import { createConnectRetryButton } from '../../src/slack/connections/connect-retry.ts'
import { connectedMessage, connectedModal, notConnectedMessage } from '../../src/slack/connections/connected-message.ts'
import {
  chooseConnectionMessage,
  connectionsMessage,
  disconnectConfirmMessage,
  disconnectedMessage,
} from '../../src/slack/connections/connections-message.ts'
import { signInCodeMessage, signInCodeModal } from '../../src/slack/connections/enter-sign-in-code.ts'
import { secretsEnteredMessage } from '../../src/slack/connections/secret-entry.ts'
import {
  createSignInAgainButton,
  noSignInNeededMessage,
  signedInMessage,
  signInFailedMessage,
  signInMessage,
  signInModal,
  signInOverModal,
} from '../../src/slack/connections/sign-in-message.ts'
import { testResultMessage } from '../../src/slack/connections/test-result-message.ts'
import { budgetModal } from '../../src/slack/home/home-settings.ts'
import { createHomeView } from '../../src/slack/home/home-view.ts'
import { noSuchConnectionMessage } from '../../src/slack/interactions/find-by-name.ts'
import { thanksText } from '../../src/slack/messages/feedback.ts'
import { helloMessage } from '../../src/slack/onboarding/welcome-message.ts'
import { approversMessage, rulesMessage } from '../../src/slack/rules/rules-message.ts'
import { connectorsModal, workspaceRuleModal } from '../../src/slack/rules/workspace-rule-form.ts'
import type { WorkspaceRules } from '../../src/slack/rules/workspace-rules-blocks.ts'
import { shareModal } from '../../src/slack/shared/share-form.ts'
import { sharedBlocks } from '../../src/slack/shared/shared-blocks.ts'
import { renderAll } from '../support/render-blocks.ts'
import { approvalOf, CARDS, callOf, connectionOf, monthOf, OWN_CARD, recentRun, ruleOf, settingsOf } from './samples.ts'
import { inputOf, ORIGIN, stateOf } from './states.ts'

const LONG = 'Long words <!channel> & <@U123> *bold* _it_ ~no~ `code` 👩‍👩‍👧 '.repeat(400)
const AT = new Date('2026-11-21T09:00:00Z')
const MEMBER = UserId.parse('UMEMBER1')
const SHARED: ConnectionShare = {
  audience: 'people',
  people: [MEMBER],
  level: 'writes_ask',
  by: UserId.parse('UOWNER11'),
}
const cardOf = ({ card: name }: { card: string }) => CARDS.find((card) => card.name === name)
const [FILES, POSTGRES] = CARDS
if (!FILES || !POSTGRES) throw new Error('no cards')

/** The first of the messages that show something. */
const firstOf = ([first]: MessageContent[]): MessageContent => first ?? { text: '', blocks: [] }

/** The first message with what a call gave. */
const shownFor = (shown: ShownResult, change: Partial<CallState> = {}): MessageContent => {
  const result = { summary: '', text: '', images: [], isError: false, files: [], shown, ms: 1 }
  return firstOf(resultMessages({ calls: [callOf({ ...change, result })] }).map(({ content }) => content))
}

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))

const GROUPS = [{ id: 'SDATA', handle: 'data-owners' }]

const rulesOf = (rules: Rule[]): WorkspaceRules => ({
  rules,
  groups: GROUPS,
  connectors: {},
  titleOf: (card) => cardOf({ card })?.title ?? card,
})

const everybody = { scope: 'workspace', verdict: 'ask', tool: '*', reach: undefined } as const
const WORKSPACE_RULES = [
  ruleOf({ ...everybody, id: 'w1', verdict: 'deny', class: 'destructive', card: 'postgres', channel: 'CGENERAL1' }),
  ruleOf({ ...everybody, id: 'w2', class: 'write', fourEyes: true }),
  ruleOf({ ...everybody, id: 'w3', class: 'read' }),
  ruleOf({ ...everybody, id: 'w4', class: 'destructive', approvals: 2 }),
  ruleOf({ ...everybody, id: 'w5', class: 'write', group: 'SDATA' }),
]

const decided = (decision: 'approved' | 'denied' | 'expired' | 'stopped', reason?: string) =>
  approvalOf({
    decided: {
      decision,
      by: decision === 'expired' ? undefined : MEMBER,
      reason,
      at: AT,
      edited: true,
      width: 'always',
    },
  })

const AVERY = UserId.parse('UAPPROV1')
const BY_TWO = { decision: 'approved', by: AVERY, reason: undefined, at: AT, edited: false } as const

const askedFor = (call: CallState) => {
  const approval = call.approval ?? approvalOf()
  return { state: stateOf([{ text: '', calls: [call] }], { status: 'working' }), call, approval }
}
const cardFor = (call: CallState) => approvalMessage(askedFor(call))

/** A call that an approver wants changed. */
function proposedFor(changed: string, change: Partial<ApprovalState> = {}) {
  const by = UserId.parse('UAPPROV1')
  const proposal = {
    by,
    arguments: { path: changed, content: 'Hello' },
    risk: 'destructive' as const,
    at: AT,
    askedBefore: [by],
  }
  const approval = { ...approvalOf(change), proposal }
  return { ...askedFor(callOf({ stage: 'awaiting_approval', approval })), approval }
}

const longLine: ToolLine = { connection: LONG, name: LONG, description: LONG, kind: 'destructive', free: false }
const longCard = {
  ...POSTGRES,
  title: LONG,
  description: LONG,
  inputs: times(20, (at) => ({
    ...POSTGRES.inputs[0],
    name: `in${at}`,
    label: LONG,
    hint: LONG,
    secret: at % 2 === 0,
    required: true,
    example: LONG,
  })),
}
const idOf = (at: number) => ConnectionId.parse(`6f1f7a9e-58a5-4c3e-9a44-${String(at).padStart(12, '0')}`)
const longConnection = connectionOf({
  name: 'n'.repeat(32),
  status: 'failing',
  statusReason: LONG,
  lastUsed: AT,
  credential: 'x',
})

const SAYINGS: Record<string, MessageContent> = {
  help: helpMessage([{ name: 'list', usage: '', description: 'shows' }]),
  hello: helloMessage,
  'no such command': noSuchCommandMessage(LONG, undefined),
  'no such command, near': noSuchCommandMessage('conect', { words: 'connect postgres', shown: 'connect postgres' }),
  'no such command, a question': noSuchCommandMessage('what can you do', undefined),
  'no such command, near, a question': noSuchCommandMessage('tool list of mine?', {
    words: 'tools list of mine?',
    shown: 'tools list of mine?',
  }),
  'no such command, help': noSuchCommandMessage('hlep', { words: 'help', shown: 'help' }),
  'a command that takes no words': noSuchCommandMessage('list files', { words: 'list', shown: 'list' }, true),
  'no such tools': noSuchToolsMessage(
    LONG,
    times(40, (at) => `c${at}`),
    'c3',
  ),
  connections: connectionsMessage(
    [connectionOf(), connectionOf({ id: idOf(1), status: 'needs_sign_in', card: 'gone' })],
    cardOf,
  ),
  'from the workspace, for a member': {
    text: 'Workspace connections',
    blocks: sharedBlocks([connectionOf({ shared: SHARED })], cardOf, false),
  },
  'from the workspace, for an owner': {
    text: 'Workspace connections',
    blocks: sharedBlocks([connectionOf({ user: WORKSPACE_USER, shared: SHARED, status: 'failing' })], cardOf, true),
  },
  'disconnect a workspace connection': disconnectConfirmMessage(
    connectionOf({ user: WORKSPACE_USER }),
    undefined,
    false,
  ),
  'many connections': connectionsMessage(
    times(40, (at) => ({ ...longConnection, id: idOf(at) })),
    cardOf,
  ),
  'resting connections': connectionsMessage(
    [connectionOf({ status: 'failing', statusReason: 'It is away.' }), connectionOf({ id: idOf(1) })],
    cardOf,
    (id) =>
      id === idOf(1)
        ? { kind: 'half_open', failures: 4 }
        : { kind: 'open', until: new Date('2026-11-25T10:00:00Z'), failures: 3 },
  ),
  'ask to disconnect': disconnectConfirmMessage(longConnection, longCard, true),
  disconnected: disconnectedMessage({ name: 'files', credential: undefined }, false),
  'disconnected and told': disconnectedMessage({ name: 'github', credential: 'x', revoked: 'revoked' }, false),
  'disconnected, service not told': disconnectedMessage({ name: 'github', credential: 'x', revoked: 'failed' }, true),
  'sign in': signInMessage({
    title: 'GitHub',
    name: 'github',
    host: 'github.com',
    server: 'api.githubcopilot.com',
    url: 'https://patchbay.acme.dev/sign-in/x',
    until: AT,
  }),
  'sign in with the organization': signInMessage({
    title: 'GitHub',
    name: 'github',
    host: 'login.acme.com',
    server: 'api.githubcopilot.com',
    url: 'https://login.acme.com/authorize',
    until: AT,
    organization: true,
  }),
  'sign in, longest': signInMessage(
    { title: LONG, name: LONG, host: LONG, server: LONG, url: `https://x.example/${'a'.repeat(2_900)}`, until: AT },
    LONG,
  ),
  'secrets entered': secretsEnteredMessage({ id: SecretEntryId.parse(idOf(1)), details: { title: LONG } }),
  'sign-in code': signInCodeMessage({ id: SignInId.parse(idOf(1)), title: LONG, name: LONG, channel: 'C1' }),
  'signed in': signedInMessage('GitHub', 'github'),
  'no sign-in needed': noSignInNeededMessage('github'),
  'not signed in': signInFailedMessage('github', LONG, createSignInAgainButton('github')),
  trouble: errorMessage(
    errorText(new AppError('not_found', 'It is gone.')),
    errorHelpButtonsFor(new AppError('not_found', 'x')),
  ),
  'trouble, long': errorMessage(LONG),
  'choose a connection': chooseConnectionMessage(
    'Which?',
    'disconnect',
    times(40, (at) => connectionOf({ name: `c${at}` })),
  ),
  'no such connection': noSuchConnectionMessage(LONG, 'test', 'files'),
  connected: connectedMessage({ connection: connectionOf(), card: FILES, starters: FILES.starters }),
  'connected, signed in before': connectedMessage({
    connection: connectionOf(),
    card: FILES,
    starters: FILES.starters,
    through: 'login.acme.com',
  }),
  'connected, long': connectedMessage({ connection: longConnection, card: longCard, starters: [LONG, LONG, LONG] }),
  'not connected': notConnectedMessage(
    'files',
    LONG,
    createConnectRetryButton(FILES, { name: 'files', inputs: { url: LONG } }),
  ),
  'no tools': toolsMessage([], { connection: undefined, words: LONG, page: 7 }),
  tools: toolsMessage(
    [{ connection: 'files', name: 'read_file', description: 'Read.\nMore.', kind: 'read', free: true }],
    {
      connection: 'files',
      words: '',
      page: 0,
    },
  ),
  'many tools': toolsMessage(
    times(200, () => longLine),
    { connection: undefined, words: 'long', page: 1 },
  ),
  'tools with some left out': toolsMessage(
    times(3, () => longLine),
    { connection: 'files', words: '', page: 0 },
    times(50, (at) => ({ connection: 'files', tool: `${LONG}${at}`, why: LONG })),
  ),
  'tools of several connections with some left out': toolsMessage(
    [longLine],
    { connection: undefined, words: '', page: 0 },
    ['one', 'two'].map((connection) => ({ connection, tool: 'simulate-research-query', why: 'it runs as a task' })),
  ),
  'shown rows': shownFor({
    table: {
      name: 'person',
      columns: ['name', 'age'],
      rows: [
        ['Ada', '36'],
        ['Grace', 'NULL'],
      ],
      of: { rows: 1_234, columns: 2 },
      file: 'person.csv',
    },
  }),
  'shown rows with long cells': shownFor({ table: { columns: ['id'], rows: [['007'], ['008']], file: 'wrote.csv' } }),
  'shown rows that no file holds': shownFor({
    table: { columns: ['id'], rows: [['007'], ['008']], of: { rows: 900_000, columns: 1 } },
  }),
  'shown rows and links, long': shownFor(
    {
      table: { columns: times(20, (at) => `c${at}`), rows: times(20, () => times(20, () => LONG.slice(0, 20))) },
      links: times(10, (at) => ({
        uri: at === 0 ? 'file:///etc/passwd' : `https://example.com/${LONG}${at}`,
        name: `<!channel> *${LONG}`,
      })),
    },
    { title: LONG },
  ),
  tested: testResultMessage([
    {
      name: 'files',
      outcome: { ok: true, ms: 12.4, protocolVersion: '2025-11-25', tools: 3 },
      leftOut: [{ tool: 'x', why: 'too deep' }],
    },
    { name: 'db', outcome: { ok: false, message: 'It does not answer.' }, leftOut: [] },
  ]),
  'many tested': testResultMessage(
    times(30, () => ({ name: LONG.slice(0, 32), outcome: { ok: false, message: LONG }, leftOut: [] })),
  ),
  'no rules of an owner': rulesMessage(rulesOf([]), [], true),
  'rules of an owner': rulesMessage(
    {
      ...rulesOf([ruleOf({ conversation: 'T1:CGENERAL1:1.0' }), ...WORKSPACE_RULES]),
      connectors: { '*': 'approvers', postgres: 'nobody' },
    },
    [],
    true,
  ),
  'no rules': rulesMessage(rulesOf([]), [], false),
  rules: rulesMessage(rulesOf([ruleOf(), ruleOf({ reach: undefined }), ...WORKSPACE_RULES]), ['U1AA', 'U2AA'], false),
  'many rules': rulesMessage(
    rulesOf(times(60, (at) => ruleOf({ id: `r${at}`, tool: LONG }))),
    times(60, () => 'U1AAAAAAAAA'),
    false,
  ),
  'tools that take SQL': toolsMessage(
    [{ connection: 'db', name: 'execute_sql', description: 'Runs SQL.', kind: 'write', free: false, sql: true }],
    { connection: 'db', words: '', page: 0 },
  ),
  approvers: approversMessage(['U1AA'], true, 'Done. '),
  'approval card': cardFor(callOf({ stage: 'awaiting_approval', approval: approvalOf() })),
  'approval card, destructive': cardFor(
    callOf({
      approval: approvalOf({ risk: 'destructive', why: ['It deletes <!channel>.', 'Shown in <#CGENERAL1>.'] }),
    }),
  ),
  'approval card, in the direct message of who may decide': approvalMessage(
    {
      state: stateOf([{ text: '' }], { status: 'working', origin: { ...ORIGIN, place: 'dm' } }),
      call: callOf(),
      approval: approvalOf({ approvers: [MEMBER, UserId.parse('UAPPROV1')] }),
    },
    { reader: MEMBER },
  ),
  'approval card, long': cardFor(
    callOf({
      title: LONG,
      connectionName: LONG,
      arguments: { [LONG]: LONG, more: [1, { a: LONG }] },
      approval: approvalOf({ why: [LONG, LONG], approvers: times(60, () => MEMBER) }),
    }),
  ),
  'approval card, SQL': cardFor(
    callOf({
      title: 'Execute SQL',
      tool: 'execute_sql',
      arguments: {
        sql: "select name, (select max(x) from y where true) from employee where note = ' from where ' order by name limit 5",
      },
      approval: approvalOf(),
    }),
  ),
  'pending line': pendingApprovalMessage(askedFor(callOf({ approval: approvalOf() })), 'COPS00001'),
  'pending line, long': pendingApprovalMessage(
    askedFor(callOf({ title: LONG, approval: approvalOf({ approvers: times(60, () => MEMBER) }) })),
    undefined,
  ),
  'pending line, denied': pendingApprovalMessage(askedFor(callOf({ approval: decided('denied', LONG) })), undefined),
  'thanks for a good word': thanksText('good'),
  'thanks for a bad word': thanksText('bad'),
  reminder: approvalReminderMessage([askedFor(callOf({ approval: approvalOf() }))], ['UMEMBER1', 'UAPPROV1']),
  'reminder, long': approvalReminderMessage(
    times(3, () => askedFor(callOf({ title: LONG, approval: approvalOf() }))),
    times(60, () => MEMBER),
  ),
  'approval card, approved': cardFor(callOf({ approval: decided('approved') })),
  'approval card, denied': cardFor(callOf({ approval: decided('denied') })),
  'approval card, denied with reason': cardFor(callOf({ approval: decided('denied', LONG) })),
  'approval card, of a user group': cardFor(
    callOf({ stage: 'awaiting_approval', approval: approvalOf({ groups: ['SDATA'], groupNames: '@data-owners' }) }),
  ),
  'approval card, by one of two, in their direct message': approvalMessage(
    askedFor(
      callOf({
        stage: 'awaiting_approval',
        approval: approvalOf({ needed: 2, votes: [AVERY], approvers: [MEMBER, AVERY] }),
      }),
    ),
    { reader: AVERY },
  ),
  'approval card, approved by two': approvalMessage(
    askedFor(callOf({ approval: approvalOf({ decided: { ...BY_TWO, approvedBy: [MEMBER, AVERY] } }) })),
  ),
  'approval card, changed': approvalMessage(proposedFor('other.txt')),
  'approval card, changed and approved': approvalMessage({
    ...proposedFor('other.txt', { decided: decided('approved').decided }),
    call: callOf({ asked: { path: 'hello.txt' }, arguments: { path: 'other.txt' } }),
  }),
  'approval card, no arguments': cardFor(
    callOf({ stage: 'awaiting_approval', schema: { type: 'object' }, arguments: {}, approval: approvalOf() }),
  ),
  'pending line, changed': pendingApprovalMessage(proposedFor('other.txt'), undefined),
  'edit confirmation': editConfirmationMessage(proposedFor('other.txt')),
  'edit confirmation, long': editConfirmationMessage(proposedFor(LONG)),
  'edit confirmation, denied': editConfirmationMessage(
    proposedFor('other.txt', { decided: decided('denied', LONG).decided }),
  ),
  'approval card, expired': cardFor(callOf({ approval: decided('expired') })),
  'approval card, stopped': cardFor(callOf({ approval: decided('stopped') })),
}

const PAGE_FORM = { cards: CARDS, card: POSTGRES, name: 'postgres', values: {}, metadata: {} }

const VIEWS: Record<string, View> = {
  picker: connectPickerModal(CARDS, { channel: 'C1' }),
  'many cards': connectPickerModal(
    times(300, (at) => ({ ...longCard, name: `card-${at}`, category: `Category ${at % 4}` })),
    {},
  ),
  form: connectModal({
    cards: CARDS,
    card: POSTGRES,
    name: 'postgres',
    values: { schema: 'sales', dsn: 'never' },
    metadata: {},
    alert: 'It failed.',
  }),
  'long form': connectModal({
    cards: [longCard],
    card: longCard,
    name: 'n'.repeat(32),
    values: {},
    metadata: {},
    alert: LONG,
  }),
  'reconnect form': connectModal({
    cards: [POSTGRES],
    card: POSTGRES,
    name: 'db',
    values: { schema: 'sales' },
    metadata: { connection: 'c' },
  }),
  testing: connectTestingModal(longCard, LONG),
  'sign-in modal': signInModal({
    title: LONG,
    name: LONG,
    host: 'github.com',
    server: 'api.githubcopilot.com',
    url: 'https://github.com/x',
    until: AT,
  }),
  'trouble modal': errorModal(LONG, errorHelpButtonsFor(new AppError('limit_reached', 'x'))),
  'form, its secret on a page': connectModal({ ...PAGE_FORM, secrets: { kind: 'none' } }),
  'form, its page open': connectModal({
    ...PAGE_FORM,
    secrets: { kind: 'open', url: 'https://patchbay.acme.dev/secret/x', until: AT },
  }),
  'form, its secret entered': connectModal({ ...PAGE_FORM, secrets: { kind: 'entered' } }),
  'sign-in code modal': signInCodeModal({ id: SignInId.parse(idOf(1)), title: LONG, name: LONG, channel: 'C1' }),
  'sign-in over': signInOverModal(
    signInFailedMessage('github', LONG, createConnectRetryButton(undefined, { name: 'github', inputs: {} })),
    false,
  ),
  'connected modal': connectedModal({ connection: connectionOf(), card: FILES, starters: FILES.starters }),
  'tools modal': toolsModal(
    times(30, () => longLine),
    { connection: 'files', words: 'long', page: 0 },
  ),
  'a connection is shared': shareModal(connectionOf()),
  'who may use a workspace connection': shareModal(connectionOf({ shared: SHARED })),
  'rule for everybody': workspaceRuleModal(CARDS, GROUPS),
  'who connects': connectorsModal(CARDS),
  'edit form': editArgumentsModal(callOf(), { metadata: { approval: 'x' } }),
  'edit form, odd': editArgumentsModal(callOf({ schema: {}, arguments: { a: [1, 2] } }), {}),
  'edit form, many kinds': editArgumentsModal(
    callOf({
      schema: {
        type: 'object',
        properties: {
          text: { type: 'string', title: LONG, description: LONG },
          number: { type: 'integer' },
          flag: { type: 'boolean' },
          pick: { type: 'string', enum: ['a', 'b'] },
          list: { type: 'array' },
        },
        required: ['number'],
      },
      arguments: { text: 'two\nlines', number: 4, flag: true, pick: 'b', list: [1] },
    }),
    {},
  ),
  'edit form, without names': editArgumentsModal(
    callOf({ schema: { type: 'object', properties: { '': {} } }, arguments: {} }),
    {},
  ),
  'edit form, with a name of every object': editArgumentsModal(
    callOf({ schema: { type: 'object', properties: { constructor: { type: 'integer' } } }, arguments: {} }),
    {},
  ),
  'edit form, of somebody else’s call': editArgumentsModal(callOf(), { confirmedBy: MEMBER }),
  'deny form': denyModal({
    denied: [proposedFor('other.txt')],
    isList: false,
    by: UserId.parse('UAPPROV1'),
    metadata: { approval: 'x' },
  }),
  'deny form, of one’s own call': denyModal({ denied: [proposedFor('other.txt')], isList: false, by: MEMBER }),
  'deny form, of a list': denyModal({
    denied: times(10, () => askedFor(callOf({ title: LONG, approval: approvalOf() }))),
    isList: true,
    by: UserId.parse('UAPPROV1'),
  }),
  'deny form, of what is not known in time': denyModal({ denied: [], isList: false, by: MEMBER }),
  'deny form, too late': tooLateModal(
    outcomeMessage({ kind: 'already', decision: 'approved', by: MEMBER, at: AT }),
    LONG.slice(0, 1_000),
  ),
  'budget form': budgetModal(settingsOf()),
  'budget form, with one': budgetModal(settingsOf({ budgetUsd: 12.5 })),
  home: createHomeView({
    demo: { name: 'demo-database', title: 'Demo database' },
    inputs: [],
    now: AT,
    pending: [],
    connections: [],
    rules: [],
    approvers: [],
    recent: [],
    links: new Map(),
    usage: monthOf(),
    workspace: undefined,
    cardOf,
  }),
  'home of a new owner': createHomeView({
    inputs: [inputOf('form')],
    now: AT,
    reader: UserId.parse('UAPPROV1'),
    pending: times(2, (at) => {
      const id = ApprovalId.parse(`abcdefghijklmnopqrstuv${at}`)
      const approval = approvalOf({ id, approvers: [UserId.parse('UAPPROV1')] })
      return askedFor(callOf({ arguments: { path: `${at}.txt` }, approval }))
    }),
    connections: [connectionOf()],
    rules: [ruleOf()],
    approvers: ['UAPPROV1'],
    recent: [
      recentRun({ edited: true }),
      recentRun({ refused: 'denied', correction: 'Sorry, I meant *all* of them\nplease', succeeded: 0, changed: 0 }),
      recentRun({ outcome: 'waiting', asked: true, succeeded: 0 }),
      recentRun({ outcome: 'failed', why: 'The model is busy.', place: 'dm', calls: 0 }),
    ],
    links: new Map([[recentRun().id, 'https://acme.slack.com/archives/CGENERAL1/p1763712000000100']]),
    usage: monthOf({
      runs: 9,
      calls: 1_234,
      failed: 1,
      tokens: 45_678,
      costUsd: 1.5,
      days: [
        { day: 3, runs: 1 },
        { day: 21, runs: 8 },
      ],
      tools: [
        { tool: 'write_file', connection: 'filesystem', calls: 30 },
        { tool: 'search', connection: undefined, calls: 1 },
      ],
    }),
    workspace: {
      settings: settingsOf(),
      usage: monthOf({ runs: 20, costUsd: 4 }),
      cards: CARDS,
      asked: [OWN_CARD],
      groups: [],
    },
    cardOf,
  }),
  'full home': createHomeView({
    inputs: times(9, (at) => inputOf('url', { id: InputId.parse(`abcdefghijklmnopqrstu${at}${at}`) })),
    now: AT,
    pending: times(9, (at) => ({
      state: stateOf([{ text: '' }]),
      call: callOf({
        approval: approvalOf({ id: ApprovalId.parse(`abcdefghijklmnopqrstuv${at}`) }),
        arguments: { a: LONG },
      }),
    })),
    connections: times(40, (at) => ({ ...longConnection, id: idOf(at) })),
    rules: times(40, (at) => ruleOf({ id: `r${at}` })),
    approvers: times(60, () => 'U1AAAAAAAAA'),
    recent: times(9, () => recentRun({ text: LONG, correction: LONG, outcome: 'failed', why: LONG })),
    links: new Map(),
    usage: monthOf({
      today: 31,
      runs: 1e6,
      calls: 1e7,
      failed: 1e6,
      tokens: 1e12,
      costUsd: 1e6,
      days: times(31, (at) => ({ day: at + 1, runs: at * 1_000 })),
      tools: times(5, () => ({ tool: LONG, connection: LONG, calls: 1e6 })),
    }),
    workspace: {
      settings: settingsOf({
        approvers: times(150, (at) => UserId.parse(`U1AA${at}`)),
        approvalsChannel: ChannelId.parse('COPS00001'),
        cards: times(150, (at) => `card-${at}`),
        budgetUsd: 5,
      }),
      usage: monthOf({ costUsd: 1e6, runs: 1e6 }),
      cards: times(150, (at) => ({ ...longCard, name: `card-${at}` })),
      asked: times(9, () => OWN_CARD),
      groups: [],
    },
    cardOf,
  }),
}

describe('what is said', () => {
  test.each(Object.entries(SAYINGS))('%s', (_name, saying) => {
    expect(checkMessage(saying)).toEqual([])
    expect(saying.text).not.toBe('')
  })
})

test('what is said reads like this', async () => {
  await expect(renderAll(SAYINGS)).toMatchFileSnapshot('renderings/sayings.txt')
})

test('modals and the Home tab read like this', async () => {
  await expect(renderAll(VIEWS)).toMatchFileSnapshot('renderings/views.txt')
})

describe('words of the approval card', () => {
  const why = ['It is shown in <#CGENERAL1> & <#GPRIVATE1>.']
  const text = JSON.stringify(cardFor(callOf({ approval: approvalOf({ why }) })))
  test('channels in a reason show their names, anything else is only text', () => {
    expect(text).toContain('It is shown in <#CGENERAL1> &amp; <#GPRIVATE1>.')
  })
  test('Always allow says what it covers', () => {
    expect(text).toContain(
      'Always allow write_file of filesystem, with path in the top folder, in the channel you asked in? You can take it back in my Home tab.',
    )
  })
  test('whoever reads it in their own direct messages is spoken to', () => {
    expect(JSON.stringify(SAYINGS['approval card, in the direct message of who may decide'])).toContain(
      'You can decide this.',
    )
  })
})

describe('what is shown in modals and the Home tab', () => {
  test.each(Object.entries(VIEWS))('%s', (_name, view) => {
    expect(checkView(view)).toEqual([])
  })
  test('the fullest Home tab still ends with its last setting, and begins with the budget', () => {
    const blocks = JSON.stringify(VIEWS['full home']?.blocks.map((block) => JSON.stringify(block)))
    expect(VIEWS['full home']?.blocks.length).toBeLessThanOrEqual(100)
    expect(JSON.stringify(VIEWS['full home']?.blocks.at(-1))).toContain('setting_budget')
    expect(JSON.stringify(VIEWS['full home']?.blocks[0])).toContain('used up')
    expect(blocks).toContain('setting_channel_none')
  })
  test('a secret that was typed is not in the form that comes back', () => {
    expect(JSON.stringify(VIEWS.form)).not.toContain('never"')
  })
})

const STAGES = [
  'awaiting_approval',
  'approved',
  'calling',
  'waiting_input',
  'done',
  'failed',
  'unknown',
  'denied',
  'cancelled',
] as const

describe('an answer', () => {
  const done: Partial<CallState> = {
    stage: 'done',
    result: { summary: 'Wrote 5 bytes', text: '', images: [], isError: false, files: [], ms: 1 },
  }

  const failure = { code: 'model_failed', message: 'The model does not take this key. Put a valid ANTHROPIC_API_KEY.' }
  const spent = { code: 'limit_reached', message: 'The budget is used up.' }
  const answers = {
    'text and calls, in order': stateOf([{ text: 'I will.', calls: [done] }, { text: 'Done.' }]),
    'every stage of a call': stateOf([
      {
        text: '',
        calls: STAGES.map((stage) => ({
          stage,
          cause: stage === 'failed' ? 'No such folder.' : undefined,
          retryable: stage === 'unknown',
        })),
      },
      { text: 'So.' },
    ]),
    'steps that are over, as a plan in the past tense': stateOf([
      { text: 'I will.', calls: [done] },
      { text: '', calls: [{ ...done, tool: 'read_file', title: 'Read File' }] },
    ]),
    failed: stateOf([], { status: 'failed', failure }),
    'over budget': stateOf([], { status: 'failed', failure: spent }),
    stopped: stateOf([{ text: 'Half' }], { status: 'stopped', stoppedBy: MEMBER }),
    'stopped in a step': stateOf([{ text: "I'll look.", calls: [{ stage: 'cancelled' }] }], { status: 'stopped' }),
    'turn limit': stateOf([{ text: 'Half' }], { note: 'turn_limit' }),
    'nothing said': stateOf([{ text: '' }]),
    resting: stateOf([{ text: '', calls: [{ stage: 'awaiting_approval', approval: approvalOf() }] }], {
      status: 'working',
    }),
  }

  test.each(Object.entries(answers))('%s', (_name, state) => {
    expect(renderAnswer(state).flatMap(checkMessage)).toEqual([])
  })
  test('answers read like this', async () => {
    const painted = Object.fromEntries(Object.entries(answers).map(([name, state]) => [name, renderAnswer(state)]))
    await expect(renderAll(painted)).toMatchFileSnapshot('renderings/answers.txt')
  })

  test('questions that it offers are buttons, as long as a button can show them whole', () => {
    const offered = ['What do you remember?', 'x'.repeat(76), 'List my files']
    const list = offered.map((question) => `- ${question}`).join('\n')
    const painted = renderAnswer(stateOf([{ text: `I cannot do that.\n\nYou could ask me:\n${list}\n\n_Signed._` }]))
    expect(painted.flatMap(checkMessage)).toEqual([])
    const blocks = painted.flatMap((message) => message.blocks)
    const row = blocks.find((block) => block.type === 'actions' && block.block_id === 'suggested')
    expect(row).toMatchObject({
      elements: [
        { action_id: 'starter_ask:0', value: 'What do you remember?' },
        { action_id: 'starter_ask:1', value: 'List my files' },
      ],
    })
    const other = renderAnswer(stateOf([{ text: `These are files:\n${list}` }]))
    expect(JSON.stringify(other)).not.toContain('starter_ask')
    const [atEnd] = renderAnswer(stateOf([{ text: 'No.\n\nYou could ask me:\n- One?\n- Two?\n' }]))
    expect(atEnd?.blocks[0]).toEqual({ type: 'markdown', text: 'No.' })
    expect(JSON.stringify(atEnd?.blocks)).toMatch(/"You could ask me:".*"starter_ask:1"/)
  })

  test.each(['finished', 'stopped', 'failed', 'working'] as const)(
    'tools left out are told once it has %s',
    (status) => {
      const toolsLeftOut = [
        { connection: 'github', tools: 30 },
        { connection: 'jira', tools: 4 },
      ]
      const failure = status === 'failed' ? { code: 'model_failed', message: 'It broke.' } : undefined
      const told = JSON.stringify(renderAnswer(stateOf([{ text: 'Hm.' }], { status, failure, toolsLeftOut })))
      expect(told.includes('Left out: 30 of github, 4 of jira.')).toBe(status !== 'working')
    },
  )
  test('the largest run stays within limits, whatever it says', () => {
    const turns = times(15, (turn) => ({
      text: turn % 2 ? LONG : '',
      calls: times(60, () => ({ ...done, title: LONG, connectionName: LONG })),
    }))
    const painted = renderAnswer(stateOf(turns))
    expect(painted.flatMap(checkMessage)).toEqual([])
    expect(new Set(painted.map(({ key }) => key)).size).toBe(painted.length)
    expect(JSON.stringify(painted)).not.toContain('<!channel>')
    expect(JSON.stringify(painted)).not.toContain('<@U123>')
  })
})
