import type { CardInfo, Connect } from '../../src/connect/connect.ts'
import type { Offering } from '../../src/connect/offering.ts'
import {
  ApprovalId,
  ChannelId,
  ConnectionId,
  newConnectionId,
  newRunId,
  type Principal,
  RunId,
  UserId,
  WorkspaceId,
} from '../../src/ids.ts'
import { createLog } from '../../src/log.ts'
import type { Rule, Rules } from '../../src/policy/rules.ts'
import type { Settings, WorkspaceSettings } from '../../src/policy/settings.ts'
import type { Connection } from '../../src/registry/connection.ts'
import type { Registry } from '../../src/registry/registry.ts'
import type { RunEvent } from '../../src/run/events.ts'
import { apply, fold } from '../../src/run/fold.ts'
import type { Door, News } from '../../src/run/news.ts'
import type { Answer, AnswerOutcome, Runs, Shown, StartRequest } from '../../src/run/runs.ts'
import type { CallState, RunState } from '../../src/run/state.ts'
import type { MonthUsage, RecentRun, Usage } from '../../src/run/usage.ts'
import type { Deps } from '../../src/slack/deps.ts'

type Body<E> = E extends RunEvent ? Omit<E, 'at'> : never
export type Happening = Body<RunEvent>

/** A run whose events a test writes, and that tells the door of each. */
export type FakeRun = {
  id: RunId
  request: StartRequest
  state(): RunState
  emit(event: Happening): void
  news(news: News): void
  settle(change?: Partial<RunState>): Promise<void>
}

/** Runs in memory: what the door asks for is remembered, what it is told a test decides. */
export function fakeRuns(door: () => Door) {
  const made = new Map<RunId, FakeRun>()
  const keys = new Map<string, RunId>()
  const shown = new Map<RunId, Map<string, Shown>>()
  const seen = new Set<string>()
  const answers: Answer[] = []
  const stops: { id: RunId; by: Principal }[] = []
  let waiting: ((run: FakeRun) => void)[] = []
  const idle: FakeRun[] = []
  const rules = { decide: undefined as ((answer: Answer) => AnswerOutcome) | undefined, failStarts: 0 }

  const create = (request: StartRequest): FakeRun => {
    const id = newRunId()
    const { origin, text, context = [], files = [] } = request
    let state = fold(id, [{ type: 'started', origin, text, context, attached: files, at: now() }], false)
    return {
      id,
      request,
      state: () => state,
      emit(event) {
        state = apply(state, { ...event, at: now() })
        door().tell(state, { kind: 'event', type: event.type })
      },
      news: (news) => door().tell(state, news),
      settle: (change = {}) => door().settle({ ...state, ...change }, new AbortController().signal),
    }
  }
  const open = (id: ApprovalId) => {
    for (const run of made.values()) {
      const call = run.state().calls.find((one) => one.approval?.id === id)
      if (call) return { run, state: run.state(), call }
    }
    return undefined
  }
  const asked = () =>
    [...made.values()].flatMap((run) => {
      const state = run.state()
      return state.calls.flatMap((call) => call.inputs.map((input) => ({ state, call, input })))
    })
  const settle = (answer: Answer): AnswerOutcome => {
    const found = open(answer.approval)
    const approval = found?.call.approval
    if (!found || !approval) return { kind: 'gone' }
    const { decided } = approval
    if (decided) return { kind: 'already', decision: decided.decision, by: decided.by, at: decided.at }
    if (!approval.approvers.includes(answer.by.user)) return { kind: 'not_yours', approvers: approval.approvers }
    found.run.emit({
      type: 'answered',
      call: found.call.id,
      approval: answer.approval,
      decision: answer.decision,
      by: answer.by.user,
      ...(answer.reason !== undefined && { reason: answer.reason }),
      ...(answer.arguments !== undefined && { arguments: answer.arguments }),
      ...(answer.always !== undefined && { always: answer.always }),
    })
    return { kind: 'settled' }
  }

  const runs: Runs = {
    async start(request) {
      if (rules.failStarts > 0) {
        rules.failStarts -= 1
        throw new Error('the database is away')
      }
      const known = keys.get(request.dedupeKey)
      if (known !== undefined) return { run: known, fresh: false, waiting: false }
      const run = create(request)
      made.set(run.id, run)
      keys.set(request.dedupeKey, run.id)
      door().tell(run.state(), { kind: 'event', type: 'started' })
      const next = waiting.shift()
      if (next) next(run)
      else idle.push(run)
      return { run: run.id, fresh: true, waiting: false }
    },
    knowsThread: async (_workspace, channel, thread) =>
      [...made.values()].some(({ request: { origin } }) => origin.channel === channel && origin.threadTs === thread),
    activeIn: async (_workspace, channel, thread) =>
      [...made.values()].find((run) => {
        const { origin, status } = run.state()
        return status === 'working' && origin.channel === channel && origin.threadTs === thread
      })?.id,
    state: async (id) => made.get(id)?.state(),
    approval: async (id) => {
      const found = open(id)
      return found && { state: found.state, call: found.call }
    },
    async answer(answer) {
      answers.push(answer)
      return rules.decide?.(answer) ?? settle(answer)
    },
    pendingFor: async ({ user }) =>
      [...made.values()].flatMap((run) =>
        run
          .state()
          .calls.filter(({ approval }) => approval && !approval.decided && approval.approvers.includes(user))
          .map((call) => ({ state: run.state(), call })),
      ),
    stopAll: () => Promise.reject(new Error('not here')),
    input: async (id) => asked().find(({ input }) => input.id === id),
    openInputs: async ({ user }) => asked().filter(({ input }) => !input.given && input.person === user),
    async giveInput({ input: id, by, action, content }) {
      const found = asked().find(({ input }) => input.id === id)
      if (!found) return { kind: 'gone' }
      const { input, call, state } = found
      if (input.person !== by.user) return { kind: 'not_yours', person: input.person }
      if (input.given) return { kind: 'already', ...input.given }
      const event = { type: 'given_input' as const, call: call.id, input: id, action, by: by.user }
      made.get(state.id)?.emit({ ...event, ...(content && { content }) })
      return { kind: 'settled' }
    },
    recentOf: async ({ user }, limit) =>
      [...made.values()]
        .map((run) => run.state())
        .filter(({ origin }) => origin.user === user)
        .slice(-limit),
    async stop(id, by) {
      stops.push({ id, by })
      const run = made.get(id)
      if (run?.state().status !== 'working') return 'over'
      if (run.state().origin.user !== by.user) return 'not_yours'
      run.emit({ type: 'stopped', by: by.user })
      return 'stopped'
    },
    tryAgain: async () => 'gone',
    leftOut: () => [],
    shown: {
      of: async (run) => [...(shown.get(run)?.values() ?? [])],
      async record(run, one) {
        shown.set(run, (shown.get(run) ?? new Map()).set(one.key, one))
      },
      async forget(run, key) {
        shown.get(run)?.delete(key)
      },
    },
    async seen(id) {
      const known = seen.has(id)
      seen.add(id)
      return known
    },
  }
  return {
    runs,
    answers,
    stops,
    shown,
    rules,
    all: () => [...made.values()],
    /** The next run that starts, or one that started and nobody took. */
    next: (): Promise<FakeRun> => {
      const ready = idle.shift()
      return ready ? Promise.resolve(ready) : new Promise((resolve) => waiting.push(resolve))
    },
    forgetWaiting() {
      waiting = []
    },
  }
}
export type FakeRuns = ReturnType<typeof fakeRuns>

const now = () => new Date().toISOString()

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

/** Connections in memory. `outcome` is what the next attempts come to. */
export function fakeConnect(rows: Connection[] = []) {
  const tries: { draft: unknown; signal: AbortSignal }[] = []
  const control = { fail: undefined as string | undefined, delayMs: 0 }
  const wait = () => new Promise((resolve) => setTimeout(resolve, control.delayMs))
  const connect: Connect = {
    cards: (words = '') =>
      CARDS.filter((card) => `${card.name} ${card.title}`.toLowerCase().includes(words.toLowerCase())),
    card: (name) => CARDS.find((card) => card.name === name),
    find: async (_workspace, words) => {
      const fits = CARDS.filter((card) => `${card.name} ${card.title}`.toLowerCase().includes(words.toLowerCase()))
      const hits = fits.map(({ name, ...card }) => ({ ...card, card: name, ruledBy: name }))
      return { hits, near: [], registry: 'off' }
    },
    offer: async (name) => CARDS.find((card) => card.name === name),
    cardOf: ({ card: name }) => CARDS.find((card) => card.name === name),
    titleOf: ({ card: name }) => CARDS.find((card) => card.name === name)?.title ?? name,
    defaultName: async (_p, card) => (rows.some(({ name }) => name === card) ? `${card}-2` : card),
    check: async (_p, { name }) =>
      /^[a-z0-9-]{1,32}$/.test(name) ? [] : [{ field: 'name', message: 'Small letters only.' }],
    async connect(by, draft, signal) {
      tries.push({ draft, signal })
      await wait()
      if (control.fail !== undefined) return { ok: false, message: control.fail, problems: [] }
      const connection = connectionOf({ id: newConnectionId(), user: by.user, name: draft.name, card: draft.card })
      rows.push(connection)
      return { ok: true, connection, starters: CARDS.find(({ name }) => name === draft.card)?.starters ?? [] }
    },
    async reconnect(_by, id, inputs, signal) {
      tries.push({ draft: inputs, signal })
      const connection = rows.find((row) => row.id === id)
      if (!connection || control.fail !== undefined) return { ok: false, message: control.fail ?? 'gone', problems: [] }
      return { ok: true, connection, starters: [] }
    },
    test: async () =>
      control.fail === undefined
        ? { ok: true, ms: 12, protocolVersion: '2025-11-25', tools: 2 }
        : { ok: false, message: control.fail },
    signIn: async () => ({ ok: true }),
    finishSignIn: () => Promise.reject(new Error('not here')),
    circuit: () => ({ kind: 'closed' }),
    async disconnect(by, id) {
      const at = rows.findIndex((row) => row.id === id && row.user === by.user)
      return at < 0 ? undefined : rows.splice(at, 1)[0]
    },
    forgetAll: () => Promise.reject(new Error('not here')),
    word: (_card, tool) => ({ class: tool.startsWith('read') ? 'read' : 'write', vouched: true, idempotent: false }),
  }
  const registry: Registry = {
    connectionsOf: async ({ user }) => rows.filter((row) => row.user === user),
    find: async ({ user }, name) => rows.find((row) => row.user === user && row.name === name.toLowerCase()),
    get: async (id) => rows.find((row) => row.id === id),
    saved: async (_principal, id) => rows.find((row) => row.id === id),
    add: () => Promise.reject(new Error('not here')),
    replace: () => Promise.reject(new Error('not here')),
    setStatus: async () => undefined,
    learn: async () => undefined,
    setEra: async () => undefined,
    setOffers: async () => undefined,
    lease: async () => true,
    unlease: async () => undefined,
    remove: async () => undefined,
    connectionsIn: async () => rows,
    forgetAll: () => Promise.reject(new Error('not here')),
  }
  return { connect, registry, rows, tries, control }
}

/** Servers that offer tools only. */
export function fakeOffering(): Offering {
  const never = () => Promise.reject(new Error('not here'))
  return {
    resources: never,
    read: never,
    expand: () => undefined,
    prompts: never,
    prompt: never,
    skills: never,
    readSkill: never,
    complete: async () => [],
    watch: never,
    watched: async () => undefined,
    unwatch: async () => undefined,
  }
}

export function fakeRules() {
  const own: Rule[] = []
  let approvers: UserId[] = []
  const rules: Rules = {
    policyFor: async () => ({ rules: own, approvers }),
    rulesFor: async () => own,
    addAlways: () => Promise.reject(new Error('not here')),
    addForWorkspace: () => Promise.reject(new Error('not here')),
    async revoke(_by, id) {
      const at = own.findIndex((rule) => rule.id === id)
      return at < 0 ? undefined : own.splice(at, 1)[0]
    },
    approversOf: async () => approvers,
    async setApprovers(_workspace, _by, users) {
      approvers = users
    },
  }
  return { rules, own, approvers: () => approvers }
}

export const settingsOf = (change: Partial<WorkspaceSettings> = {}): WorkspaceSettings => ({
  approvers: [],
  approvalsChannel: undefined,
  cards: undefined,
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
  outcome: 'finished',
  why: undefined,
  calls: 1,
  costUsd: 0.02,
  ...change,
})

/** Settings and usage in memory. */
export function fakeWorkspace() {
  let kept = settingsOf()
  const feedback: { run: RunId; by: Principal; verdict: 'good' | 'bad' }[] = []
  const settings: Settings = {
    of: async () => kept,
    async change(_by, { approvalsChannel, cards, budgetUsd }) {
      kept = {
        ...kept,
        ...(approvalsChannel !== undefined && { approvalsChannel: approvalsChannel ?? undefined }),
        ...(cards !== undefined && { cards: cards ?? undefined }),
        ...(budgetUsd !== undefined && { budgetUsd: budgetUsd ?? undefined }),
      }
      return kept
    },
  }
  const usage: Usage = {
    monthOf: async () => monthOf(),
    monthOfAll: async () => monthOf(),
    recentOf: async () => [],
    async keepFeedback(run, by, verdict) {
      feedback.push({ run, by, verdict })
      return true
    },
  }
  return { settings, usage, feedback }
}

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
  definition: undefined,
  createdAt: new Date('2026-11-21T08:00:00Z'),
  createdBy: UserId.parse('UMEMBER1'),
  ...change,
})

/** Enough to register listeners; nothing in it can be asked. */
export function fakeDeps(): Deps {
  const never = () => Promise.reject(new Error('not here'))
  const { connect, registry } = fakeConnect()
  const door: Door = { tell: () => undefined, settle: never, queued: () => undefined, drop: () => undefined }
  return {
    runs: fakeRuns(() => door).runs,
    connect,
    offering: fakeOffering(),
    registry,
    rules: fakeRules().rules,
    ...fakeWorkspace(),
    calls: { call: never },
    people: { of: never, nameOf: async () => 'somebody' },
    bot: never,
    forgetToken: never,
    sessions: { show: () => undefined },
    dmOf: never,
    refreshHome: () => undefined,
    paintHome: never,
    log: createLog('silent'),
  }
}

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
  legs: 0,
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
  expiresAt: new Date('2026-11-22T08:00:00Z'),
  decided: undefined,
  ...change,
})
