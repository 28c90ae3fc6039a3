import type { CardInfo } from '../../src/connect/connect-types.ts'
import { ApprovalId, ChannelId, ConnectionId, RunId, UserId, WorkspaceId } from '../../src/ids.ts'
import type { Rule } from '../../src/policy/rules.ts'
import type { WorkspaceSettings } from '../../src/policy/settings.ts'
import type { Connection } from '../../src/registry/connection.ts'
import type { OwnCard } from '../../src/registry/own-cards.ts'
import type { CallState } from '../../src/run/state/state.ts'
import type { MonthUsage, RecentRun } from '../../src/run/usage.ts'

export const CARDS: CardInfo[] = [
  {
    name: 'filesystem',
    title: 'Filesystem',
    icon: ':file_folder:',
    category: 'Local',
    description: 'Files in a folder of your own.',
    docs: 'https://example.org/filesystem',
    starters: ['List my files', 'Write a file called hello.txt that says Hello', 'Read hello.txt'],
    inputs: [],
  },
  {
    name: 'postgres',
    title: 'Postgres',
    icon: ':elephant:',
    category: 'Databases',
    description: 'Query a Postgres database.',
    docs: 'https://example.org/postgres',
    starters: ['Which tables are there?'],
    inputs: [
      { name: 'dsn', label: 'Connection string', hint: 'As in psql.', secret: true, required: true },
      { name: 'schema', label: 'Schema', hint: '', secret: false, required: false, default: 'public' },
      { name: 'mode', label: 'Mode', hint: '', secret: false, required: true, choices: ['read', 'write'] },
    ],
  },
]

/** One that its maker wants to share. */
export const OWN_CARD: OwnCard = {
  entry: {
    name: '~a1/fen',
    version: '1',
    title: 'Fen',
    icon: ':seedling:',
    description: 'Levels of the ditches',
    url: 'https://fen.example/mcp',
    headers: { Authorization: 'Bearer {value1}' },
    inputs: [{ name: 'value1', label: 'Key', hint: 'Sent as Authorization.', secret: true, required: true }],
  },
  source: 'saved',
  by: UserId.parse('UMEMBER1'),
  sharing: 'asked',
  shared: false,
  tools: [{ name: 'look' }, { name: 'drain' }],
  asked: [],
  popularity: 0,
}

export const WORKSPACE = WorkspaceId.parse('TLOCAL01')

export function connectionOf(change: Partial<Connection> = {}): Connection {
  return {
    id: ConnectionId.parse('6f1f7a9e-58a5-4c3e-9a44-2f6a3c7d9b10'),
    workspace: WORKSPACE,
    user: UserId.parse('UMEMBER1'),
    name: 'filesystem',
    card: 'filesystem',
    inputs: {},
    credential: undefined,
    status: 'connected',
    statusReason: undefined,
    tools: [
      { name: 'read_file', description: 'Read a file.', inputSchema: { type: 'object' } },
      { name: 'write_file', description: 'Write a file.', inputSchema: { type: 'object' } },
    ],
    era: undefined,
    eraAt: undefined,
    createdAt: new Date('2026-11-21T08:00:00Z'),
    lastUsed: undefined,
    usageCount: 0,
    ...change,
  }
}

export const settingsOf = (change: Partial<WorkspaceSettings> = {}): WorkspaceSettings => ({
  approvers: [],
  owners: [],
  approvalsChannel: undefined,
  runRetentionDays: 365,
  auditRetentionDays: 730,
  cards: undefined,
  connectors: {},
  outsiders: { guest: [], stranger: [] },
  budgetUsd: undefined,
  ...change,
})

export const monthOf = (change: Partial<MonthUsage> = {}): MonthUsage => ({
  since: new Date('2026-11-01T00:00:00Z'),
  today: 21,
  runs: 0,
  calls: 0,
  failed: 0,
  tokens: 0,
  costUsd: 0,
  days: [],
  tools: [],
  ...change,
})

export const recentRun = (change: Partial<RecentRun> = {}): RecentRun => ({
  id: RunId.parse('0b5c2f2e-3c34-4e0e-8f6c-5a8f1f1c9a77'),
  at: new Date('2026-11-21T08:00:00Z'),
  text: 'Write hello.txt',
  channel: ChannelId.parse('CGENERAL1'),
  place: 'channel',
  messageTs: '1763712000.000100',
  correction: undefined,
  edited: false,
  asked: false,
  outcome: 'finished',
  why: undefined,
  refused: undefined,
  calls: 1,
  succeeded: 1,
  changed: 1,
  costUsd: 0.02,
  ...change,
})

export const ruleOf = (change: Partial<Rule> = {}): Rule => ({
  id: 'c3b7d0b4-8d4f-4f6a-9a55-0c1e3e8f0001',
  scope: 'person',
  user: UserId.parse('UMEMBER1'),
  card: undefined,
  connection: ConnectionId.parse('6f1f7a9e-58a5-4c3e-9a44-2f6a3c7d9b10'),
  connectionName: 'filesystem',
  tool: 'write_file',
  verdict: 'allow',
  fourEyes: false,
  reach: { place: 'dm', arguments: [{ name: 'path', value: '', inFolder: true }] },
  definition: undefined,
  createdAt: new Date('2026-11-21T08:00:00Z'),
  createdBy: UserId.parse('UMEMBER1'),
  ...change,
})

export const callOf = (change: Partial<CallState> = {}): CallState => ({
  id: 'toolu_1',
  turn: 0,
  offeredAs: 'filesystem__write_file',
  connection: ConnectionId.parse('6f1f7a9e-58a5-4c3e-9a44-2f6a3c7d9b10'),
  connectionName: 'filesystem',
  card: 'filesystem',
  cardTitle: 'Filesystem',
  tool: 'write_file',
  title: 'Write File',
  arguments: { path: 'hello.txt', content: 'Hello' },
  schema: {
    type: 'object',
    properties: { path: { type: 'string', description: 'Where' }, content: { type: 'string' } },
    required: ['path', 'content'],
  },
  stage: 'done',
  why: ['It only reads.'],
  approval: undefined,
  inputs: [],
  rounds: 0,
  result: undefined,
  cause: undefined,
  retryable: false,
  hash: undefined,
  definition: undefined,
  repeatable: false,
  ...change,
})

export const approvalOf = (
  change: Partial<NonNullable<CallState['approval']>> = {},
): NonNullable<CallState['approval']> => ({
  id: ApprovalId.parse('abcdefghijklmnopqrstuv'),
  why: ['It changes files.'],
  risk: 'write',
  approvers: [UserId.parse('UMEMBER1')],
  fourEyes: false,
  mayAlways: true,
  reach: { place: 'CGENERAL1', arguments: [{ name: 'path', value: '', inFolder: true }] },
  expiresAt: new Date('2026-11-22T08:00:00Z'),
  decided: undefined,
  ...change,
})
